#include "locate/cross_spectra.h"

namespace earshot::locate {

std::vector<MicPair> pairs_of(std::size_t mics) {
    std::vector<MicPair> pairs;
    for (std::size_t i = 0; i < mics; ++i) {
        for (std::size_t j = 0; j < i; ++j) pairs.push_back({i, j});
    }
    return pairs;
}

CrossSpectra::CrossSpectra(const MicArray& array, int bins)
    : weight(Eigen::ArrayXf::Zero(bins)), pairs_(pairs_of(array.mics.size())), channels_(array.channels) {
    re.setZero(bins, static_cast<Eigen::Index>(pairs_.size()));
    im.setZero(bins, static_cast<Eigen::Index>(pairs_.size()));
}

void CrossSpectra::add(const MicFrame& frame, const Eigen::ArrayXf& bin_weight, float frame_weight) {
    for (std::size_t p = 0; p < pairs_.size(); ++p) {
        const auto i = channels_[pairs_[p].first], j = channels_[pairs_[p].second];
        const auto column = static_cast<Eigen::Index>(p);
        re.col(column) += frame_weight * bin_weight *
                          (frame.re.col(i) * frame.re.col(j) + frame.im.col(i) * frame.im.col(j));
        im.col(column) += frame_weight * bin_weight *
                          (frame.im.col(i) * frame.re.col(j) - frame.re.col(i) * frame.im.col(j));
    }
    weight += frame_weight * bin_weight;
    weight_squares += static_cast<double>(frame_weight * frame_weight) * bin_weight.square().sum();
}

void CrossSpectra::scale(float factor) {
    re *= factor;
    im *= factor;
    weight *= factor;
    weight_squares *= static_cast<double>(factor) * factor;
}

}  // namespace earshot::locate
