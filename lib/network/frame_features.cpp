#include "network/frame_features.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "network/warps.h"

namespace earshot::network {
namespace {

constexpr float kLeastDeviation = 1e-5F;  // added to deviations of single windows

/// The deviation (of the population) of rows [rows, bands] from their mean.
void take_deviation(const float* row, std::int64_t rows, std::int64_t bands, const float* mean,
                    float* deviation) {
    std::fill_n(deviation, bands, 0.0F);
    for (const float* const end = row + rows * bands; row != end; row += bands) {
        for (std::int64_t d = 0; d < bands; ++d) deviation[d] += (row[d] - mean[d]) * (row[d] - mean[d]);
    }
    for (std::int64_t d = 0; d < bands; ++d)
        deviation[d] = std::sqrt(deviation[d] / static_cast<float>(rows));
}

}  // namespace

void add_noise_floor(const op::NoiseFloor& floor, std::span<const float> window, float* out) {
    const float logarithms = floor.logarithms_of == LogOf::power ? 1 : 2;  // of power, in one of these
    const float highest = *std::ranges::max_element(window);
    double sum = 0;
    for (std::size_t i = 0; i < window.size(); ++i)
        sum += out[i] = std::exp((window[i] - highest) * logarithms);
    const auto more =
        static_cast<float>(sum / static_cast<double>(window.size()) * std::pow(10.0, -floor.db / 10));
    for (std::size_t i = 0; i < window.size(); ++i) out[i] = std::log(out[i] + more) / logarithms + highest;
}

void take_features(const op::TimeFeatures& what, std::int64_t frames, std::int64_t bands, const float* window,
                   float* features) {
    const std::int64_t plane = what.steps * bands;
    for (std::int64_t s = 0; s < what.steps; ++s, features += bands) {
        const std::int64_t start = s * frames / what.steps, stop = (s + 1) * frames / what.steps;
        const float share = 1 / static_cast<float>(stop - start);
        float* const mean = features;
        std::copy_n(window + start * bands, bands, mean);
        for (std::int64_t row = start + 1; row < stop; ++row) {
            for (std::int64_t d = 0; d < bands; ++d) mean[d] += window[row * bands + d];
        }
        for (std::int64_t d = 0; d < bands; ++d) mean[d] *= share;
        // The differences within a step sum to that of its ends.
        const auto before = [&](std::int64_t edge, std::int64_t frame) {
            return window + std::max<std::int64_t>(0, edge - frame) * bands;
        };
        const float *last = before(stop, 1), *first = before(start, 1);
        if (what.deltas >= 1) {
            float* const change = features + plane;
            for (std::int64_t d = 0; d < bands; ++d) change[d] = (last[d] - first[d]) * share;
        }
        if (what.deltas == 2) {
            const float *second_last = before(stop, 2), *second_first = before(start, 2);
            float* const change = features + 2 * plane;
            for (std::int64_t d = 0; d < bands; ++d)
                change[d] = ((last[d] - second_last[d]) - (first[d] - second_first[d])) * share;
        }
        if (what.deviation) {
            take_deviation(window + start * bands, stop - start, bands, mean,
                           features + (1 + what.deltas) * plane);
        }
    }
}

void standardise_plane(float* plane, std::int64_t steps, std::int64_t bands, bool one_deviation,
                       float* sums) {
    float *mean = sums, *scale = sums + bands;
    std::fill_n(sums, 2 * bands, 0.0F);
    for (std::int64_t i = 0; i < steps; ++i) {
        for (std::int64_t d = 0; d < bands; ++d) mean[d] += plane[i * bands + d];
    }
    for (std::int64_t d = 0; d < bands; ++d) mean[d] /= static_cast<float>(steps);
    for (std::int64_t i = 0; i < steps; ++i) {
        for (std::int64_t d = 0; d < bands; ++d) {
            const float centred = plane[i * bands + d] -= mean[d];
            scale[d] += centred * centred;
        }
    }
    if (one_deviation)
        std::fill_n(scale, bands, std::accumulate(scale, scale + bands, 0.0F) / static_cast<float>(bands));
    for (std::int64_t d = 0; d < bands; ++d)
        scale[d] = 1 / (std::sqrt(scale[d] / static_cast<float>(steps)) + kLeastDeviation);
    for (std::int64_t i = 0; i < steps; ++i) {
        for (std::int64_t d = 0; d < bands; ++d) plane[i * bands + d] *= scale[d];
    }
}

void take_views(const op::Views& views, std::span<const float> window, std::int64_t bands, float* out) {
    const auto next = [&] { return std::span(std::exchange(out, out + window.size()), window.size()); };
    const auto dimension = static_cast<std::size_t>(bands);
    std::ranges::copy(window, next().begin());
    for (const double sign : {-1, 1}) {
        if (views.paces > 0) view_at_pace(window, next(), dimension, 1 + sign * views.paces);
    }
    for (const double sign : {-1, 1}) {
        if (views.pitches > 0) view_at_pitch(window, next(), dimension, 1 + sign * views.pitches);
    }
}

}  // namespace earshot::network
