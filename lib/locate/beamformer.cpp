#include "locate/beamformer.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <numbers>

#include "locate/mic_spectra.h"
#include "support/error.h"

namespace earshot::locate {
namespace {

constexpr double kUncorrelated = 0.01;  // fraction of the noise that MVDR assumes

}  // namespace

Beam parse_beam(std::string_view name) {
    if (name == "das") return Beam::das;
    if (name == "mvdr") return Beam::mvdr;
    throw UsageError("no beam '" + std::string(name) + "' (beams: das, mvdr)");
}

Beamformer::Beamformer(const ArrayGeometry& geometry, int rate_hz, int channels, double speed_of_sound,
                       const Point& from, Beam beam)
    : rate_hz_(rate_hz),
      channels_(channels),
      size_(FrameGrid(rate_hz).size),
      hop_(size_ / 2),
      fft_(static_cast<std::size_t>(size_)) {
    for (const auto& array : geometry.arrays)
        used_.insert(used_.end(), array.channels.begin(), array.channels.end());
    window_.resize(size_);
    // Squares of adjacent windows, half a frame apart, add up to 1.
    for (int i = 0; i < size_; ++i)
        window_[i] = static_cast<float>(std::sin(std::numbers::pi * (i + 0.5) / size_));
    frame_.resize(size_);
    sum_.setZero(size_);
    pending_.setZero(size_, channels);
    mixed_.resize(size_ / 2 + 1);
    // Half a frame of silence first, so that the first sample too is covered by two windows.
    filled_ = hop_;
    to_skip_ = hop_;
    make_weights(geometry, speed_of_sound, from, beam);
}

void Beamformer::make_weights(const ArrayGeometry& geometry, double speed_of_sound, const Point& from,
                              Beam beam) {
    std::vector<Point> mics;
    for (const auto& array : geometry.arrays) mics.insert(mics.end(), array.mics.begin(), array.mics.end());
    const auto count = static_cast<Eigen::Index>(mics.size());
    weights_.resize(size_ / 2 + 1, count);
    Eigen::MatrixXcd noise = Eigen::MatrixXcd::Identity(count, count);
    Eigen::VectorXcd arrival(count);
    for (Eigen::Index bin = 0; bin < weights_.rows(); ++bin) {
        const double k = 2 * std::numbers::pi * static_cast<double>(bin) * rate_hz_ / size_ / speed_of_sound;
        for (Eigen::Index i = 0; i < count; ++i) {
            arrival[i] = std::polar(1.0, k * mics[static_cast<std::size_t>(i)].dot(from));
            for (Eigen::Index j = 0; beam == Beam::mvdr && j < count; ++j) {
                const double x =
                    k * (mics[static_cast<std::size_t>(i)] - mics[static_cast<std::size_t>(j)]).norm();
                noise(i, j) = (x > 0 ? std::sin(x) / x : 1) + (i == j ? kUncorrelated : 0);
            }
        }
        const Eigen::VectorXcd solved = noise.ldlt().solve(arrival);
        const Eigen::VectorXcd weights = solved / arrival.dot(solved);
        weights_.row(bin) = weights.conjugate().transpose().cast<std::complex<float>>();
    }
}

void Beamformer::push(std::span<const float> interleaved, const Sink& sink) {
    using Interleaved =
        Eigen::Map<const Eigen::Array<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>;
    const auto frames = static_cast<int>(interleaved.size()) / channels_;
    const Interleaved samples(interleaved.data(), frames, channels_);
    taken_ += frames;
    for (int used = 0; used < frames;) {
        const int count = std::min(frames - used, size_ - filled_);
        pending_.middleRows(filled_, count) = samples.middleRows(used, count);
        filled_ += count;
        used += count;
        if (filled_ == size_) work(sink);
    }
}

void Beamformer::finish(const Sink& sink) {
    while (given_ < taken_) {
        pending_.bottomRows(size_ - filled_).setZero();
        filled_ = size_;
        work(sink);
    }
}

void Beamformer::work(const Sink& sink) {
    mixed_.setZero();
    for (std::size_t m = 0; m < used_.size(); ++m) {
        frame_ = pending_.col(used_[m]) * window_;
        const Eigen::Map<const Eigen::ArrayXcf> spectrum(fft_.transform({frame_.data(), fft_.size()}).data(),
                                                         mixed_.size());
        mixed_.array() += weights_.col(static_cast<Eigen::Index>(m)).array() * spectrum;
    }
    fft_.inverse({mixed_.data(), fft_.bins()}, {frame_.data(), fft_.size()});
    sum_ += frame_ * window_ / static_cast<float>(size_);
    const auto skipped = std::min<std::int64_t>(to_skip_, hop_);
    to_skip_ -= skipped;
    const auto ready = std::min<std::int64_t>(hop_ - skipped, taken_ - given_);
    given_ += ready;
    if (ready > 0) sink({sum_.data() + skipped, static_cast<std::size_t>(ready)});
    sum_.head(size_ - hop_) = sum_.tail(size_ - hop_).eval();
    sum_.tail(hop_).setZero();
    pending_.topRows(size_ - hop_) = pending_.bottomRows(size_ - hop_).eval();
    filled_ = size_ - hop_;
}

}  // namespace earshot::locate
