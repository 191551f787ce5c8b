#include "detect/event_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "support/error.h"
#include "support/time_text.h"

namespace earshot {
namespace {

std::size_t label_index(const ModelFile& model, const std::string& label) {
    const auto found = std::ranges::find(model.labels, label);
    if (found == model.labels.end()) {
        throw UsageError(
            fmt::format("the model knows no label '{}' (labels: {})", label, fmt::join(model.labels, ", ")));
    }
    return static_cast<std::size_t>(found - model.labels.begin());
}

double parse_score(const std::string& text, std::string_view option) {
    double score = -1;
    try {
        score = parse_number(text);
    } catch (const Error&) {
        // said below, for everything that is no score
    }
    if (score < 0 || score > 1) {
        throw UsageError(
            fmt::format("{}: '{}' is no score from 0 to 1 (write 0.7, or LABEL=0.7)", option, text));
    }
    return score;
}

/// "0.7" and "cry=0.7" by label; nothing where neither says.
std::vector<std::optional<double>> parse_scores(const ModelFile& model, const std::vector<std::string>& texts,
                                                std::string_view option) {
    std::vector<std::optional<double>> all(model.labels.size()), own(model.labels.size());
    for (const auto& text : texts) {
        const auto equals = text.rfind('=');  // a label may have one, a number has none
        const double score =
            parse_score(equals == std::string::npos ? text : text.substr(equals + 1), option);
        if (equals == std::string::npos) {
            std::ranges::fill(all, score);
        } else {
            own[label_index(model, text.substr(0, equals))] = score;
        }
    }
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (own[i]) all[i] = own[i];
    }
    return all;
}

int median_windows(double smooth_s, double hop_s) {
    const double half = std::max(0.0, std::round((smooth_s / hop_s - 1) / 2));
    if (2 * half + 1 > EventRule::kMaxMedianWindows) {
        throw UsageError(fmt::format("--smooth: at most {:g} s with this model",
                                     std::floor(EventRule::kMaxMedianWindows * hop_s)));
    }
    return 2 * static_cast<int>(half) + 1;
}

}  // namespace

std::vector<EventRule> make_event_rules(const ModelFile& model, const EventRuleOptions& options,
                                        double hop_s) {
    const auto on = parse_scores(model, options.thresholds, "--threshold");
    const auto off = parse_scores(model, options.off_thresholds, "--off-threshold");
    std::vector<bool> wanted(model.labels.size(), options.labels.empty());
    for (const auto& label : options.labels) wanted[label_index(model, label)] = true;

    std::vector<EventRule> rules(model.labels.size());
    for (std::size_t i = 0; i < rules.size(); ++i) {
        const auto& label = model.labels[i];
        const bool silent = options.labels.empty() && label == model.background;
        if (!wanted[i] || silent) continue;
        auto& rule = rules[i];
        rule.label = label;
        rule.on_threshold = on[i].value_or(i < model.thresholds.size() ? model.thresholds[i] : 0.5);
        rule.off_threshold = off[i].value_or(rule.on_threshold);
        if (rule.off_threshold > rule.on_threshold) {
            throw UsageError(fmt::format("--off-threshold {} of '{}' is above its threshold {:.4g}",
                                         rule.off_threshold, label, rule.on_threshold));
        }
        rule.min_duration_s = options.min_duration_s;
        rule.merge_gap_s = options.merge_gap_s;
        rule.median_windows = median_windows(options.smooth_s, hop_s);
    }
    return rules;
}

}  // namespace earshot
