#pragma once

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

namespace earshot::record {

/// The days in which a crash may have left files: those whose folders changed last.
std::vector<std::string> recent_days(const std::string& directory, std::vector<std::string> days);

/// Turns the parts in the folder of a day into segments; deletes parts without sound.
/// @param indexed  names of the segments in the index
/// @param noted    index line of the segment that was being written, as far as it was known
/// @return the lines that the index lacks, in order of time
std::vector<nlohmann::ordered_json> recover_day(const std::string& directory, const std::string& day,
                                                const std::set<std::string>& indexed,
                                                const nlohmann::ordered_json& noted = {});

/// Completes a part, whose format its final name tells, and renames it. Deletes it if it has no sound.
/// @return false if it had none
bool complete_part(const std::string& part, const std::string& path);

}  // namespace earshot::record
