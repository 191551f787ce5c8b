#pragma once

#include <span>
#include <string>
#include <vector>

namespace earshot::detect {

/// "No crying within 5 s of a dog": an event of `label` is dropped if an event of `near` overlaps it, begins
/// at most within_s after its end, or ends at most within_s before its onset.
struct SuppressionRule {
    std::string label, near;
    double within_s = 0;  // at most kMaxWithin_s

    static constexpr double kMaxWithin_s = 3600;
};

/// Reads rules such as "crying near dog:5s". A label may contain spaces, colons and the word near.
/// @param labels  of the model
/// @throws UsageError for a rule of another form, a time beyond SuppressionRule::kMaxWithin_s, a label that
/// the model does not have, a label near itself,
///         and a text that can be read in several ways
std::vector<SuppressionRule> parse_suppressions(std::span<const std::string> texts,
                                                std::span<const std::string> labels);

}  // namespace earshot::detect
