#include "network/engine/engine.h"

#include <algorithm>
#include <utility>

namespace earshot::network::engine {
namespace {

constexpr std::size_t kChunkValues = std::size_t{1}
                                     << 17;  // of one value: half a megabyte stays in the cache
constexpr std::size_t kMaxChunk = 64;        // windows
constexpr std::size_t kAlignment = 16;       // numbers: a cache line

std::size_t aligned(std::size_t values) { return (values + kAlignment - 1) / kAlignment * kAlignment; }

template <class Kind>
const Kind* as(const Node& node) {
    return std::get_if<Kind>(&node.op);
}

}  // namespace

/// Turns a graph into steps, and decides where values are.
class Engine::Plan {
 public:
    Plan(Engine& engine, const Graph& graph, const Weights& weights)
        : engine_(engine),
          graph_(graph),
          weights_(weights),
          uses_(graph.nodes().size()),
          from_(graph.nodes().size()) {
        for (std::size_t i = 0; i < from_.size(); ++i) {
            from_[i] = i;
            for (const auto input : graph[i].inputs) ++uses_[input];
        }
    }

    void make() {
        for (std::size_t i = 1; i < graph_.nodes().size(); ++i) {
            if (from_[i] == i) add(i);
        }
        engine_.result_ = from_[graph_.last()];
        place();
    }

 private:
    /// The one node that uses a value, if it is the only one and no one else needs the value.
    const Node* only_user(std::size_t value, std::size_t& user) const {
        if (uses_[value] != 1) return nullptr;
        for (user = value + 1;; ++user) {
            const auto& inputs = graph_[user].inputs;
            if (std::ranges::find(inputs, value) != inputs.end()) return &graph_[user];
        }
    }

    /// Declares that a node's value is that of another.
    void alias(std::size_t node, std::size_t value) { from_[node] = from_[value]; }

    /// What can run in the same pass as node i, whose values these become.
    Fused fuse(std::size_t i, bool with_norm) {
        Fused fused;
        std::size_t user = 0;
        const Node* next = only_user(i, user);
        if (next != nullptr && with_norm && as<op::BatchNorm>(*next) != nullptr) {
            fused.batch_norm = next;
            alias(user, i);
            next = only_user(user, user);
        }
        const auto* pointwise = next != nullptr ? as<op::Pointwise>(*next) : nullptr;
        if (pointwise != nullptr && pointwise->function == op::Pointwise::Function::relu) {
            fused.relu = true;
            alias(user, i);
        }
        return fused;
    }

    void add(std::size_t i) {
        const Node& node = graph_[i];
        if (as<op::Reshape>(node) != nullptr || as<op::Dropout>(node) != nullptr)
            return alias(i, node.inputs[0]);
        std::vector<const Shape*> inputs;
        for (const auto input : node.inputs) inputs.push_back(&graph_[input].shape);
        const Shapes shapes{inputs, node.shape};
        const Shape& in = *inputs[0];
        StepPointer step;
        std::vector<std::size_t> from = node.inputs;
        if (const auto* linear = as<op::Linear>(node)) {
            step = make_linear(*linear, node, in, fuse(i, false), weights_);
        } else if (const auto* conv = as<op::Conv>(node)) {
            step = make_conv(*conv, node, in, fuse(i, true), weights_);
        } else if (const auto* attention = as<op::Attention>(node)) {
            step = make_attention_at(i, *attention, from);
        } else if (const auto* gru = as<op::Gru>(node)) {
            step = make_gru(*gru, node, in, weights_);
        } else if (as<op::MatMul>(node) != nullptr) {
            step = make_matmul(shapes);
        }
        if (!step) step = make_elementwise(node, shapes, weights_);
        if (!step) step = make_norm(node, in, weights_);
        if (!step) step = make_shaping(node, shapes);
        if (!step) step = make_input(node, in, graph_[node.inputs[0]].views, weights_);
        for (auto& value : from) value = from_[value];
        const bool merges = as<op::MergeViews>(node) != nullptr, views = as<op::Views>(node) != nullptr;
        engine_.steps_.push_back({std::move(step), std::move(from), i, merges || views ? 1 : node.views});
    }

    StepPointer make_attention_at(std::size_t i, const op::Attention& attention,
                                  std::vector<std::size_t>& from) {
        const std::size_t input = from[0];
        const auto* transpose = as<op::Transpose>(graph_[input]);
        const bool transposed = transpose != nullptr && transpose->order == Shape{1, 0} && uses_[input] == 1;
        if (transposed) {
            from[0] = graph_[input].inputs[0];
            // Its step is the last one so far, and nothing else needs it.
            std::erase_if(engine_.steps_, [&](const Planned& planned) { return planned.node == input; });
        }
        std::size_t user = 0;
        const Node* next = only_user(i, user);
        const auto* reduce = next != nullptr ? as<op::Reduce>(*next) : nullptr;
        const bool mean =
            reduce != nullptr && reduce->kind == op::Reduce::Kind::mean && reduce->axes == Shape{0};
        if (mean) alias(user, i);
        return make_attention(attention, graph_[i], graph_[from[0]].shape, transposed, mean, weights_);
    }

    /// Numbers of node i's value for one window of the input.
    std::size_t size(std::size_t i) const {
        return static_cast<std::size_t>(values_of(graph_[i].shape) * graph_[i].views);
    }

    /// Values that are needed at the same time get different places; the others share.
    void place() {
        std::size_t largest = 1;
        std::vector<std::size_t> last_use(graph_.nodes().size());
        for (std::size_t s = 0; s < engine_.steps_.size(); ++s) {
            const Planned& planned = engine_.steps_[s];
            largest = std::max(largest, size(planned.node));
            for (const auto input : planned.inputs) last_use[input] = s;
            engine_.scratch_ = std::max(engine_.scratch_, aligned(planned.step->scratch_values()));
        }
        if (engine_.result_ != 0) last_use[engine_.result_] = engine_.steps_.size();
        engine_.chunk_ = std::clamp<std::size_t>(kChunkValues / largest, 1, kMaxChunk);
        engine_.places_.resize(graph_.nodes().size());
        struct Live {
            std::size_t begin, end, until;
        };
        std::vector<Live> live;  // in rising order
        std::size_t total = 0;
        for (std::size_t s = 0; s < engine_.steps_.size(); ++s) {
            std::erase_if(live, [&](const Live& value) { return value.until < s; });
            const std::size_t node = engine_.steps_[s].node, wanted = aligned(size(node) * engine_.chunk_);
            std::size_t begin = 0;
            auto next = live.begin();
            for (; next != live.end() && next->begin < begin + wanted; ++next) begin = next->end;
            live.insert(next, {begin, begin + wanted, std::max(s, last_use[node])});
            engine_.places_[node] = engine_.scratch_ + begin;
            total = std::max(total, begin + wanted);
        }
        engine_.memory_ = engine_.scratch_ + total;
    }

    Engine& engine_;
    const Graph& graph_;
    const Weights& weights_;
    std::vector<int> uses_;
    std::vector<std::size_t> from_;  // the node whose value a node's is
};

/// A thread's memory, taken from those that are idle and given back.
class Engine::Memory {
 public:
    explicit Memory(const Engine& engine) : engine_(engine) {
        {
            const std::lock_guard lock(engine.mutex_);
            if (!engine.idle_.empty()) {
                values_ = std::move(engine.idle_.back());
                engine.idle_.pop_back();
            }
        }
        if (!values_) values_ = std::make_unique_for_overwrite<float[]>(engine.memory_);
    }
    ~Memory() {
        const std::lock_guard lock(engine_.mutex_);
        engine_.idle_.push_back(std::move(values_));
    }
    Memory(const Memory&) = delete;
    Memory& operator=(const Memory&) = delete;

    float* data() const { return values_.get(); }

 private:
    const Engine& engine_;
    std::unique_ptr<float[]> values_;
};

Engine::Engine(const Graph& graph, const Weights& weights)
    : window_values_(static_cast<std::size_t>(values_of(graph[0].shape))),
      scores_(static_cast<std::size_t>(values_of(graph.shape()))) {
    Plan(*this, graph, weights).make();
}

Engine::~Engine() = default;

void Engine::run(std::span<const float> windows, std::size_t count, std::span<float> scores) const {
    const Memory memory(*this);
    std::vector<const float*> inputs;
    for (std::size_t first = 0; first < count; first += chunk_) {
        const auto some = std::min(chunk_, count - first);
        const float* const in = windows.data() + first * window_values_;
        const auto value = [&](std::size_t node) -> const float* {
            return node == 0 ? in : memory.data() + places_[node];
        };
        for (const Planned& planned : steps_) {
            inputs.clear();
            for (const auto input : planned.inputs) inputs.push_back(value(input));
            planned.step->run(inputs, memory.data() + places_[planned.node],
                              static_cast<std::int64_t>(some) * planned.views, memory.data());
        }
        std::copy_n(value(result_), some * scores_, scores.data() + first * scores_);
    }
}

}  // namespace earshot::network::engine
