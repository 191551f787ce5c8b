// The figures of an evaluation as JSON and as text.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "metrics/evaluation.h"
#include "support/counted.h"
#include "support/json_lines.h"

namespace earshot::metrics {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kDecimals = 6;
constexpr std::size_t kMaxColumns = 100;  // of the confusion matrix; wider ones use numbers instead of names

Json ratios_json(const Ratios& ratios) {
    return {{"precision", rounded(ratios.precision, kDecimals)},
            {"recall", rounded(ratios.recall, kDecimals)},
            {"f1", rounded(ratios.f1, kDecimals)},
            {"average_precision", rounded(ratios.average_precision, kDecimals)},
            {"roc_auc", rounded(ratios.roc_auc, kDecimals)}};
}

std::string ratio_text(double value) { return std::isnan(value) ? "-" : fmt::format("{:.3f}", value); }

std::size_t width_of(const std::vector<std::string>& labels, std::size_t least) {
    for (const auto& label : labels) least = std::max(least, label.size());
    return least;
}

std::string ratios_row(const std::string& name, std::size_t width, std::string_view windows,
                       const Ratios& ratios) {
    return fmt::format("{:<{}} {:>8} {:>10} {:>7} {:>7} {:>8} {:>9}\n", name, width, windows,
                       ratio_text(ratios.precision), ratio_text(ratios.recall), ratio_text(ratios.f1),
                       ratio_text(ratios.average_precision), ratio_text(ratios.roc_auc));
}

std::string confusion_text(const Evaluation& evaluation) {
    const auto& labels = evaluation.labels();
    const auto& confusion = evaluation.confusion();
    const std::size_t names = width_of(labels, 15);
    const std::size_t digits = std::max<std::size_t>(5, std::to_string(confusion.total()).size());
    const bool numbered = names + labels.size() * (width_of(labels, digits) + 2) > kMaxColumns;
    std::vector<std::string> heads;
    for (std::size_t c = 0; c < labels.size(); ++c)
        heads.push_back(numbered ? std::to_string(c + 1) : labels[c]);

    std::string text = fmt::format("{:<{}}", "truth \\ answer", numbered ? names + 4 : names);
    const auto column = [&](std::size_t c) { return std::max(digits, heads[c].size()); };
    for (std::size_t c = 0; c < labels.size(); ++c) text += fmt::format("  {:>{}}", heads[c], column(c));
    text += '\n';
    for (std::size_t truth = 0; truth < labels.size(); ++truth) {
        if (numbered) text += fmt::format("{:>3} ", truth + 1);
        text += fmt::format("{:<{}}", labels[truth], names);
        for (std::size_t answer = 0; answer < labels.size(); ++answer) {
            text += fmt::format("  {:>{}}", confusion.at(truth, answer), column(answer));
        }
        text += '\n';
    }
    return text;
}

/// How well unknown windows are distinguished from known ones; null without an OpenSetRule.
Json open_set_json(const Evaluation& evaluation) {
    const auto open = evaluation.open_set();
    if (!open) return nullptr;
    return {{"known", open->known},
            {"unknown", open->unknown},
            {"roc_auc", rounded(open->roc_auc, kDecimals)},
            {"area", rounded(open_set_area(open->curve), kDecimals)},
            {"closed_accuracy",
             open->curve.empty() ? Json() : Json(rounded(open->curve.back().correct, kDecimals))},
            {"correct_at_10_percent",
             open->curve.empty() ? Json() : Json(rounded(correct_at(open->curve, 0.1), kDecimals))}};
}

}  // namespace

Json evaluation_json(const Evaluation& evaluation) {
    const auto& confusion = evaluation.confusion();
    Json labels = Json::object(), matrix = Json::array();
    for (std::size_t c = 0; c < evaluation.labels().size(); ++c) {
        Json one{{"windows", confusion.support(c)}, {"answers", confusion.predicted(c)}};
        one.update(ratios_json(evaluation.of_label(c)));
        labels[evaluation.labels()[c]] = one;
        Json row = Json::array();
        for (std::size_t answer = 0; answer < confusion.classes(); ++answer)
            row.push_back(confusion.at(c, answer));
        matrix.push_back(row);
    }
    Json report{{"windows", confusion.total()},
                {"accuracy", rounded(confusion.accuracy(), kDecimals)},
                {"balanced_accuracy", rounded(confusion.balanced_accuracy(), kDecimals)},
                {"macro", ratios_json(evaluation.macro())},
                {"micro", ratios_json(evaluation.micro())},
                {"labels", labels},
                {"confusion", matrix}};
    if (const Json open = open_set_json(evaluation); !open.is_null()) report["open_set"] = open;
    return report;
}

Json detection_json(const Evaluation& evaluation, std::span<const double> thresholds,
                    const std::vector<std::string>& without) {
    Json labels = Json::object();
    const auto rates = evaluation.detection_rates(thresholds);
    for (std::size_t c = 0; c < rates.size(); ++c) {
        if (std::ranges::find(without, evaluation.labels()[c]) != without.end()) continue;
        labels[evaluation.labels()[c]] = {{"threshold", thresholds[c]},
                                          {"far", rounded(rates[c].false_alarms, kDecimals)},
                                          {"frr", rounded(rates[c].misses, kDecimals)},
                                          {"score", rounded(rates[c].score(), kDecimals)}};
    }
    return labels;
}

std::string detection_text(const Evaluation& evaluation, std::span<const double> thresholds,
                           const std::vector<std::string>& without) {
    const auto rates = evaluation.detection_rates(thresholds);
    const std::size_t width = width_of(evaluation.labels(), 15);
    std::string text = fmt::format("{:<{}} {:>9} {:>12} {:>7} {:>7}\n", "label", width, "threshold",
                                   "false alarms", "misses", "score");
    for (std::size_t c = 0; c < rates.size(); ++c) {
        if (std::ranges::find(without, evaluation.labels()[c]) != without.end()) continue;
        text += fmt::format("{:<{}} {:>9.3f} {:>12} {:>7} {:>7}\n", evaluation.labels()[c], width,
                            thresholds[c], ratio_text(rates[c].false_alarms), ratio_text(rates[c].misses),
                            ratio_text(rates[c].score()));
    }
    return text;
}

std::string evaluation_text(const Evaluation& evaluation, std::string_view unit) {
    const auto& confusion = evaluation.confusion();
    const std::size_t width = width_of(evaluation.labels(), 15);
    std::string text = confusion_text(evaluation);
    text += fmt::format("\n{:<{}} {:>8} {:>10} {:>7} {:>7} {:>8} {:>9}\n", "label", width,
                        unit == "window" ? "windows" : "number", "precision", "recall", "F1", "PR area",
                        "ROC area");
    for (std::size_t c = 0; c < evaluation.labels().size(); ++c) {
        text += ratios_row(evaluation.labels()[c], width, std::to_string(confusion.support(c)),
                           evaluation.of_label(c));
    }
    text += ratios_row("macro average", width, "", evaluation.macro());
    text += ratios_row("micro average", width, "", evaluation.micro());
    if (const auto open = evaluation.open_set()) {
        text += fmt::format(
            "\nknown against unknown: ROC area {}, open-set ROC area {}; of {}, {} labelled correctly, {} "
            "when "
            "10 % of {} get a label\n",
            ratio_text(open->roc_auc), ratio_text(open_set_area(open->curve)),
            counted(open->known, "known window"),
            open->curve.empty() ? "-" : ratio_text(open->curve.back().correct),
            open->curve.empty() ? "-" : ratio_text(correct_at(open->curve, 0.1)),
            counted(open->unknown, "other"));
    }
    text += fmt::format("\naccuracy {}, balanced {}, of {}\n", ratio_text(confusion.accuracy()),
                        ratio_text(confusion.balanced_accuracy()), counted(confusion.total(), unit));
    return text;
}

}  // namespace earshot::metrics
