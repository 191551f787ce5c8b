#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "exchange/onnx_reader.h"
#include "support/error.h"

namespace earshot::exchange {
namespace {

namespace op = network::op;

constexpr std::size_t kMostRuns = 256;  // of a choice of elements

}  // namespace

void OnnxReader::transpose() {
    Shape order = wholes("perm"), sorted = order;
    const std::size_t dimensions = input(0).shape.size();
    if (order.empty()) {
        for (std::size_t d = dimensions; d-- > 0;) order.push_back(static_cast<std::int64_t>(d));
        sorted = order;
    }
    std::ranges::sort(sorted);
    Shape all(dimensions);
    std::iota(all.begin(), all.end(), std::int64_t{0});
    if (sorted != all) throw Error("no order of its dimensions");
    give(maker_->transpose(input(0), order));
}

void OnnxReader::reshape() {
    const Shape& from = input(0).shape;
    Shape shape = has_input(1) ? numbers(1) : wholes("shape");
    const std::int64_t values = network::values_of(from);
    for (std::size_t d = 0; d < shape.size(); ++d) {
        if (shape[d] == 0 && whole("allowzero", 0) == 0 && d < from.size()) shape[d] = from[d];
    }
    const auto open = std::ranges::find(shape, -1);
    if (open != shape.end()) {
        *open = 1;
        const std::int64_t others = checked_values(shape);
        if (others < 1 || values % others != 0) throw Error("a shape that does not fit");
        *open = values / others;
    }
    give(maker_->reshape(input(0), shape));
}

void OnnxReader::flatten() {
    const Shape& shape = input(0).shape;
    const std::int64_t given = whole("axis", 1), count = static_cast<std::int64_t>(shape.size());
    const std::int64_t at = given < 0 ? given + count : given;
    if (at < 0 || at > count) throw Error(fmt::format("axis {} of {} dimensions", given, count));
    const std::int64_t before = network::values_of({shape.begin(), shape.begin() + at});
    give(maker_->reshape(input(0), {before, network::values_of(shape) / std::max<std::int64_t>(1, before)}));
}

void OnnxReader::squeeze() {
    const Shape& from = input(0).shape;
    const Shape gone = axes(1, from.size());
    Shape shape;
    for (std::size_t d = 0; d < from.size(); ++d) {
        const bool goes =
            gone.empty() ? from[d] == 1 : std::ranges::find(gone, static_cast<std::int64_t>(d)) != gone.end();
        if (!goes) shape.push_back(from[d]);
    }
    give(maker_->reshape(input(0), shape));
}

void OnnxReader::unsqueeze() {
    Shape shape = input(0).shape;
    const std::size_t added = has_input(1) ? numbers(1).size() : wholes("axes").size();
    if (added > 8) throw Error("too many dimensions");
    for (const auto at : axes(1, shape.size() + added)) {
        if (at > static_cast<std::int64_t>(shape.size())) throw Error("a dimension past the end");
        shape.insert(shape.begin() + at, 1);
    }
    give(maker_->reshape(input(0), shape));
}

void OnnxReader::expand() {
    Shape wanted = numbers(1);
    ForeignTensor x = input(0);
    if (x.shape.size() < wanted.size()) {
        Shape shape = x.shape;
        shape.insert(shape.begin(), wanted.size() - shape.size(), 1);
        x = maker_->reshape(x, shape);
    }
    const std::size_t skip = x.shape.size() - wanted.size();
    for (std::size_t d = 0; d < wanted.size(); ++d) {
        const std::int64_t size = x.shape[skip + d];
        if (wanted[d] == 1 || wanted[d] == size) continue;
        if (size != 1)
            throw Error(fmt::format("{} cannot become {}", shape_text(x.shape), shape_text(wanted)));
        x = maker_->repeat(x, static_cast<std::int64_t>(skip + d), wanted[d]);
    }
    give(x);
}

void OnnxReader::concat() {
    std::vector<ForeignTensor> parts;
    for (std::size_t i = 0; i < inputs(); ++i) parts.push_back(input(i));
    if (parts.empty()) throw Error("an input is missing");
    give(maker_->concat(parts, axis(whole("axis", 1), parts.front().shape.size())));
}

void OnnxReader::split() {
    const ForeignTensor x = input(0);
    const auto along = axis(whole("axis", 0), x.shape.size());
    const std::int64_t size = x.shape[static_cast<std::size_t>(along)],
                       parts = static_cast<std::int64_t>(outputs());
    Shape sizes = has_input(1) ? numbers(1) : wholes("split");
    if (sizes.empty()) {
        const std::int64_t each = (size + parts - 1) / parts;  // the last one is smaller
        for (std::int64_t i = 0; i < parts; ++i) sizes.push_back(std::min(each, size - i * each));
    }
    if (static_cast<std::int64_t>(sizes.size()) != parts) throw Error("its parts do not fit its results");
    std::int64_t begin = 0;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        give(maker_->slice(x, along, begin, begin + sizes[i]), i);
        begin += sizes[i];
    }
}

void OnnxReader::slice() {
    ForeignTensor x = input(0);
    const bool old = opset_ < 10;
    const Shape begin = old ? wholes("starts") : numbers(1), end = old ? wholes("ends") : numbers(2);
    Shape along = old            ? wholes("axes")
                  : has_input(3) ? numbers(3)
                                 : Shape(),
          step = !old && has_input(4) ? numbers(4) : Shape();
    if (along.empty()) {
        along.resize(begin.size());
        std::iota(along.begin(), along.end(), std::int64_t{0});
    }
    if (end.size() != begin.size() || along.size() != begin.size())
        throw Error("numbers that do not fit each other");
    if (std::ranges::any_of(step, [](auto one) { return one != 1; })) throw Error("a step other than 1");
    for (std::size_t i = 0; i < begin.size(); ++i) {
        const auto d = axis(along[i], x.shape.size());
        const std::int64_t total = x.shape[static_cast<std::size_t>(d)];
        const auto placed = [&](std::int64_t at) {
            return std::clamp<std::int64_t>(at < 0 ? at + total : at, 0, total);
        };
        x = maker_->slice(x, d, placed(begin[i]), placed(end[i]));
    }
    give(x);
}

void OnnxReader::gather() {
    const ForeignTensor& x = input(0);
    const auto along = axis(whole("axis", 0), x.shape.size());
    const std::int64_t size = x.shape[static_cast<std::size_t>(along)];
    Shape at = numbers(1), shape = x.shape;
    for (auto& one : at) one = one < 0 ? one + size : one;
    if (at.empty()) throw Error("no element");
    const Shape& indices = input(1).shape;
    if (indices.size() > 1) throw Error("a choice with more than one dimension");
    std::vector<ForeignTensor> runs;  // elements that follow each other in the input
    for (std::size_t first = 0, next = 1; first < at.size(); first = next++) {
        while (next < at.size() && at[next] == at[next - 1] + 1) ++next;
        runs.push_back(maker_->slice(x, along, at[first], at[next - 1] + 1));
        if (runs.size() > kMostRuns)
            throw Error("a choice of too many elements that are not one after the other");
    }
    shape.erase(shape.begin() + along);
    if (!indices.empty()) shape.insert(shape.begin() + along, static_cast<std::int64_t>(at.size()));
    give(maker_->reshape(runs.size() == 1 ? runs.front() : maker_->concat(runs, along), shape));
}

void OnnxReader::pad() {
    using P = op::Conv::Padding;
    ForeignTensor x = input(0);
    const Shape amounts = opset_ < 11 ? wholes("pads") : numbers(1);
    const double value = opset_ < 11 ? number("value", 0) : has_input(2) ? scalar(2) : 0;
    const std::string mode = text("mode", "constant");
    if (mode != "constant" && mode != "edge" && mode != "reflect")
        throw Error(fmt::format("mode {}", shown_name(mode)));
    const P kind = mode == "edge" ? P::edge : mode == "reflect" ? P::reflect : P::zeros;
    Shape along = has_input(3) ? numbers(3) : Shape();
    if (along.empty()) {
        along.resize(x.shape.size());
        std::iota(along.begin(), along.end(), std::int64_t{0});
    }
    if (amounts.size() != 2 * along.size()) throw Error("numbers that do not fit its input");
    for (std::size_t i = 0; i < along.size(); ++i)
        x = maker_->pad(x, axis(along[i], x.shape.size()), {amounts[i], amounts[i + along.size()]}, kind,
                        kind == P::zeros ? value : 0);
    give(x);
}

void OnnxReader::resize() {
    ForeignTensor x = input(0);
    const std::string how = text("coordinate_transformation_mode", "half_pixel");
    const std::string nearest = text("nearest_mode", "round_prefer_floor");
    const bool upsample = node_->op_type() == "Upsample";
    const bool repeats = text("mode", "nearest") == "nearest" &&
                         (upsample || (how == "half_pixel" && nearest == "round_prefer_floor") ||
                          (how == "asymmetric" && nearest == "floor"));
    if (!repeats) throw Error("it is not a repetition of elements");
    std::vector<double> factors;
    if (has_input(3)) {
        const Shape sizes = numbers(3);
        for (std::size_t d = 0; d < std::min(sizes.size(), x.shape.size()); ++d)
            factors.push_back(static_cast<double>(sizes[d]) / static_cast<double>(x.shape[d]));
    } else {
        const auto scales = array(inputs() > 2 ? 2 : 1);
        factors.assign(scales.begin(), scales.end());
    }
    if (factors.size() != x.shape.size()) throw Error("numbers that do not fit its input");
    for (std::size_t d = 0; d < factors.size(); ++d) {
        if (factors[d] != std::floor(factors[d]) || !(factors[d] >= 1 && factors[d] < 1 << 16))
            throw Error("a size that is not a multiple of the one before");
        x = maker_->repeat(x, static_cast<std::int64_t>(d), static_cast<std::int64_t>(factors[d]));
    }
    give(x);
}

}  // namespace earshot::exchange
