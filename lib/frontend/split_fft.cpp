#include "frontend/split_fft.h"

#include <algorithm>
#include <complex>
#include <limits>

namespace earshot::frontend {
namespace {

constexpr std::size_t kMaxLanes = 16;

std::size_t groups(std::size_t count, std::size_t lanes) { return (count + lanes - 1) / lanes; }

}  // namespace

const SplitKernels& split_kernels() {
    static const SplitKernels& best = *all_split_kernels().back();
    return best;
}

std::vector<const SplitKernels*> all_split_kernels() {
    std::vector<const SplitKernels*> kernels = {&kSplitBaseline};
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) kernels.push_back(&kSplitAvx2);
    if (__builtin_cpu_supports("avx512f")) kernels.push_back(&kSplitAvx512);
#endif
    return kernels;
}

std::optional<SplitFft::Factors> SplitFft::factors(std::size_t size, Kind kind) {
    const std::size_t halving = kind == Kind::real ? 2 : 1;
    if (size % halving != 0 || lane_fft_radices(size).empty()) return std::nullopt;
    std::optional<Factors> best;
    std::size_t least = std::numeric_limits<std::size_t>::max();
    // Work is the number of butterfly elements, those of partly filled groups of lanes included.
    for (std::size_t columns = kMaxLanes; columns * kMaxLanes <= size / halving; ++columns) {
        const std::size_t length = size / halving / columns;
        if (length * columns * halving != size) continue;
        const std::size_t column_passes = lane_fft_radices(length).size(),
                          row_passes = lane_fft_radices(columns).size();
        if (column_passes < 2 || row_passes < 2) continue;
        const std::size_t work = groups(columns, kMaxLanes) * length * (column_passes + 1) +
                                 groups(length + halving - 1, kMaxLanes) * columns * (row_passes + 1);
        if (work < least) {
            least = work;
            best = {.rows = length * halving, .columns = columns};
        }
    }
    return best;
}

bool SplitFft::takes(std::size_t size, Kind kind) { return factors(size, kind).has_value(); }

SplitFft::SplitFft(std::size_t size, Kind kind, const SplitKernels& kernels)
    : SplitFft(factors(size, kind).value(), kind, kernels) {}

SplitFft::SplitFft(Factors factors, Kind kind, const SplitKernels& kernels)
    : kernels_(&kernels),
      factors_(factors),
      kept_(kind == Kind::real ? factors.rows / 2 + 1 : factors.rows),
      column_(kind == Kind::real ? factors.rows / 2 : factors.rows),
      row_(factors.columns),
      lane_twiddle_(kept_ * 2 * kernels.lanes),
      group_twiddle_(groups(factors.columns, kernels.lanes) * kept_ * 2),
      unpack_re_(kept_),
      unpack_im_(kept_),
      column_work_(kept_ * 2 * kernels.lanes),
      row_work_(factors.columns * 2 * kernels.lanes),
      middle_(groups(kept_, kernels.lanes) * factors.columns * 2 * kernels.lanes) {
    fill_twiddles(kind);
}

void SplitFft::fill_twiddles(Kind kind) {
    const std::size_t size = factors_.rows * factors_.columns, lanes = kernels_->lanes;
    const auto put = [](std::complex<double> value, float& re, float& im) {
        re = static_cast<float>(value.real());
        im = static_cast<float>(value.imag());
    };
    for (std::size_t k1 = 0; k1 < kept_; ++k1) {
        put(unit_root(k1, factors_.rows), unpack_re_[k1], unpack_im_[k1]);
        float* const of_lanes = lane_twiddle_.data() + k1 * 2 * lanes;
        for (std::size_t lane = 0; lane < lanes; ++lane)
            put(unit_root(k1 * lane, size), of_lanes[lane], of_lanes[lanes + lane]);
        for (std::size_t group = 0; group < groups(factors_.columns, lanes); ++group) {
            const std::size_t first = std::min(group * lanes, factors_.columns - lanes);
            const double scale = kind == Kind::real ? 0.5 : 1;
            float* const of_group = group_twiddle_.data() + (group * kept_ + k1) * 2;
            put(scale * unit_root(k1 * first, size), of_group[0], of_group[1]);
        }
    }
}

SplitView SplitFft::view() {
    return {.column = column_.view(),
            .row = row_.view(),
            .rows = factors_.rows,
            .columns = factors_.columns,
            .kept = kept_,
            .lane_twiddle = lane_twiddle_.data(),
            .group_twiddle = group_twiddle_.data(),
            .unpack_re = unpack_re_.data(),
            .unpack_im = unpack_im_.data(),
            .column_work = column_work_.data(),
            .row_work = row_work_.data(),
            .middle = middle_.data()};
}

}  // namespace earshot::frontend
