#include "batch/progress.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <utility>

namespace earshot::batch {

BatchProgress::BatchProgress(Console& console, std::string title, std::vector<double> sizes)
    : console_(console), sizes_(std::move(sizes)), fractions_(sizes_.size()) {
    const double total = std::accumulate(sizes_.begin(), sizes_.end(), 0.0);
    console_.start_progress(std::move(title), total > 0 ? std::optional(std::ceil(total)) : std::nullopt);
}

BatchProgress::~BatchProgress() { console_.end_progress(); }

void BatchProgress::set(std::size_t i, double fraction, const std::string& name) {
    const std::lock_guard lock(mutex_);
    fraction = std::clamp(fraction, fractions_[i], 1.0);
    done_ += (fraction - fractions_[i]) * sizes_[i];
    fractions_[i] = fraction;
    console_.progress(done_, name);
}

}  // namespace earshot::batch
