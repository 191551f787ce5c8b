#include "label/class_map.h"

#include <gtest/gtest.h>

#include "unit/label/expect_error.h"

namespace earshot::label {
namespace {

using Names = std::vector<std::string>;

TEST(ClassMap, of_audioset_has_the_names_in_a_column) {
    EXPECT_EQ(
        parse_class_map("index,mid,display_name\r\n0,/m/1,Speech\r\n1,/m/2,\"Wail, moan\"\r\n", "map.csv"),
        (Names{"Speech", "Wail, moan"}));
    EXPECT_EQ(parse_class_map("display_name,index\n\"a \"\"b\"\"\",0\n", "map.csv"), Names{"a \"b\""});
}

TEST(ClassMap, of_others_is_a_name_a_line) {
    EXPECT_EQ(
        parse_class_map("\xEF\xBB\xBFParus major_Great Tit\nTurdus merula_Blackbird, common\n", "labels.txt"),
        (Names{"Parus major_Great Tit", "Turdus merula_Blackbird, common"}));
    EXPECT_EQ(parse_class_map(" a \r\nb", "labels.txt"), (Names{"a", "b"}));
}

TEST(ClassMap, names_that_occur_again_are_numbered) {
    EXPECT_EQ(parse_class_map("Knock\nRain\nKnock\nKnock\n", "l"),
              (Names{"Knock", "Rain", "Knock (2)", "Knock (3)"}));
}

TEST(ClassMap, that_is_none_says_what_is_wrong) {
    EXPECT_EQ(error_of([] { parse_class_map("", "map.csv"); }), "map.csv: no class has a name");
    EXPECT_EQ(error_of([] { parse_class_map("index,display_name\n", "map.csv"); }),
              "map.csv: no class has a name");
    EXPECT_EQ(error_of([] { parse_class_map("index,display_name\n0,a\n1\n", "map.csv"); }),
              "map.csv: line 3: display_name is missing");
    EXPECT_EQ(error_of([] { parse_class_map("a\n\nb\n", "l"); }).substr(0, 10), "l: class 1");
    EXPECT_NE(error_of([] { parse_class_map("a\n\xFF\n", "l"); }).find("UTF-8"), std::string::npos);
}

}  // namespace
}  // namespace earshot::label
