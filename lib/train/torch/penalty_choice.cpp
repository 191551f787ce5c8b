#include "train/penalty_choice.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "network/torch/logistic_regression.h"
#include "network/torch/pieces.h"
#include "train/torch/scoring.h"
#include "train/torch/truth.h"

namespace earshot::train {
namespace {

using network::LogisticRegression;

/// Fits of all folds, for one penalty after another.
class PenaltySearch {
 public:
    PenaltySearch(const TrainingSet& set, const nlohmann::ordered_json& architecture,
                  const std::vector<Fold>& folds, const FitOptions& options)
        : set_(set), network_(architecture), balanced_(options.balance != Balance::none) {
        network_.eval();
        Rows all;
        for (const Fold& fold : folds) {
            all.insert(all.end(), fold.train.begin(), fold.train.end());
            all.insert(all.end(), fold.validation.begin(), fold.validation.end());
        }
        std::ranges::sort(all);
        all.erase(std::ranges::unique(all).begin(), all.end());
        fit_input(set, all, network_);
        const Rows rows = rows_to_fit(set, all, network_);
        std::vector<torch::Tensor> values, truths;
        for_windows(set, rows, network_, [&](const WindowBatch& batch, const torch::Tensor& windows) {
            values.push_back(network_.features_of(windows));
            truths.push_back(truth_of(set, batch.examples, network_.answer().independent()).wanted());
        });
        regression_.emplace(torch::cat(values), torch::cat(truths), network_.answer().outputs());
        for (const Fold& fold : folds) add_fold_of(rows, fold);
        weights_ = weights_of(rows);
    }

    std::int64_t features() const { return network_.features(); }

    /// Mean loss of a held-out row; keeps the fits. Folds are fitted at the same time, each on one thread.
    double loss(double penalty) {
        std::vector<double> sums(parts_.size());
        network::for_pieces(static_cast<std::int64_t>(parts_.size()), [&](auto first, auto last) {
            for (auto i = static_cast<std::size_t>(first); i < static_cast<std::size_t>(last); ++i) {
                Part& part = parts_[i];
                const auto* start = part.fits.empty() ? nullptr : &part.fits.back();
                auto fit =
                    regression_->fit(part.learnt, part.weights, penalty, LogisticRegression::kCoarse, start);
                sums[i] = regression_->loss(regression_->logits(fit), part.held_out, weights_);
                part.fits.push_back(std::move(fit));
            }
        });
        double sum = 0, count = 0;
        for (std::size_t i = 0; i < parts_.size(); ++i) {
            sum += sums[i];
            count += parts_[i].held_out.sum().item<double>();
        }
        return sum / count;
    }

    /// Scores of a fold's held-out rows with the fit of call number `call` of loss().
    std::vector<float> score(std::size_t fold, std::size_t call, const Rows& rows) {
        network_.set_output(regression_->linear(parts_[fold].fits[call]));
        std::vector<float> scores;
        const torch::NoGradGuard no_gradients;
        for_windows(set_, rows, network_, [&](const WindowBatch&, const torch::Tensor& windows) {
            const auto some = network_.scores_of(network_.hear(windows)).contiguous();
            const auto* values = some.data_ptr<float>();
            scores.insert(scores.end(), values, values + some.numel());
        });
        return scores;
    }

 private:
    struct Part {
        torch::Tensor learnt, held_out;  // float64 [rows], 1 or 0
        torch::Tensor weights;
        std::vector<LogisticRegression::Solution> fits;  // one a penalty
    };

    torch::Tensor weights_of(const Rows& rows) const {
        const auto& answer = network_.answer();
        const auto counts = answer.independent() ? set_.sounding_counts(rows) : set_.class_counts(rows);
        return answer.loss_weights(counts, rows.size(), balanced_);
    }

    void add_fold_of(const Rows& rows, const Fold& fold) {
        Rows learnt;
        std::vector<double> is_learnt, is_held_out;
        for (const std::int64_t row : rows) {
            const bool learns = std::ranges::binary_search(fold.train, row);
            if (learns) learnt.push_back(row);
            is_learnt.push_back(learns ? 1 : 0);
            is_held_out.push_back(std::ranges::binary_search(fold.validation, row) ? 1 : 0);
        }
        parts_.push_back({torch::tensor(is_learnt, torch::kFloat64),
                          torch::tensor(is_held_out, torch::kFloat64),
                          weights_of(learnt),
                          {}});
    }

    const TrainingSet& set_;
    network::Network network_;
    bool balanced_;
    std::optional<LogisticRegression> regression_;
    std::vector<Part> parts_;
    torch::Tensor weights_;
};

}  // namespace

PenaltyChoice choose_penalty(const TrainingSet& set, const nlohmann::ordered_json& architecture,
                             const std::vector<Fold>& folds, const FitOptions& options,
                             const std::function<void(double penalty, double loss)>& on_step) {
    constexpr int kLowest = -2, kHighest = 12;  // half powers of ten
    constexpr double kWorth = 0.99;             // a lower loss has to be this much lower
    PenaltySearch search(set, architecture, folds, options);
    std::map<int, std::pair<double, std::size_t>> tried;  // loss, and which call it was
    const bool given = architecture.contains("penalty");
    const auto penalty_of = [&](int half) {
        return given ? architecture["penalty"].get<double>() : std::pow(10.0, half / 2.0);
    };
    const auto loss = [&](int half) {
        if (half < kLowest || half > kHighest) return static_cast<double>(INFINITY);
        const auto [place, fresh] = tried.try_emplace(half, 0, tried.size());
        if (!fresh) return place->second.first;
        place->second.first = search.loss(penalty_of(half));
        on_step(penalty_of(half), place->second.first);
        return place->second.first;
    };
    const double usual = network::usual_penalty(search.features());
    int best = std::clamp(static_cast<int>(std::lround(2 * std::log10(usual))), kLowest, kHighest);
    loss(best);
    for (const int way : {-1, 1}) {
        while (!given && loss(best + way) < (way < 0 ? kWorth : 1) * loss(best)) best += way;
    }
    PenaltyChoice choice{penalty_of(best), {}};
    const std::size_t call = tried.at(best).second;
    for (std::size_t i = 0; i < folds.size(); ++i)
        add_fold(choice.crossed, set, folds[i].validation, search.score(i, call, folds[i].validation), 1);
    choice.crossed.epochs = 1;
    return choice;
}

}  // namespace earshot::train
