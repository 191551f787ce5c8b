#include "detect/suppression_rule.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>

#include "support/error.h"
#include "support/time_text.h"

namespace earshot::detect {
namespace {

constexpr std::string_view kNear = " near ";

[[noreturn]] void refuse(const std::string& text, const std::string& problem, const std::string& remedy) {
    throw UsageError(fmt::format("--suppress '{}': {} ({})", text, problem, remedy));
}

double parse_within(const std::string& text, std::string_view time) {
    try {
        const double within_s = parse_time(time);
        if (within_s > SuppressionRule::kMaxWithin_s)
            throw Error(fmt::format("{}: at most {:g} s", time, SuppressionRule::kMaxWithin_s));
        return within_s;
    } catch (const Error& error) {
        refuse(text, error.what(), "write LABEL near OTHER:5s");
    }
}

/// The ways to read "LABEL near OTHER" as two of these labels. @throws UsageError if there is none
std::vector<SuppressionRule> readings(const std::string& text, std::string_view pair,
                                      std::span<const std::string> labels) {
    std::vector<SuppressionRule> found;
    std::string unknown;  // a label of the first way that is none
    for (auto at = pair.find(kNear); at != std::string_view::npos; at = pair.find(kNear, at + 1)) {
        const std::string label(pair.substr(0, at)), near(pair.substr(at + kNear.size()));
        const bool known = std::ranges::find(labels, label) != labels.end();
        if (known && std::ranges::find(labels, near) != labels.end()) {
            found.push_back({label, near, 0});
        } else if (unknown.empty()) {
            unknown = known ? near : label;
        }
    }
    if (found.empty())
        refuse(text, fmt::format("the model has no label '{}'", unknown),
               fmt::format("labels: {}", fmt::join(labels, ", ")));
    return found;
}

SuppressionRule parse_suppression(const std::string& text, std::span<const std::string> labels) {
    const auto colon = text.rfind(':');
    const auto near = text.find(kNear);
    if (near == std::string::npos || colon == std::string::npos || colon < near)
        refuse(text, "not a rule", "write LABEL near OTHER:5s, for no LABEL within 5 s of OTHER");
    const auto found = readings(text, std::string_view(text).substr(0, colon), labels);
    if (found.size() > 1) {
        refuse(text,
               fmt::format("either '{}' near '{}', or '{}' near '{}'", found[0].label, found[0].near,
                           found[1].label, found[1].near),
               "rename a label of the model");
    }
    SuppressionRule rule = found.front();
    if (rule.label == rule.near) refuse(text, "a label cannot mute itself", "see --cool-down");
    rule.within_s = parse_within(text, std::string_view(text).substr(colon + 1));
    return rule;
}

}  // namespace

std::vector<SuppressionRule> parse_suppressions(std::span<const std::string> texts,
                                                std::span<const std::string> labels) {
    std::vector<SuppressionRule> rules;
    for (const auto& text : texts) rules.push_back(parse_suppression(text, labels));
    return rules;
}

}  // namespace earshot::detect
