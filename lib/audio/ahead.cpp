#include "audio/ahead.h"

#include <algorithm>
#include <utility>

#include "support/denormals.h"

namespace earshot::audio {
namespace {

/// Waking the other thread costs some 30 µs if its processor sleeps: for 10 minutes of 44.1 kHz, blocks of
/// 16384 samples take 50 ms of processor time, these take 30.
constexpr std::size_t kBlockSamples = 131072;

}  // namespace

AheadSource::AheadSource(std::unique_ptr<Source> source)
    : source_(std::move(source)), format_(source_->format()), frames_(source_->frames()) {
    const auto channels = static_cast<std::size_t>(format_.channels);
    const std::size_t samples = std::max<std::size_t>(1, kBlockSamples / channels) * channels;
    for (std::size_t i = 0; i < kBlocks; ++i) empty_.push({std::vector<float>(samples), 0});
    thread_ = std::jthread([this] { run(); });
}

AheadSource::~AheadSource() {
    empty_.close();
    full_.close();
}

void AheadSource::run() {
    flush_denormals_to_zero();
    while (auto block = empty_.pop()) {
        std::exception_ptr failure;
        try {
            fill(*block);
        } catch (...) {
            failure = std::current_exception();
        }
        const bool end = failure || block->size == 0;
        if (block->size > 0) full_.push(std::move(*block));  // also what was read before a failure
        if (end) return full_.fail(failure);
    }
}

void AheadSource::fill(Block& block) {
    block.size = 0;
    while (block.size < block.samples.size()) {
        const auto got = source_->read_into(std::span(block.samples).subspan(block.size));
        if (got == 0) return;
        block.size += got;
    }
}

std::span<const float> AheadSource::read(std::size_t max_frames) {
    if (pending_.empty()) {
        if (!current_.samples.empty()) empty_.push(std::exchange(current_, {}));
        auto next = full_.pop();
        if (!next) {
            if (damage_.empty()) damage_.assign(source_->damage().begin(), source_->damage().end());
            return {};
        }
        current_ = std::move(*next);
        pending_ = std::span(current_.samples).first(current_.size);
    }
    const auto block =
        pending_.first(std::min(pending_.size(), max_frames * static_cast<std::size_t>(format_.channels)));
    pending_ = pending_.subspan(block.size());
    return block;
}

}  // namespace earshot::audio
