#include <algorithm>

#include "network/engine/step.h"
#include "network/frame_features.h"

namespace earshot::network::engine {
namespace {

StepPointer make_time_features(const op::TimeFeatures& features, const Shape& in) {
    const std::int64_t frames = in[0], bands = in[1];
    const std::int64_t values = feature_planes(features.deltas, features.deviation) * features.steps * bands;
    return step_of([=](std::span<const float* const> from, float* out, std::int64_t windows) {
        for (std::int64_t window = 0; window < windows; ++window)
            take_features(features, frames, bands, from[0] + window * frames * bands, out + window * values);
    });
}

/// By the mean and deviation of the training data.
StepPointer make_standardise(const Node& node, const Shape& in, const Weights& weights) {
    const auto mean = weights[node.name + ".mean"], deviation = weights[node.name + ".deviation"];
    const std::vector<float> means(mean.begin(), mean.end()), deviations(deviation.begin(), deviation.end());
    const std::int64_t planes = in[0], steps = in[1];
    const auto bands = static_cast<std::size_t>(in[2]);
    return step_of([=](std::span<const float* const> from, float* out, std::int64_t windows) {
        const float* x = from[0];
        for (std::int64_t plane = 0; plane < windows * planes; ++plane) {
            const std::size_t first = static_cast<std::size_t>(plane % planes) * bands;
            for (std::int64_t step = 0; step < steps; ++step) {
                for (std::size_t d = first; d < first + bands; ++d)
                    *out++ = (*x++ - means[d]) / deviations[d];
            }
        }
    });
}

class StandardiseWindow : public Step {
 public:
    StandardiseWindow(const Shape& in, bool one_deviation)
        : planes_(in[0]), steps_(in[1]), bands_(in[2]), one_deviation_(one_deviation) {}

    std::size_t scratch_values() const override { return 2 * static_cast<std::size_t>(bands_); }
    void run(std::span<const float* const> in, float* out, std::int64_t windows,
             float* scratch) const override {
        const std::int64_t plane = steps_ * bands_;
        std::copy_n(in[0], windows * planes_ * plane, out);
        for (std::int64_t i = 0; i < windows * planes_; ++i)
            standardise_plane(out + i * plane, steps_, bands_, one_deviation_, scratch);
    }

 private:
    std::int64_t planes_, steps_, bands_;
    bool one_deviation_;
};

StepPointer make_merge(op::MergeViews::Kind kind, std::int64_t views, std::int64_t values) {
    return step_of([=](std::span<const float* const> in, float* out, std::int64_t windows) {
        const float* x = in[0];
        for (std::int64_t window = 0; window < windows; ++window, out += values) {
            std::copy_n(x, values, out);
            x += values;
            for (std::int64_t view = 1; view < views; ++view, x += values) {
                for (std::int64_t i = 0; i < values; ++i)
                    out[i] = kind == op::MergeViews::Kind::max ? std::max(out[i], x[i]) : out[i] + x[i];
            }
            for (std::int64_t i = 0; kind == op::MergeViews::Kind::mean && i < values; ++i)
                out[i] /= static_cast<float>(views);
        }
    });
}

}  // namespace

StepPointer make_input(const Node& node, const Shape& in, std::int64_t views, const Weights& weights) {
    const std::int64_t values = values_of(in), bands = in.back();
    return std::visit(
        Overloaded{
            [&](const op::NoiseFloor& floor) {
                return step_of([=](std::span<const float* const> from, float* out, std::int64_t windows) {
                    for (std::int64_t i = 0; i < windows * values; i += values)
                        add_noise_floor(floor, {from[0] + i, static_cast<std::size_t>(values)}, out + i);
                });
            },
            [&](const op::TimeFeatures& features) { return make_time_features(features, in); },
            [&](const op::Standardise& standardise) -> StepPointer {
                using By = op::Standardise::By;
                if (standardise.by == By::data) return make_standardise(node, in, weights);
                return std::make_unique<StandardiseWindow>(in, standardise.by == By::mean);
            },
            [&](const op::Views& made) {
                return step_of([=](std::span<const float* const> from, float* out, std::int64_t windows) {
                    const auto size = static_cast<std::size_t>(values);
                    for (std::int64_t window = 0; window < windows; ++window, out += made.count() * values)
                        take_views(made, {from[0] + window * values, size}, bands, out);
                });
            },
            [&](const op::MergeViews& merge) { return make_merge(merge.kind, views, values); },
            [](const auto&) { return StepPointer(); }},
        node.op);
}

}  // namespace earshot::network::engine
