#include "frontend/embedding.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "frontend/or_reset.h"
#include "frontend/settings.h"
#include "support/error.h"

namespace earshot::frontend {
namespace {

using Json = nlohmann::ordered_json;

/// The key that files without rounded weights leave out.
constexpr const char* kWeights = "weights";

struct EmbeddingSettings {
    std::string network, file, hash, result;
    std::int64_t frames = 0, hop = 0, steps = 0, dimension = 0;
    double pad_s = 0;
    network::Precision weights = network::Precision::float32;
    Json input;
};

/// All but `input`.
std::vector<Setting> settings_of(EmbeddingSettings& s) {
    constexpr std::int64_t kMost = 1 << 20;
    return {{"network", any_text(s.network), "", ""},
            {"file", any_text(s.file), "", ""},
            {"hash", any_text(s.hash), "", ""},
            {"result", any_text(s.result), "", ""},
            {"frames", whole_in(s.frames, 1, kMost), "", ""},
            {"hop", whole_in(s.hop, 1, kMost), "", ""},
            {"steps", whole_in(s.steps, 1, kMost), "", ""},
            {"dimension", whole_in(s.dimension, 1, kMost), "", ""},
            {"pad_s", number_in(s.pad_s, 0, 60), "", ""},
            {kWeights, network::precision_in(s.weights), "", ""}};
}

/// The name is that of a file, and beside a dataset others have written it.
void check_network_name(const std::string& name) {
    const auto plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
               c == '_' || c == '.';
    };
    if (name.empty() || name.size() > 64 || name[0] == '.' || !std::ranges::all_of(name, plain))
        throw Error("front end: network should be a name of letters, digits, - and _");
}

EmbeddingSettings read_embedding(const Json& json) {
    if (!json.is_object() || !json.contains("input")) throw Error("front end: setting input is missing");
    EmbeddingSettings s;
    Json others = json;
    others.erase("input");
    if (!others.contains(kWeights)) others[kWeights] = "float32";
    read_frontend(others, settings_of(s));
    s.input = json.at("input");
    check_network_name(s.network);
    if (is_embedding(s.input)) throw Error("front end: input is an embedding itself");
    if (s.hop > s.frames)
        throw Error(
            fmt::format("front end: hop is {}, must be 1 to {}, the frames of a window", s.hop, s.frames));
    if (s.hop % s.steps != 0)
        throw Error(fmt::format("front end: hop is {}, must be a multiple of {}, the vectors of a window",
                                s.hop, s.steps));
    return s;
}

class Embedding final : public Frontend {
 public:
    Embedding(EmbeddingSettings settings, std::shared_ptr<const Pretrained> pretrained)
        : settings_(std::move(settings)),
          pretrained_(std::move(pretrained)),
          input_(make_frontend(settings_.input)),
          values_(input_->dimension()),
          pad_(static_cast<std::size_t>(std::llround(settings_.pad_s * input_->rate_hz()))) {
        if (lead_s() >= window_s())
            throw Error(fmt::format("front end: pad_s is {}, must be less than the {} s of a vector",
                                    settings_.pad_s, window_s()));
    }

    int rate_hz() const override { return input_->rate_hz(); }
    std::size_t dimension() const override { return static_cast<std::size_t>(settings_.dimension); }
    double hop_s() const override {
        return static_cast<double>(settings_.hop) / static_cast<double>(settings_.steps) * input_->hop_s();
    }
    /// Of the frames that one of the window's vectors covers if they begin hop / steps apart, the first with
    /// the window, and the last ends with it.
    double window_s() const override {
        const std::int64_t frames =
            settings_.frames - (settings_.steps - 1) * (settings_.hop / settings_.steps);
        return static_cast<double>(frames - 1) * input_->hop_s() + input_->window_s();
    }

    double lead_s() const override { return static_cast<double>(pad_) / input_->rate_hz(); }

    void push(std::span<const float> samples, const FrameSink& sink) override {
        or_reset(*this, [&] {
            begin();
            input_->push(samples, collector());
            if (windows_there() >= most_windows()) give(sink);
        });
    }
    void flush(const FrameSink& sink) override {
        or_reset(*this, [&] {
            input_->flush(collector());
            give(sink);
        });
    }
    void finish(const FrameSink& sink) override {
        or_reset(*this, [&] {
            begin();
            input_->push(std::vector<float>(pad_), collector());
            input_->finish(collector());
            give(sink);
        });
        reset();
    }
    void reset() override {
        input_->reset();
        rows_.clear();
        skip_ = windows_ = 0;
        begun_ = false;
    }

    Json settings() const override {
        auto s = settings_;
        Json json = frontend_json("embedding", settings_of(s));
        if (s.weights == network::Precision::float32) json.erase(kWeights);
        json["input"] = settings_.input;
        return json;
    }

 private:
    static constexpr std::size_t kMostWindows = 64, kMostValues = std::size_t{1} << 22;  // at once

    std::size_t windows_there() const {
        const std::size_t rows = rows_.size() / values_, frames = static_cast<std::size_t>(settings_.frames);
        return rows < frames ? 0 : (rows - frames) / static_cast<std::size_t>(settings_.hop) + 1;
    }

    /// Windows at once, fewer where they or their vectors are large.
    std::size_t most_windows() const {
        const std::size_t values = static_cast<std::size_t>(settings_.frames) * values_;
        const std::size_t vectors = static_cast<std::size_t>(settings_.steps) * dimension();
        return std::clamp<std::size_t>(kMostValues / std::max(values, vectors), 1, kMostWindows);
    }

    void begin() {
        if (!pretrained_)
            throw Error(fmt::format("the network {} is missing, which makes the frames", settings_.network));
        if (begun_) return;
        begun_ = true;
        input_->push(std::vector<float>(pad_), collector());
    }

    /// Keeps frames from the next window on.
    FrameSink collector() {
        return [this](std::span<const float> frame, double) {
            if (skip_ > 0)
                --skip_;
            else
                rows_.insert(rows_.end(), frame.begin(), frame.end());
        };
    }

    /// Gives the vectors of all windows that are whole.
    void give(const FrameSink& sink) {
        const auto hop = static_cast<std::size_t>(settings_.hop);
        std::size_t first = 0;  // frame of the next window
        for (std::size_t left = windows_there(); left > 0;) {
            const std::size_t together = pretrained_->long_windows(left);
            const std::size_t count = together > 0 ? together : std::min(most_windows(), left);
            vectors_.resize(count * static_cast<std::size_t>(settings_.steps) * dimension());
            if (together > 0)
                pretrained_->run_long(rows_of(first, (count - 1) * hop), count, vectors_);
            else
                pretrained_->run(copied_windows(first, count), count, vectors_);
            give_vectors(count, sink);
            first += count * hop;
            left -= count;
        }
        const std::size_t gone = std::min(first, rows_.size() / values_);
        rows_.erase(rows_.begin(), rows_.begin() + static_cast<std::ptrdiff_t>(gone * values_));
        skip_ += static_cast<std::int64_t>(first - gone);
    }

    /// A window's frames from `first` on, and so many more.
    std::span<const float> rows_of(std::size_t first, std::size_t more) const {
        return std::span(rows_).subspan(first * values_,
                                        (static_cast<std::size_t>(settings_.frames) + more) * values_);
    }

    std::span<const float> copied_windows(std::size_t first, std::size_t count) {
        windows_of_rows_.clear();
        for (std::size_t i = 0; i < count; ++i) {
            const auto window = rows_of(first + i * static_cast<std::size_t>(settings_.hop), 0);
            windows_of_rows_.insert(windows_of_rows_.end(), window.begin(), window.end());
        }
        return windows_of_rows_;
    }

    void give_vectors(std::size_t count, const FrameSink& sink) {
        const auto steps = static_cast<std::size_t>(settings_.steps), size = dimension();
        for (std::size_t i = 0; i < count * steps; ++i) {
            const std::span<const float> vector = std::span(vectors_).subspan(i * size, size);
            const double onset =
                static_cast<double>(windows_ * settings_.steps + static_cast<std::int64_t>(i)) * hop_s() -
                lead_s();
            if (!std::ranges::all_of(vector, [](float value) { return std::isfinite(value); }))
                throw Error(fmt::format("the network {} gives numbers that are not finite at {:.3f} s",
                                        settings_.network, std::max(onset, 0.0)));
            sink(vector, onset);
        }
        windows_ += static_cast<std::int64_t>(count);
    }

    EmbeddingSettings settings_;
    std::shared_ptr<const Pretrained> pretrained_;
    std::unique_ptr<Frontend> input_;
    std::size_t values_, pad_;
    std::vector<float> rows_, windows_of_rows_, vectors_;
    std::int64_t skip_ = 0;     // frames between two windows that no window needs
    std::int64_t windows_ = 0;  // since the recording began
    bool begun_ = false;
};

}  // namespace

std::unique_ptr<Frontend> make_embedding(const Json& settings, std::shared_ptr<const Pretrained> pretrained) {
    auto made = std::make_unique<Embedding>(read_embedding(settings), pretrained);
    if (pretrained && made->settings() != pretrained->settings()) {
        throw Error(fmt::format("front end: another network than that of the frames: {}",
                                frontend_difference(pretrained->settings(), made->settings())));
    }
    return made;
}

EmbeddingShape embedding_shape(const Json& settings) {
    if (!is_embedding(settings)) throw Error("front end: not an embedding");
    const EmbeddingSettings s = read_embedding(settings);
    return {s.frames,    static_cast<std::int64_t>(make_frontend(s.input)->dimension()),
            s.hop,       s.steps,
            s.dimension, s.weights};
}

}  // namespace earshot::frontend
