#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include "network/engine/step.h"

namespace earshot::network::engine {
namespace {

/// A shape around one dimension: [outer, size, inner].
struct Around {
    std::int64_t outer = 1, size, inner = 1;
    Around(const Shape& shape, std::int64_t axis) : size(shape[static_cast<std::size_t>(axis)]) {
        for (std::int64_t d = 0; d < static_cast<std::int64_t>(shape.size()); ++d) {
            if (d < axis) outer *= shape[static_cast<std::size_t>(d)];
            if (d > axis) inner *= shape[static_cast<std::size_t>(d)];
        }
    }
};

/// The larger of every two neighbours, as convolutions over long sequences are pooled.
StepPointer make_pairs(const Shapes& shapes) {
    const std::int64_t channels = shapes.out[0], steps = shapes.in[0]->back(), pairs = shapes.out.back();
    return step_of([=](std::span<const float* const> from, float* out, std::int64_t windows) {
        const float* x = from[0];
        for (std::int64_t row = 0; row < windows * channels; ++row, x += steps, out += pairs) {
            for (std::int64_t i = 0; i < pairs; ++i) out[i] = std::max(x[2 * i], x[2 * i + 1]);
        }
    });
}

StepPointer make_pool(const op::Pool& pool, const Shapes& shapes) {
    const Shape& in = *shapes.in[0];
    const Shape two{2}, none{0, 0};
    if (pool.kind == op::Pool::Kind::max && pool.kernel == two && pool.stride == two && pool.padding == none)
        return make_pairs(shapes);
    const bool flat = in.size() == 2, max = pool.kind == op::Pool::Kind::max;
    const std::size_t band = flat ? 0 : 1;
    const auto number = [&](const Shape& numbers, std::size_t d, std::int64_t usual) {
        return flat && d == 0 ? usual : numbers[flat ? 0 : d];
    };
    const std::int64_t rows = flat ? 1 : in[1], bands = in.back();
    const std::int64_t out_rows = flat ? 1 : shapes.out[1], out_bands = shapes.out.back(), channels = in[0];
    const std::int64_t kernel_rows = number(pool.kernel, 0, 1), kernel_bands = number(pool.kernel, 1, 1);
    const std::int64_t stride_rows = number(pool.stride, 0, 1), stride_bands = number(pool.stride, 1, 1);
    const std::int64_t top = flat ? 0 : pool.padding[0], left = pool.padding[2 * band];
    return step_of([=](std::span<const float* const> from, float* out, std::int64_t windows) {
        const float* x = from[0];
        for (std::int64_t plane = 0; plane < windows * channels; ++plane, x += rows * bands) {
            for (std::int64_t row = 0; row < out_rows; ++row) {
                const std::int64_t first_row = std::max<std::int64_t>(0, row * stride_rows - top);
                const std::int64_t last_row = std::min(rows, row * stride_rows - top + kernel_rows);
                for (std::int64_t place = 0; place < out_bands; ++place) {
                    const std::int64_t first = std::max<std::int64_t>(0, place * stride_bands - left);
                    const std::int64_t last = std::min(bands, place * stride_bands - left + kernel_bands);
                    float most = -std::numeric_limits<float>::infinity(), sum = 0;
                    for (std::int64_t r = first_row; r < last_row; ++r) {
                        for (std::int64_t b = first; b < last; ++b) {
                            most = std::max(most, x[r * bands + b]);
                            sum += x[r * bands + b];
                        }
                    }
                    *out++ = max ? most : sum / static_cast<float>((last_row - first_row) * (last - first));
                }
            }
        }
    });
}

/// Reduces one dimension after another, the last first.
StepPointer make_reduce(const op::Reduce& reduce, const Shape& in) {
    using Kind = op::Reduce::Kind;
    const auto kind = reduce.kind;
    std::vector<bool> gone(in.size());
    std::int64_t count = 1;
    for (const auto axis : reduce.axes) {
        gone[static_cast<std::size_t>(axis)] = true;
        count *= in[static_cast<std::size_t>(axis)];
    }
    // For each number of the input, its place in the result.
    std::vector<std::int64_t> step(in.size());
    std::int64_t values = 1;
    for (std::size_t d = in.size(); d-- > 0;) {
        if (gone[d]) continue;
        step[d] = values;
        values *= in[d];
    }
    const std::int64_t in_values = values_of(in);
    std::vector<std::int32_t> places(static_cast<std::size_t>(in_values));
    for (std::int64_t i = 0; i < in_values; ++i) {
        std::int64_t rest = i, place = 0;
        for (std::size_t d = in.size(); d-- > 0; rest /= in[d]) place += rest % in[d] * step[d];
        places[static_cast<std::size_t>(i)] = static_cast<std::int32_t>(place);
    }
    return step_of([=, shape = in](std::span<const float* const> from, float* out, std::int64_t windows) {
        for (std::int64_t window = 0; window < windows; ++window) {
            const float* x = from[0] + window * in_values;
            float* to = out + window * values;
            std::fill_n(to, values, kind == Kind::max ? -std::numeric_limits<float>::infinity() : 0.0F);
            for (std::int64_t i = 0; i < in_values; ++i) {
                float& place = to[places[static_cast<std::size_t>(i)]];
                place = kind == Kind::max ? std::max(place, x[i]) : place + x[i];
            }
            for (std::int64_t i = 0; kind == Kind::mean && i < values; ++i)
                to[i] /= static_cast<float>(count);
        }
    });
}

StepPointer make_concat(const op::Concat& concat, const Shapes& shapes) {
    std::vector<std::int64_t> runs;
    for (const Shape* shape : shapes.in) {
        const Around around(*shape, concat.axis);
        runs.push_back(around.size * around.inner);
    }
    const std::int64_t outer = Around(shapes.out, concat.axis).outer;
    return step_of([=](std::span<const float* const> in, float* out, std::int64_t windows) {
        for (std::int64_t o = 0; o < windows * outer; ++o) {
            for (std::size_t part = 0; part < runs.size(); ++part)
                out = std::copy_n(in[part] + o * runs[part], runs[part], out);
        }
    });
}

class TopMeanStep : public Step {
 public:
    TopMeanStep(const op::TopMean& top, const Shape& in)
        : sizes_(top.sizes), count_(top.count), rows_(values_of(in) / in.back()) {}

    std::size_t scratch_values() const override { return static_cast<std::size_t>(std::ranges::max(sizes_)); }
    void run(std::span<const float* const> in, float* out, std::int64_t windows,
             float* scratch) const override {
        const float* x = in[0];
        for (std::int64_t row = 0; row < windows * rows_; ++row) {
            for (const std::int64_t size : sizes_) {
                const std::int64_t count = std::min(count_, size);
                std::copy_n(x, size, scratch);
                std::nth_element(scratch, scratch + count - 1, scratch + size, std::greater());
                *out++ = std::accumulate(scratch, scratch + count, 0.0F) / static_cast<float>(count);
                x += size;
            }
        }
    }

 private:
    Shape sizes_;
    std::int64_t count_, rows_;
};

StepPointer make_slice(const op::Slice& slice, const Shape& in) {
    const Around around(in, slice.axis);
    const std::int64_t skip = slice.begin * around.inner, run = (slice.end - slice.begin) * around.inner;
    return step_of([=](std::span<const float* const> from, float* out, std::int64_t windows) {
        for (std::int64_t o = 0; o < windows * around.outer; ++o)
            out = std::copy_n(from[0] + o * around.size * around.inner + skip, run, out);
    });
}

StepPointer make_transpose(const op::Transpose& transpose, const Shapes& shapes) {
    const Shape& in = *shapes.in[0];
    const Shape out = shapes.out;
    std::vector<std::int64_t> in_steps(in.size()), steps(in.size());
    std::int64_t step = 1;
    for (std::size_t d = in.size(); d-- > 0; step *= in[d]) in_steps[d] = step;
    for (std::size_t d = 0; d < in.size(); ++d)
        steps[d] = in_steps[static_cast<std::size_t>(transpose.order[d])];
    const std::int64_t values = values_of(in), row = out.back();
    return step_of([=](std::span<const float* const> from, float* to, std::int64_t windows) {
        for (std::int64_t window = 0; window < windows; ++window) {
            const float* x = from[0] + window * values;
            for (std::int64_t i = 0; i < values; i += row) {
                std::int64_t rest = i / row, at = 0;
                for (std::size_t d = out.size() - 1; d-- > 0; rest /= out[d]) at += rest % out[d] * steps[d];
                for (std::int64_t k = 0; k < row; ++k) *to++ = x[at + k * steps.back()];
            }
        }
    });
}

StepPointer make_repeat(const op::Repeat& repeat, const Shape& in) {
    const Around around(in, repeat.axis);
    const std::int64_t times = repeat.times;
    return step_of([=](std::span<const float* const> from, float* out, std::int64_t windows) {
        for (std::int64_t o = 0; o < windows * around.outer * around.size; ++o) {
            for (std::int64_t time = 0; time < times; ++time)
                out = std::copy_n(from[0] + o * around.inner, around.inner, out);
        }
    });
}

}  // namespace

StepPointer make_shaping(const Node& node, const Shapes& shapes) {
    const Shape& in = *shapes.in[0];
    return std::visit(
        Overloaded{
            [&](const op::Pool& pool) { return make_pool(pool, shapes); },
            [&](const op::Reduce& reduce) { return make_reduce(reduce, in); },
            [&](const op::Concat& concat) { return make_concat(concat, shapes); },
            [&](const op::Slice& slice) { return make_slice(slice, in); },
            [&](const op::TopMean& top) -> StepPointer { return std::make_unique<TopMeanStep>(top, in); },
            [&](const op::Transpose& transpose) { return make_transpose(transpose, shapes); },
            [&](const op::Repeat& repeat) { return make_repeat(repeat, in); },
            [](const auto&) { return StepPointer(); }},
        node.op);
}

}  // namespace earshot::network::engine
