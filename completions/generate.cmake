# Puts the table of commands and options into the completion script of each shell; runs in the build directory.
# Its lines are those of tools/describe.h, and for the driver:
#     earshot       subcommand  NAME  -  SUMMARY   of those in BUILT
#     earshot help  subcommand  NAME  -  SUMMARY
cmake_policy(VERSION 3.25)
string(ASCII 9 tab)
file(STRINGS ${COMMANDS} lines REGEX "^EARSHOT_COMMAND\\(")
foreach(line ${lines})
  string(REGEX REPLACE "^EARSHOT_COMMAND\\(([a-z]+), [a-z]+, \"(.*)\"\\)$"
         "subcommand${tab}\\1${tab}-${tab}\\2\n" row "${line}")
  string(APPEND TABLE "earshot help${tab}${row}")
  if(CMAKE_MATCH_1 IN_LIST BUILT)
    string(APPEND TABLE "earshot${tab}${row}")
  endif()
endforeach()
string(APPEND TABLE "earshot${tab}subcommand${tab}help${tab}-${tab}Open the manual\n"
    "earshot help${tab}subcommand${tab}formats${tab}-${tab}Files that the commands read and write\n"
    "earshot${tab}option${tab}-h,--help${tab}flag${tab}List the commands\n"
    "earshot${tab}option${tab}-V,--version${tab}flag${tab}Print the version\n")
foreach(table ${TABLES})
  file(READ ${table} rows)
  string(APPEND TABLE "${rows}")
endforeach()
string(STRIP "${TABLE}" TABLE)
# Within single quotes fish knows two escapes.
string(REPLACE "\\" "\\\\" QUOTED_TABLE "${TABLE}")
string(REPLACE "'" "\\'" QUOTED_TABLE "${QUOTED_TABLE}")
foreach(template ${TEMPLATES})
  get_filename_component(name ${template} NAME)
  string(REGEX REPLACE "\\.in$" "" name ${name})
  configure_file(${template} ${CMAKE_CURRENT_BINARY_DIR}/${name} @ONLY)
endforeach()
