#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "exchange/onnx_reader.h"
#include "support/error.h"

namespace earshot::exchange {
namespace {

constexpr std::int64_t kMostFolded = 1 << 20;  // numbers that are computed before any sound is there

/// a op b of whole numbers. @throws Error for what does not fit, and for divisions by 0
std::int64_t computed(const std::string& op, std::int64_t a, std::int64_t b) {
    std::int64_t result = 0;
    bool wrong = false;
    if (op == "Add") {
        wrong = __builtin_add_overflow(a, b, &result);
    } else if (op == "Sub") {
        wrong = __builtin_sub_overflow(a, b, &result);
    } else if (op == "Mul") {
        wrong = __builtin_mul_overflow(a, b, &result);
    } else {
        wrong = b == 0 || b == -1;
        result = wrong ? 0 : a / b;
    }
    if (wrong) throw Error("a number that is too large");
    return result;
}

float computed(const std::string& op, float a, float b) {
    return op == "Add"   ? a + b
           : op == "Sub" ? a - b
           : op == "Mul" ? a * b
           : op == "Div" ? a / b
                         : std::pow(a, b);
}

template <class Number>
std::vector<Number> computed(const std::string& op, const std::vector<Number>& a,
                             const std::vector<Number>& b) {
    std::vector<Number> all;
    for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i)
        all.push_back(computed(op, a[a.size() == 1 ? 0 : i], b[b.size() == 1 ? 0 : i]));
    return all;
}

/// The elements of an array of the file at these places, in a new order.
ForeignTensor taken(const ForeignTensor& from, const std::vector<std::size_t>& places, Shape shape) {
    auto made = std::make_shared<Array>();
    for (const auto place : places) {
        made->values.push_back(from.array->values.at(place));
        if (!from.array->whole.empty()) made->whole.push_back(from.array->whole[place]);
    }
    return {std::move(shape), {}, false, std::move(made)};
}

/// A matrix with its dimensions exchanged.
ForeignTensor turned(const ForeignTensor& matrix) {
    const auto rows = static_cast<std::size_t>(matrix.shape[0]),
               columns = static_cast<std::size_t>(matrix.shape[1]);
    std::vector<std::size_t> places;
    for (std::size_t j = 0; j < columns; ++j) {
        for (std::size_t i = 0; i < rows; ++i) places.push_back(i * columns + j);
    }
    return taken(matrix, places, {matrix.shape[1], matrix.shape[0]});
}

/// Rows from `begin` on, as a slice of Python has them.
ForeignTensor sliced(const ForeignTensor& from, std::int64_t begin, std::int64_t end, std::int64_t step) {
    const std::int64_t count = from.shape[0];
    const auto placed = [&](std::int64_t at, std::int64_t low, std::int64_t high) {
        return std::clamp(at < 0 ? at + count : at, low, high);
    };
    if (step == 0) throw Error("a step of 0");
    const std::int64_t low = step < 0 ? -1 : 0, high = step < 0 ? count - 1 : count;
    const std::int64_t first = placed(begin, low, high), last = placed(end, low, high);
    const auto row = count == 0 ? 0 : from.array->values.size() / static_cast<std::size_t>(count);
    std::vector<std::size_t> places;
    Shape shape = from.shape;
    shape[0] = 0;
    for (auto at = first; step < 0 ? at > last : at < last; at += step, ++shape[0]) {
        for (std::size_t i = 0; i < row; ++i) places.push_back(static_cast<std::size_t>(at) * row + i);
    }
    return taken(from, places, shape);
}

}  // namespace

bool OnnxReader::fold() {
    const std::string& op = node_->op_type();
    if (op == "Constant") {
        const auto* value = attribute("value");
        if (value != nullptr) return give(read_tensor(value->t())), true;
        if (const auto* whole_value = attribute("value_int"))
            return give(whole_tensor({whole_value->i()}, {})), true;
        if (attribute("value_ints") != nullptr) {
            const Shape all = wholes("value_ints");
            return give(whole_tensor(all, {static_cast<std::int64_t>(all.size())})), true;
        }
        auto made = std::make_shared<Array>();
        made->values = {static_cast<float>(number("value_float", NAN))};
        return give({{}, {}, false, std::move(made)}), true;
    }
    if (op == "Shape") {
        const Shape& shape = input(0).shape;
        const auto count = static_cast<std::int64_t>(shape.size());
        const auto placed = [&](std::int64_t at) {
            return std::clamp<std::int64_t>(at < 0 ? at + count : at, 0, count);
        };
        const auto begin = placed(whole("start", 0)), end = std::max(begin, placed(whole("end", count)));
        return give(whole_tensor({shape.begin() + begin, shape.begin() + end}, {end - begin})), true;
    }
    for (std::size_t i = 0; i < inputs(); ++i) {
        if (has_input(i) && !input(i).is_constant()) return false;
    }
    return inputs() > 0 && (fold_numbers(op) || fold_places(op));
}

bool OnnxReader::fold_numbers(const std::string& op) {
    const ForeignTensor& x = input(0);
    const auto count = static_cast<std::int64_t>(x.array->values.size());
    if (op == "ConstantOfShape") {
        const Shape shape = numbers(0);
        if (checked_values(shape) > kMostFolded) throw Error("too many numbers");
        const auto* value = attribute("value");
        const ForeignTensor one = value != nullptr ? read_tensor(value->t()) : ForeignTensor{};
        auto made = std::make_shared<Array>();
        const auto values = static_cast<std::size_t>(checked_values(shape));
        made->values.assign(values,
                            one.is_constant() && !one.array->values.empty() ? one.array->values[0] : 0);
        if (one.is_constant() && !one.array->whole.empty()) made->whole.assign(values, one.array->whole[0]);
        return give({shape, {}, false, std::move(made)}), true;
    }
    if (op == "Sqrt" && count <= kMostFolded) {
        auto made = std::make_shared<Array>();
        for (const float value : x.array->values) made->values.push_back(std::sqrt(value));
        return give({x.shape, {}, false, std::move(made)}), true;
    }
    if (op == "Cast" || op == "Floor") {
        auto made = std::make_shared<Array>(*x.array);
        if (made->whole.empty() && count <= kMostFolded) {
            for (const float value : made->values)
                made->whole.push_back(std::abs(value) < 1e18F ? static_cast<std::int64_t>(value) : 0);
        }
        return give({x.shape, {}, false, std::move(made)}), true;
    }
    if (op != "Add" && op != "Sub" && op != "Mul" && op != "Div" && op != "Pow") return false;
    const ForeignTensor& y = input(1);
    const auto other = static_cast<std::int64_t>(y.array->values.size());
    if (std::max(count, other) > kMostFolded || (count != other && count != 1 && other != 1) ||
        count * other == 0)
        return false;
    const Shape& shape = count > other || x.shape.size() >= y.shape.size() ? x.shape : y.shape;
    if (op != "Pow" && !x.array->whole.empty() && !y.array->whole.empty())
        return give(whole_tensor(computed(op, x.array->whole, y.array->whole), shape)), true;
    auto made = std::make_shared<Array>();
    made->values = computed(op, x.array->values, y.array->values);
    return give({shape, {}, false, std::move(made)}), true;
}

bool OnnxReader::fold_places(const std::string& op) {
    const ForeignTensor& x = input(0);
    if (op == "Transpose" && x.shape.size() == 2) {
        const Shape order = wholes("perm");
        return give(order == Shape{0, 1} ? x : turned(x)), true;
    }
    if (op != "Concat" && op != "Gather" && op != "Slice") return false;
    if (op == "Concat") {
        std::vector<std::int64_t> all;
        for (std::size_t i = 0; i < inputs(); ++i) {
            const Shape part = numbers(i);
            all.insert(all.end(), part.begin(), part.end());
            if (input(i).shape.size() > 1 || static_cast<std::int64_t>(all.size()) > kMostFolded)
                return false;
        }
        const auto count = static_cast<std::int64_t>(all.size());
        return give(whole_tensor(std::move(all), {count})), true;
    }
    if (op == "Slice") {
        const bool old = opset_ < 10;
        const Shape begin = old ? wholes("starts") : numbers(1), end = old ? wholes("ends") : numbers(2);
        const Shape along = old ? wholes("axes") : has_input(3) ? numbers(3) : Shape();
        const Shape step = !old && has_input(4) ? numbers(4) : Shape{1};
        if (begin.size() != 1 || end.size() != 1 || step.size() != 1 || x.shape.empty() ||
            !(along.empty() || along == Shape{0}))
            return false;
        return give(sliced(x, begin[0], end[0], step[0])), true;
    }
    if (x.shape.size() != 1) return false;
    const Shape from = numbers(0);
    const auto count = static_cast<std::int64_t>(from.size());
    std::vector<std::int64_t> all;
    for (auto at : numbers(1)) {
        at = at < 0 ? at + count : at;
        if (at < 0 || at >= count) throw Error(fmt::format("element {} of {}", at, count));
        all.push_back(from[static_cast<std::size_t>(at)]);
    }
    const Shape shape = input(1).shape;
    return give(whole_tensor(std::move(all), shape)), true;
}

}  // namespace earshot::exchange
