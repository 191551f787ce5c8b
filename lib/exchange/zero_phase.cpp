#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "exchange/transform_nodes.h"

namespace earshot::exchange {
namespace {

using Sections = std::span<const frontend::ZeroPhaseFilter::Section>;
using State = std::vector<double>;  // two numbers a section

/// One sample through all sections, as ZeroPhaseFilter does it.
double filtered(Sections sections, State& state, double x) {
    for (std::size_t k = 0; k < sections.size(); ++k) {
        const auto& s = sections[k];
        double &z1 = state[2 * k], &z2 = state[2 * k + 1];
        const double in = s.b * x, y = in + z1;
        z1 = z2 - s.a1 * y;
        z2 = -in - s.a2 * y;
        x = y;
    }
    return x;
}

/// One way through a signal, block by block. States are rows of S numbers.
class BlockFilter {
 public:
    BlockFilter(OnnxBuilder& b, Sections sections, std::int64_t length)
        : b_(b),
          length_(length),
          block_(std::max<std::int64_t>(16, std::llround(std::sqrt(static_cast<double>(length))))),
          blocks_((length + block_ - 1) / block_),
          states_(2 * static_cast<std::int64_t>(sections.size())),
          first_(static_cast<std::size_t>(states_)) {
        measure(sections);
        // In the steady state of a constant a band-pass gives nothing: only the first section holds
        // something.
        first_[0] = first_[1] = -sections.front().b;
        samples_to_samples_ = b_.doubles(response_, {block_, block_});
        samples_to_state_ = b_.doubles(drive_, {block_, states_});
        state_to_samples_ = b_.doubles(ringing_, {states_, block_});
        steady_ = b_.doubles(first_, {1, states_});
    }

    /// @param x  [pieces, length]
    Value pass(const Value& x) {
        const Value start = b_.product(b_.slice(x, 1, 0, 1), steady_);  // [pieces, S]
        const std::int64_t missing = blocks_ * block_ - length_;
        const Value whole = missing > 0 ? b_.node("Pad", {x, b_.whole({0, 0, 0, missing})}) : x;
        const Value blocks = b_.reshape(whole, {-1, blocks_, block_});
        const Value states = states_before(b_.unsqueeze(start, 1), b_.product(blocks, samples_to_state_));
        const Value y =
            b_.add(b_.product(blocks, samples_to_samples_), b_.product(states, state_to_samples_));
        return b_.slice(b_.reshape(y, {-1, blocks_ * block_}), 1, 0, length_);
    }

 private:
    /// The state before each block: s_0 = start, s_j+1 = s_j P + what block j adds. Doubling sums of 1, 2, 4
    /// ... of them takes few steps.
    Value states_before(const Value& start, const Value& added) {
        Value sums = blocks_ > 1 ? b_.concat({start, b_.slice(added, 1, 0, blocks_ - 1)}, 1) : start;
        std::vector<double> power = decay_;
        for (std::int64_t apart = 1; apart < blocks_; apart *= 2) {
            const Value earlier =
                b_.node("Pad", {b_.slice(sums, 1, 0, blocks_ - apart), b_.whole({0, apart, 0, 0, 0, 0})});
            sums = b_.add(sums, b_.product(earlier, b_.doubles(power, {states_, states_})));
            power = squared(power);
        }
        return sums;
    }

    std::vector<double> squared(const std::vector<double>& matrix) const {
        const auto n = static_cast<std::size_t>(states_);
        std::vector<double> product(matrix.size());
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t k = 0; k < n; ++k)
                for (std::size_t j = 0; j < n; ++j)
                    product[i * n + j] += matrix[i * n + k] * matrix[k * n + j];
        return product;
    }

    /// The filter's matrices, from what it does to an impulse and to each state.
    void measure(Sections sections) {
        const auto size = static_cast<std::size_t>(block_), n = static_cast<std::size_t>(states_);
        response_.resize(size * size);
        drive_.resize(size * n);
        State state(n);
        for (std::size_t t = 0; t < size; ++t) {
            const double y = filtered(sections, state, t == 0 ? 1 : 0);
            for (std::size_t i = 0; i + t < size; ++i) response_[i * size + i + t] = y;
            std::ranges::copy(state, drive_.begin() + static_cast<std::ptrdiff_t>((size - 1 - t) * n));
        }
        for (std::size_t s = 0; s < n; ++s) {
            std::ranges::fill(state, 0.0);
            state[s] = 1;
            for (std::size_t t = 0; t < size; ++t) ringing_.push_back(filtered(sections, state, 0));
            decay_.insert(decay_.end(), state.begin(), state.end());
        }
    }

    OnnxBuilder& b_;
    std::int64_t length_, block_, blocks_, states_;
    State first_;
    std::vector<double> response_, drive_, ringing_, decay_;
    Value samples_to_samples_, samples_to_state_, state_to_samples_, steady_;
};

}  // namespace

Value zero_phase(OnnxBuilder& b, const Value& pieces, std::int64_t length,
                 const frontend::ZeroPhaseFilter& filter) {
    const auto pad = static_cast<std::int64_t>(filter.padding());
    std::vector<std::int64_t> before, after;
    for (std::int64_t i = 0; i < pad; ++i) {
        before.push_back(pad - i);
        after.push_back(length - 2 - i);
    }
    const auto mirrored = [&](std::int64_t about, const std::vector<std::int64_t>& samples) {
        const Value end = b.slice(pieces, 1, about, about + 1);
        return b.subtract(b.add(end, end), b.gather(pieces, b.whole(samples), 1));
    };
    Value x = b.concat({mirrored(0, before), pieces, mirrored(length - 1, after)}, 1);
    const std::int64_t whole = length + 2 * pad;
    BlockFilter blocks(b, filter.sections(), whole);
    std::vector<std::int64_t> backwards;
    for (std::int64_t i = whole; i-- > 0;) backwards.push_back(i);
    const Value order = b.whole(backwards);
    for (int way = 0; way < 2; ++way) x = b.gather(blocks.pass(x), order, 1);
    return b.slice(x, 1, pad, pad + length);
}

}  // namespace earshot::exchange
