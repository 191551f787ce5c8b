#pragma once

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

namespace earshot::record {

/// The days in which a crash may have left something: those whose folders were changed last.
std::vector<std::string> recent_days(const std::string& directory, std::vector<std::string> days);

/// Makes segments of the parts in the folder of a day. Parts without sound go.
/// @param indexed  names of the segments in the index
/// @return the lines that the index lacks, in order of time
std::vector<nlohmann::ordered_json> recover_day(const std::string& directory, const std::string& day,
                                                const std::set<std::string>& indexed);

/// Makes a whole recording of a part, of any coding, by its extension. @return false if there is no sound in
/// it
bool complete_part(const std::string& part, const std::string& path);

}  // namespace earshot::record
