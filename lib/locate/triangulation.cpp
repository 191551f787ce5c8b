#include "locate/triangulation.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>

#include "locate/angles.h"

namespace earshot::locate {
namespace {

/// Bearing, radians, of array k for a source at azimuth θ and inverse distance q: that of u(θ) - q·centre.
struct Model {
    std::span<const Bearing> bearings;
    const ArrayGeometry& geometry;

    /// Residuals in standard deviations, and their derivatives by (θ, q).
    void linearise(double theta, double q, Eigen::VectorXd& residual, Eigen::MatrixX2d& slope) const {
        const double s = std::sin(theta), c = std::cos(theta);
        for (std::size_t k = 0; k < bearings.size(); ++k) {
            const auto row = static_cast<Eigen::Index>(k);
            const auto& centre = geometry.arrays[k].centre;
            const double x = s - q * centre.x(), y = c - q * centre.y();
            const double square = std::max(1e-12, x * x + y * y);
            const double sd = radians(bearings[k].sd_deg);
            residual[row] = radians(wrap_180(bearings[k].azimuth_deg - degrees(std::atan2(x, y)))) / sd;
            // atan2(x, y) changes by (y·dx - x·dy) / (x² + y²).
            slope(row, 0) = (y * c + x * s) / square / sd;
            slope(row, 1) = (-y * centre.x() + x * centre.y()) / square / sd;
        }
    }
};

double mean_azimuth(std::span<const Bearing> bearings) {
    Point sum = Point::Zero();
    for (const auto& bearing : bearings)
        sum += towards(bearing.azimuth_deg) / (bearing.sd_deg * bearing.sd_deg);
    return radians(azimuth_of(sum));
}

}  // namespace

double Fix::nearest_m(double deviations) const {
    return inverse_sd_m ? 1 / (inverse_m + deviations * *inverse_sd_m) : 0;
}

double Fix::farthest_m(double deviations) const {
    const double least = inverse_sd_m ? inverse_m - deviations * *inverse_sd_m : 0;
    return least > 0 ? 1 / least : std::numeric_limits<double>::infinity();
}

Fix triangulate(std::span<const Bearing> bearings, const ArrayGeometry& geometry) {
    Fix fix;
    double elevations = 0, heard = 0;
    for (const auto& bearing : bearings) {
        fix.coherence += bearing.coherence / static_cast<double>(bearings.size());
        if (!bearing.elevation_deg) continue;
        elevations += *bearing.elevation_deg;
        ++heard;
    }
    if (heard > 0) fix.elevation_deg = elevations / heard;
    const double baseline = geometry.baseline();
    if (bearings.size() < 2 || baseline == 0) {
        fix.azimuth_deg = bearings.front().azimuth_deg;
        fix.azimuth_sd_deg = bearings.front().sd_deg;
        return fix;
    }

    const Model model{bearings, geometry};
    const auto count = static_cast<Eigen::Index>(bearings.size());
    Eigen::VectorXd residual(count);
    Eigen::MatrixX2d slope(count, 2);
    double best = std::numeric_limits<double>::infinity();
    double theta = 0, q = 0;
    for (const double parallax : {0.0, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9}) {
        double at = mean_azimuth(bearings), start_q = parallax / baseline;
        for (int step = 0; step < 8; ++step) {
            model.linearise(at, start_q, residual, slope);
            // Near the ends of the baseline, where distance hardly matters, slight damping keeps it finite.
            Eigen::Matrix2d information = slope.transpose() * slope;
            information(1, 1) += 1e-6 * baseline * baseline;
            const Eigen::Vector2d push = slope.transpose() * residual;
            Eigen::Vector2d move = information.ldlt().solve(push);
            // At infinity, distance stays, and the direction is that of the bearings' weighted mean.
            if (start_q + move[1] <= 0) move = {push[0] / information(0, 0), -start_q};
            at += std::clamp(move[0], -0.5, 0.5);
            start_q = std::min(start_q + move[1], 2 / baseline);
        }
        model.linearise(at, start_q, residual, slope);
        const double cost = residual.squaredNorm();
        if (cost < best - 1e-9) best = cost, theta = at, q = start_q;
    }
    model.linearise(theta, q, residual, slope);
    Eigen::Matrix2d information = slope.transpose() * slope;
    const double freedom = static_cast<double>(count) - 2;
    if (freedom > 0) information /= std::max(1.0, residual.squaredNorm() / freedom);
    fix.azimuth_deg = wrap_360(degrees(theta));
    fix.inverse_m = q;
    // A deviation of twice the greatest inverse distance is no information; this happens along the baseline.
    const double seen = information(1, 1) - information(0, 1) * information(0, 1) / information(0, 0);
    if (4 * seen > baseline * baseline) {
        fix.inverse_sd_m = 1 / std::sqrt(seen);
        fix.azimuth_sd_deg = degrees(std::sqrt(information.inverse()(0, 0)));
    } else {
        fix.inverse_m = 0;
        fix.azimuth_sd_deg = degrees(1 / std::sqrt(information(0, 0)));
    }
    return fix;
}

}  // namespace earshot::locate
