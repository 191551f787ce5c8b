#include <fmt/format.h>

#include <algorithm>

#include "exchange/tflite_reader.h"
#include "support/error.h"

namespace earshot::exchange {
namespace {

namespace op = network::op;

}  // namespace

void TfliteReader::reshape() {
    Shape shape;
    if (has_input(1)) {
        shape = numbers(1);
    } else if (options()) {
        for (const auto size : options()->wholes(0)) shape.push_back(size);
    }
    const std::int64_t values = network::values_of(input(0).shape);
    const auto open = std::ranges::find(shape, -1);
    if (open != shape.end()) {
        *open = 1;
        const std::int64_t others = checked_values(shape);
        if (others < 1 || values % others != 0) throw Error("a shape that does not fit");
        *open = values / others;
    }
    give(maker_->reshape(input(0), shape));
}

void TfliteReader::squeeze() {
    Shape shape, gone;
    if (options()) {
        for (const auto given : options()->wholes(0)) gone.push_back(axis(given, input(0)));
    }
    for (std::size_t d = 0; d < input(0).shape.size(); ++d) {
        const bool goes = gone.empty() ? input(0).shape[d] == 1
                                       : std::ranges::find(gone, static_cast<std::int64_t>(d)) != gone.end();
        if (!goes) shape.push_back(input(0).shape[d]);
    }
    give(maker_->reshape(input(0), shape));
}

void TfliteReader::expand_dims() {
    Shape shape = input(0).shape;
    const auto dimensions = static_cast<std::int64_t>(shape.size());
    const Shape given = numbers(1);
    const std::int64_t at = given[0] < 0 ? given[0] + dimensions + 1 : given[0];
    if (at < 0 || at > dimensions) throw Error(fmt::format("axis {} of {}", given[0], shape_text(shape)));
    shape.insert(shape.begin() + at, 1);
    give(maker_->reshape(input(0), shape));
}

void TfliteReader::transpose() {
    Shape order = numbers(1), sorted = order;
    std::ranges::sort(sorted);
    for (std::size_t d = 0; d < input(0).shape.size(); ++d) {
        if (sorted.size() != input(0).shape.size() || sorted[d] != static_cast<std::int64_t>(d))
            throw Error("no order of its dimensions");
    }
    give(maker_->transpose(input(0), order));
}

void TfliteReader::concatenation() {
    std::vector<ForeignTensor> parts;
    for (std::size_t i = 0; i < inputs(); ++i) parts.push_back(input(i));
    if (parts.empty()) throw Error("an input is missing");
    give_activated(maker_->concat(parts, axis(option(0), parts.front())), 1);
}

void TfliteReader::split() {
    const ForeignTensor& x = input(1);
    const std::int64_t along = axis(numbers(0)[0], x),
                       parts = static_cast<std::int64_t>(operation_->outputs.size());
    const std::int64_t size = x.shape[static_cast<std::size_t>(along)];
    if (parts < 1 || size % parts != 0) throw Error("parts of different sizes");
    for (std::int64_t i = 0; i < parts; ++i)
        give(maker_->slice(x, along, i * (size / parts), (i + 1) * (size / parts)),
             static_cast<std::size_t>(i));
}

void TfliteReader::slice() {
    const Shape begin = numbers(1), size = numbers(2);
    ForeignTensor x = input(0);
    if (begin.size() != x.shape.size() || size.size() != x.shape.size())
        throw Error("numbers that do not fit its input");
    for (std::size_t d = 0; d < begin.size(); ++d) {
        const std::int64_t end = size[d] < 0 ? x.shape[d] : begin[d] + std::min(size[d], x.shape[d]);
        x = maker_->slice(x, static_cast<std::int64_t>(d), begin[d], end);
    }
    give(x);
}

void TfliteReader::strided_slice() {
    const Shape begin = numbers(1), end = numbers(2), step = numbers(3);
    ForeignTensor x = input(0);
    if (begin.size() > x.shape.size() || end.size() != begin.size() || step.size() != begin.size())
        throw Error("numbers that do not fit its input");
    if (option(2) != 0 || option(3) != 0) throw Error("new dimensions, which earshot does not add here");
    Shape shape;
    for (std::size_t d = 0; d < x.shape.size(); ++d) {
        const std::int64_t total = x.shape[d];
        if (d >= begin.size()) {
            shape.push_back(total);
            continue;
        }
        if (step[d] != 1) throw Error("a step other than 1");
        const auto placed = [&](std::int64_t at) {
            return std::clamp<std::int64_t>(at < 0 ? at + total : at, 0, total);
        };
        const bool shrinks = (option(4) >> d & 1) != 0;
        const std::int64_t first = (option(0) >> d & 1) != 0 ? 0 : placed(begin[d]);
        const std::int64_t last = shrinks ? first + 1 : (option(1) >> d & 1) != 0 ? total : placed(end[d]);
        if (x.is_constant()) {
            if (x.shape.size() != 1 || first >= last || last > total || x.array->whole.empty())
                throw Error("a part of an array of the file");
            x = whole_tensor({x.array->whole.begin() + first, x.array->whole.begin() + last}, {last - first});
        } else {
            x = maker_->slice(x, static_cast<std::int64_t>(d), first, last);
        }
        if (!shrinks) shape.push_back(last - first);
    }
    give(maker_->reshape(x, shape));
}

void TfliteReader::pad() {
    const Shape amounts = numbers(1);
    ForeignTensor x = input(0);
    if (amounts.size() != 2 * x.shape.size()) throw Error("numbers that do not fit its input");
    const double value = has_input(2) && input(2).is_constant() ? input(2).array->values.at(0) : 0;
    for (std::size_t d = 0; d < x.shape.size(); ++d)
        x = maker_->pad(x, static_cast<std::int64_t>(d), {amounts[2 * d], amounts[2 * d + 1]},
                        op::Conv::Padding::zeros, value);
    give(x);
}

void TfliteReader::mirror_pad() {
    const Shape amounts = numbers(1);
    ForeignTensor x = input(0);
    if (byte_option(0) != 0 || amounts.size() != 2 * x.shape.size())
        throw Error("padding that earshot does not have");
    for (std::size_t d = 0; d < x.shape.size(); ++d)
        x = maker_->pad(x, static_cast<std::int64_t>(d), {amounts[2 * d], amounts[2 * d + 1]},
                        op::Conv::Padding::reflect, 0);
    give(x);
}

void TfliteReader::resize_nearest() {
    const Shape sizes = numbers(1);
    ForeignTensor x = input(0);
    if (sizes.size() != 2 || x.shape.size() != 4) throw Error("numbers that do not fit its input");
    for (std::size_t d = 0; d < 2; ++d) {
        const std::int64_t size = x.shape[d + 1];
        x = maker_->repeat(x, static_cast<std::int64_t>(d) + 1, sizes[d] % size == 0 ? sizes[d] / size : 0);
    }
    give(x);
}

void TfliteReader::shape() {
    const Shape& sizes = input(0).shape;
    give(whole_tensor(sizes, {static_cast<std::int64_t>(sizes.size())}));
}

void TfliteReader::pack() {
    std::vector<std::int64_t> all;
    for (std::size_t i = 0; i < inputs(); ++i) {
        const Shape one = numbers(i);
        if (one.size() != 1) throw Error("parts that are no single numbers");
        all.push_back(one[0]);
    }
    const auto count = static_cast<std::int64_t>(all.size());
    give(whole_tensor(std::move(all), {count}));
}

void TfliteReader::gather() {
    const ForeignTensor& x = input(0);
    const Shape at = numbers(1);
    const std::int64_t along = axis(option(0), x);
    if (at.size() != 1 || x.is_constant()) throw Error("a choice that is no single element");
    const std::int64_t size = x.shape[static_cast<std::size_t>(along)],
                       from = at[0] < 0 ? at[0] + size : at[0];
    Shape shape = x.shape;
    shape.erase(shape.begin() + along);
    const Shape& indices = input(1).shape;
    if (!indices.empty()) shape.insert(shape.begin() + along, 1);
    give(maker_->reshape(maker_->slice(x, along, from, from + 1), shape));
}

}  // namespace earshot::exchange
