#include "network/warps.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace earshot::network {

void stretch_frames(std::span<const float> source, std::span<float> window, std::size_t dimension) {
    const std::size_t from = source.size() / dimension, to = window.size() / dimension;
    const double step = to > 1 ? static_cast<double>(from - 1) / static_cast<double>(to - 1) : 0;
    for (std::size_t i = 0; i < to; ++i) {
        const double place = static_cast<double>(i) * step;
        const std::size_t before = std::min(static_cast<std::size_t>(place), from - 1);
        const std::size_t after = std::min(before + 1, from - 1);
        const auto share = static_cast<float>(place - static_cast<double>(before));
        const float* a = source.data() + before * dimension;
        const float* b = source.data() + after * dimension;
        float* out = window.data() + i * dimension;
        for (std::size_t d = 0; d < dimension; ++d) out[d] = a[d] + share * (b[d] - a[d]);
    }
}

void warp_bands(std::span<float> window, std::size_t dimension, double factor) {
    if (dimension < 2) return;
    std::vector<float> frame(dimension);
    for (std::size_t at = 0; at < window.size(); at += dimension) {
        std::copy_n(window.begin() + static_cast<std::ptrdiff_t>(at), dimension, frame.begin());
        for (std::size_t d = 0; d < dimension; ++d) {
            const double place =
                std::min(static_cast<double>(d) * factor, static_cast<double>(dimension - 1));
            const std::size_t below = std::min(static_cast<std::size_t>(place), dimension - 2);
            const auto share = static_cast<float>(place - static_cast<double>(below));
            window[at + d] = frame[below] + share * (frame[below + 1] - frame[below]);
        }
    }
}

void view_at_pace(std::span<const float> window, std::span<float> out, std::size_t dimension, double factor) {
    const std::size_t there = window.size() / dimension;
    const auto frames =
        static_cast<std::size_t>(std::max<long long>(1, std::llround(static_cast<double>(there) * factor)));
    std::vector<float> source(frames * dimension);
    const std::size_t present = std::min(frames, there);
    std::copy_n(window.begin(), present * dimension, source.begin());
    if (frames > present) {
        const auto mean = std::span(source).subspan(present * dimension, dimension);
        for (std::size_t i = 0; i < present * dimension; ++i) mean[i % dimension] += window[i];
        for (float& value : mean) value /= static_cast<float>(present);
        for (std::size_t i = (present + 1) * dimension; i < source.size(); ++i)
            source[i] = source[i - dimension];
    }
    stretch_frames(source, out, dimension);
}

void view_at_pitch(std::span<const float> window, std::span<float> out, std::size_t dimension,
                   double factor) {
    std::ranges::copy(window, out.begin());
    warp_bands(out, dimension, factor);
}

}  // namespace earshot::network
