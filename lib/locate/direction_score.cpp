#include "locate/direction_score.h"

#include <Eigen/Dense>
#include <algorithm>
#include <complex>

#include "support/error.h"

namespace earshot::locate {
namespace {

class SrpScore : public DirectionScore {
 public:
    void load(const CrossSpectra&, const PairCorrelator& correlator) override { correlator_ = &correlator; }
    double at(const Point& from) const override { return correlator_->coherence(from); }

 private:
    const PairCorrelator* correlator_ = nullptr;
};

/// Least squares on the time differences of the pairs.
class GccScore : public DirectionScore {
 public:
    void load(const CrossSpectra&, const PairCorrelator& correlator) override {
        correlator_ = &correlator;
        lags_.resize(correlator.pairs());
        for (std::size_t pair = 0; pair < lags_.size(); ++pair) lags_[pair] = correlator.best_lag(pair);
    }
    double at(const Point& from) const override {
        double squares = 0;
        for (std::size_t pair = 0; pair < lags_.size(); ++pair) {
            const double error = lags_[pair] - correlator_->lag_of(pair, from);
            squares += error * error;
        }
        return -squares / static_cast<double>(lags_.size());
    }

 private:
    const PairCorrelator* correlator_ = nullptr;
    std::vector<double> lags_;
};

/// Schmidt, IEEE Trans. Antennas and Propagation 34 (1986) 276-280, bin by bin on phases alone, summed over
/// bins by weight. 1 - (fraction of the steering vector in the signal space) is 0 in the direction of a
/// source.
class MusicScore : public DirectionScore {
 public:
    MusicScore(const MicArray& array, const FrameGrid& grid, double speed, int sources)
        : pairs_(pairs_of(array.mics.size())), mics_(static_cast<Eigen::Index>(array.mics.size())) {
        sources_ = std::clamp<Eigen::Index>(sources, 1, mics_ - 1);
        for (const auto& mic : array.mics)
            samples_per_unit_.push_back((mic - array.centre) * grid.rate_hz / speed);
        for (int bin = 0; bin < grid.bins; ++bin) omega_.push_back(grid.omega(bin));
    }

    void load(const CrossSpectra& spectra, const PairCorrelator&) override {
        bins_.clear();
        const double total = std::max(1e-9F, spectra.weight.sum());
        Eigen::MatrixXcd covariance(mics_, mics_);
        for (Eigen::Index bin = 0; bin < spectra.weight.size(); ++bin) {
            const double weight = spectra.weight[bin];
            if (weight < kLeastShare * total) continue;
            covariance.setIdentity();
            for (std::size_t p = 0; p < pairs_.size(); ++p) {
                const auto [i, j] = pairs_[p];
                const auto column = static_cast<Eigen::Index>(p);
                covariance(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) =
                    std::complex<double>(spectra.re(bin, column), spectra.im(bin, column)) / weight;
            }
            const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXcd> solver(covariance);  // of its lower half
            bins_.push_back({weight / total, omega_[static_cast<std::size_t>(bin)],
                             solver.eigenvectors().rightCols(sources_)});
        }
    }

    double at(const Point& from) const override {
        double sum = 0;
        Eigen::VectorXcd steering(mics_);
        for (const auto& bin : bins_) {
            for (Eigen::Index m = 0; m < mics_; ++m) {
                steering[m] =
                    std::polar(1.0, bin.omega * samples_per_unit_[static_cast<std::size_t>(m)].dot(from));
            }
            const double inside =
                (bin.signal.adjoint() * steering).squaredNorm() / static_cast<double>(mics_);
            sum += bin.weight / (1 + kFloor - std::min(1.0, inside));
        }
        return sum;
    }

 private:
    static constexpr double kLeastShare = 1e-4;  // fraction of all weight below which a bin is skipped
    static constexpr double kFloor = 0.02;       // so that a single bin cannot outvote the others

    struct Bin {
        double weight, omega;
        Eigen::MatrixXcd signal;  // [mics, sources]
    };
    std::vector<MicPair> pairs_;
    Eigen::Index mics_, sources_;
    std::vector<Point> samples_per_unit_;
    std::vector<double> omega_;
    std::vector<Bin> bins_;
};

}  // namespace

Method parse_method(std::string_view name) {
    if (name == "gcc") return Method::gcc;
    if (name == "srp") return Method::srp;
    if (name == "music") return Method::music;
    throw UsageError("no method '" + std::string(name) + "' (methods: gcc, srp, music)");
}

std::unique_ptr<DirectionScore> make_direction_score(Method method, const MicArray& array,
                                                     const FrameGrid& grid, double speed, int sources) {
    switch (method) {
        case Method::gcc:
            return std::make_unique<GccScore>();
        case Method::srp:
            return std::make_unique<SrpScore>();
        case Method::music:
            return std::make_unique<MusicScore>(array, grid, speed, sources);
    }
    throw Error("no such method");
}

}  // namespace earshot::locate
