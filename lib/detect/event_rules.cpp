#include "detect/event_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <type_traits>

#include "detect/median_smoother.h"
#include "support/error.h"
#include "support/time_text.h"

namespace earshot::detect {
namespace {

std::size_t label_index(const model::ModelFile& model, const std::string& label) {
    const auto found = std::ranges::find(model.labels, label);
    if (found == model.labels.end()) {
        throw UsageError(
            fmt::format("the model has no label '{}' (labels: {})", label, fmt::join(model.labels, ", ")));
    }
    return static_cast<std::size_t>(found - model.labels.begin());
}

double parse_score(const std::string& text, std::string_view option) {
    double score = -1;
    try {
        score = parse_number(text);
    } catch (const Error&) {
        // reported below, like any other invalid score
    }
    if (score < 0 || score > 1) {
        throw UsageError(
            fmt::format("{}: '{}' is not a score from 0 to 1 (write 0.7, or LABEL=0.7)", option, text));
    }
    return score;
}

double parse_cool_down(const std::string& text, std::string_view option) {
    try {
        return parse_time(text);
    } catch (const Error& error) {
        throw UsageError(fmt::format("{}: {} (write 30s, or LABEL=30s)", option, error.what()));
    }
}

Confirmation parse_confirmation(const std::string& text, std::string_view option) {
    Confirmation confirm;
    const char* const end = text.data() + text.size();
    const auto hits = std::from_chars(text.data(), end, confirm.hits);
    const bool slash = hits.ec == std::errc() && hits.ptr != end && *hits.ptr == '/';
    const auto windows = std::from_chars(slash ? hits.ptr + 1 : end, end, confirm.windows);
    if (windows.ec != std::errc() || windows.ptr != end || confirm.hits < 1 ||
        confirm.hits > confirm.windows || confirm.windows > Confirmation::kMaxWindows) {
        throw UsageError(
            fmt::format("{}: '{}' is not N/M windows, with 1 <= N <= M <= {} (write 3/5, or LABEL=3/5)",
                        option, text, Confirmation::kMaxWindows));
    }
    return confirm;
}

/// The values of "0.7" and "cry=0.7" per label; nothing for labels without one.
template <class Parse>
auto parse_by_label(const model::ModelFile& model, const std::vector<std::string>& texts,
                    std::string_view option, const Parse& parse) {
    using Value = std::invoke_result_t<Parse, const std::string&, std::string_view>;
    std::vector<std::optional<Value>> all(model.labels.size()), own(model.labels.size());
    for (const auto& text : texts) {
        const auto equals = text.rfind('=');  // a label may contain =, a value can't
        const Value value = parse(equals == std::string::npos ? text : text.substr(equals + 1), option);
        if (equals == std::string::npos) {
            std::ranges::fill(all, std::optional(value));
        } else {
            own[label_index(model, text.substr(0, equals))] = value;
        }
    }
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (own[i]) all[i] = own[i];
    }
    return all;
}

/// Whether the label means any sound, rather than a label of the model.
bool means_any_sound(const model::ModelFile& model, const std::string& label) {
    return label == kAnySound && std::ranges::find(model.labels, label) == model.labels.end();
}

int median_windows(double smooth_s, double hop_s) {
    const double windows = MedianSmoother::nearest_odd(smooth_s / hop_s);
    if (windows > EventRule::kMaxMedianWindows) {
        throw UsageError(fmt::format("--smooth: at most {:g} s with this model",
                                     std::floor(EventRule::kMaxMedianWindows * hop_s)));
    }
    return static_cast<int>(windows);
}

/// The rule that the model has for a label.
model::EventDefaults defaults_of(const model::ModelFile& model, std::size_t label) {
    if (label < model.events.size()) return model.events[label];
    model::EventDefaults rule;
    if (label < model.thresholds.size()) rule.on_threshold = rule.off_threshold = model.thresholds[label];
    return rule;
}

EventRule shaped(const EventRuleOptions& options, const model::EventDefaults& defaults, double hop_s) {
    EventRule rule;
    rule.on_threshold = defaults.on_threshold;
    rule.off_threshold = defaults.off_threshold;
    rule.min_duration_s = options.min_duration_s.value_or(defaults.min_duration_s);
    rule.merge_gap_s = options.merge_gap_s.value_or(defaults.merge_gap_s);
    rule.refine = defaults.refine;
    const double longest_s = EventRule::kMaxMedianWindows * hop_s;  // of a stranger's model
    rule.median_windows =
        median_windows(options.smooth_s.value_or(std::min(defaults.median_s, longest_s)), hop_s);
    return rule;
}

/// The value of the last text without a label, which also holds for kAnySound.
template <class Value, class Parse>
Value parse_for_all(const std::vector<std::string>& texts, std::string_view option, const Parse& parse,
                    Value value) {
    for (const auto& text : texts)
        if (text.find('=') == std::string::npos) value = parse(text, option);
    return value;
}

/// The rules about wanted labels. Their other labels are detected too, but unless wanted not reported.
void add_suppressions(const model::ModelFile& model, const std::vector<std::string>& texts,
                      std::vector<bool>& wanted, EventRules& rules) {
    const std::vector<bool> reported = wanted;
    for (auto& rule : parse_suppressions(texts, model.labels)) {
        if (!reported[label_index(model, rule.label)]) continue;
        const auto near = label_index(model, rule.near);
        if (!wanted[near]) rules.unreported.push_back(rule.near);
        wanted[near] = true;
        rules.suppressions.push_back(std::move(rule));
    }
}

}  // namespace

EventRules make_event_rules(const model::ModelFile& model, const EventRuleOptions& options, double hop_s) {
    const auto on = parse_by_label(model, options.thresholds, "--threshold", parse_score);
    const auto off = parse_by_label(model, options.off_thresholds, "--off-threshold", parse_score);
    const auto cool = parse_by_label(model, options.cool_downs, "--cool-down", parse_cool_down);
    const auto confirm = parse_by_label(model, options.confirms, "--confirm", parse_confirmation);
    std::vector<bool> wanted;
    for (const auto& label : model.labels)
        wanted.push_back(options.labels.empty() && label != model.background);
    bool any_sound = false;
    for (const auto& label : options.labels) {
        if (means_any_sound(model, label)) {
            any_sound = true;
        } else {
            wanted[label_index(model, label)] = true;
        }
    }
    if (any_sound && !options.min_level_dbfs)
        throw UsageError(
            "--label any needs a level above which sound counts (give --min-level -40, in dBFS)");

    if (options.smooth_s) median_windows(*options.smooth_s, hop_s);  // says what is wrong, if anything
    EventRules rules{std::vector<EventRule>(model.labels.size()), options.min_level_dbfs, {}, {}};
    add_suppressions(model, options.suppressions, wanted, rules);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        const auto& label = model.labels[i];
        if (!wanted[i]) continue;
        auto& rule = rules.classes[i];
        rule = shaped(options, defaults_of(model, i), hop_s);
        rule.label = label;
        if (on[i]) rule.on_threshold = rule.off_threshold = *on[i];
        if (off[i]) rule.off_threshold = *off[i];
        if (rule.off_threshold > rule.on_threshold) {
            throw UsageError(fmt::format("--off-threshold {} of '{}' is above its threshold {:.4g}",
                                         rule.off_threshold, label, rule.on_threshold));
        }
        rule.cool_down_s = cool[i].value_or(0);
        rule.confirm = confirm[i].value_or(Confirmation{});
    }
    if (any_sound) {
        EventRule shared = shaped(options, {}, hop_s);
        shared.label = kAnySound;
        // Values without a label apply to this one too.
        shared.cool_down_s = parse_for_all(options.cool_downs, "--cool-down", parse_cool_down, 0.0);
        shared.confirm = parse_for_all(options.confirms, "--confirm", parse_confirmation, Confirmation{});
        rules.classes.push_back(shared);
    }
    return rules;
}

}  // namespace earshot::detect
