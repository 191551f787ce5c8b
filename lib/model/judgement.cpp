#include "model/judgement.h"

#include <algorithm>
#include <memory>

#include "evaluate/metrics.h"
#include "support/json_lines.h"

namespace earshot {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kDecimals = 4;

/// One class against the others.
struct ClassScores {
    std::vector<float> scores;
    std::unique_ptr<bool[]> positive;  // std::vector<bool> has no span

    ClassScores(const Judged& judged, std::size_t c, std::size_t classes)
        : scores(judged.truths.size()), positive(std::make_unique<bool[]>(judged.truths.size())) {
        for (std::size_t i = 0; i < scores.size(); ++i) {
            scores[i] = judged.scores[i * classes + c];
            positive[i] = judged.truths[i] == static_cast<std::int64_t>(c);
        }
    }
    std::span<const bool> truth() const { return {positive.get(), scores.size()}; }
};

ConfusionMatrix confusion_of(const Judged& judged, std::size_t classes) {
    ConfusionMatrix confusion(classes);
    for (std::size_t i = 0; i < judged.truths.size(); ++i) {
        const auto row = std::span(judged.scores).subspan(i * classes, classes);
        const auto predicted = static_cast<std::size_t>(std::ranges::max_element(row) - row.begin());
        confusion.add(static_cast<std::size_t>(judged.truths[i]), predicted);
    }
    return confusion;
}

}  // namespace

void Judged::add(const TrainingSet& set, const Rows& rows, std::span<const float> scores_of_rows) {
    scores.insert(scores.end(), scores_of_rows.begin(), scores_of_rows.end());
    for (const std::int64_t row : rows) truths.push_back(set.classes[static_cast<std::size_t>(row)]);
}

std::vector<double> choose_thresholds(const Judged& judged, std::size_t classes) {
    std::vector<double> thresholds;
    for (std::size_t c = 0; c < classes; ++c) {
        const ClassScores one(judged, c, classes);
        thresholds.push_back(best_f1_threshold(one.scores, one.truth()));
    }
    return thresholds;
}

Json measure(const Judged& judged, std::span<const std::string> labels) {
    const std::size_t classes = labels.size();
    const ConfusionMatrix confusion = confusion_of(judged, classes);
    Json per_label, table = Json::array();
    for (std::size_t c = 0; c < classes; ++c) {
        const ClassScores one(judged, c, classes);
        Json row = Json::array();
        std::uint64_t frames = 0;
        for (std::size_t p = 0; p < classes; ++p) {
            row.push_back(confusion.at(c, p));
            frames += confusion.at(c, p);
        }
        table.push_back(row);
        per_label[labels[c]] = {
            {"frames", frames},
            {"precision", rounded(confusion.precision(c), kDecimals)},
            {"recall", rounded(confusion.recall(c), kDecimals)},
            {"f1", rounded(confusion.f1(c), kDecimals)},
            {"roc_auc", rounded(roc_auc(one.scores, one.truth()), kDecimals)},
            {"average_precision", rounded(average_precision(one.scores, one.truth()), kDecimals)}};
    }
    return {{"frames", confusion.total()},
            {"accuracy", rounded(confusion.accuracy(), kDecimals)},
            {"balanced_accuracy", rounded(confusion.balanced_accuracy(), kDecimals)},
            {"macro_f1", rounded(confusion.macro_f1(), kDecimals)},
            {"labels", per_label},
            {"confusion", table}};
}

}  // namespace earshot
