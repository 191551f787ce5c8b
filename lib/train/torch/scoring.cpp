#include "train/torch/scoring.h"

#include <algorithm>

#include "train/thinning.h"
#include "train/trainer.h"

namespace earshot::train {

torch::Tensor windows_of(const WindowBatch& batch) {
    const auto count = static_cast<std::int64_t>(batch.count());
    // from_blob needs a non-const pointer; networks only read their input.
    return torch::from_blob(const_cast<float*>(batch.values.data()),
                            {count, static_cast<std::int64_t>(batch.values.size()) / count});
}

std::size_t scoring_windows(const network::Network& network) {
    constexpr std::size_t kValues = std::size_t{1} << 20, kMost = 4096;
    return std::clamp(kValues / static_cast<std::size_t>(network.window_values()), std::size_t{1}, kMost);
}

void for_windows(const TrainingSet& set, const Rows& rows, const network::Network& network,
                 const std::function<void(const WindowBatch& batch, const torch::Tensor& windows)>& sink) {
    const auto plan = all_windows(set, rows);
    WindowLoader loader(set, plan, scoring_windows(network));
    while (const auto* batch = loader.next()) sink(*batch, windows_of(*batch));
}

void fit_input(const TrainingSet& set, const Rows& rows, network::Network& network) {
    const auto plan = all_windows(set, rows);
    WindowLoader loader(set, plan, scoring_windows(network));
    network.fit_input([&]() -> torch::Tensor {
        const auto* batch = loader.next();
        return batch ? windows_of(*batch) : torch::Tensor();
    });
}

Rows rows_to_fit(const TrainingSet& set, const Rows& rows, const network::Network& network) {
    using Head = network::Network::Head;
    constexpr std::int64_t kMostValues = std::int64_t{1} << 25;
    if (network.head() == Head::neighbours) return thinned(set, rows, kMostExamples);
    if (network.head() != Head::linear) return rows;
    return thinned(set, rows,
                   static_cast<std::size_t>(std::max<std::int64_t>(1, kMostValues / network.features())));
}

}  // namespace earshot::train
