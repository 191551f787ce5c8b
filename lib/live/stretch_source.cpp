#include "live/stretch_source.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "support/error.h"

namespace earshot::live {
namespace {

using namespace std::chrono_literals;

constexpr auto kTurn = 50ms;
constexpr std::size_t kFirstBlock = 8192;

}  // namespace

StretchSource::StretchSource(capture::LiveSource& source, std::function<bool()> turn,
                             std::optional<double> duration_s)
    : source_(source), turn_(std::move(turn)) {
    if (duration_s) end_ = std::llround(*duration_s * source.format().rate_hz);
}

void StretchSource::stop() {
    stopped_ = true;
    held_ = {};
}

bool StretchSource::next() {
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
    if (held_.empty()) {
        if (wait(false) != Wait::sound) return false;
        held_ = fetch(kFirstBlock);
        if (held_.empty()) return false;
    }
    start_ = source_.time().position;
    gap_ = source_.time().gap;
    return true;
}

std::span<const float> StretchSource::read(std::size_t max_frames) {
    if (!held_.empty()) {
        turn_();
        const auto block = held_.first(std::min(held_.size(), max_frames));
        held_ = held_.subspan(block.size());
        return block;
    }
    if (wait(true) != Wait::sound) return {};
    std::span<const float> block;
    try {
        block = fetch(max_frames);
    } catch (const Error&) {
        failure_ = std::current_exception();
    }
    if (block.empty() || !source_.time().gap) return block;
    held_ = block;  // of the next stretch
    return {};
}

StretchSource::Wait StretchSource::wait(bool in_stretch) {
    while (true) {
        const bool goes_on = turn_();
        if (stopped_) return Wait::end;
        if (!goes_on && in_stretch) return Wait::stretch_ends;
        switch (source_.wait(kTurn)) {
            case capture::LiveSource::Arrival::sound:
                return Wait::sound;
            case capture::LiveSource::Arrival::end:
                return Wait::sound;  // read() returns the end
            case capture::LiveSource::Arrival::nothing_yet:
                // Do not let the last sound wait for more.
                if (in_stretch && (source_.is_paused() || source_.is_lost())) return Wait::stretch_ends;
        }
    }
}

std::span<const float> StretchSource::fetch(std::size_t max_frames) {
    const auto block = source_.read(max_frames);
    if (!end_) return block;
    const auto left = std::max<std::int64_t>(0, *end_ - source_.time().position);
    if (static_cast<std::int64_t>(block.size()) < left) return block;
    stopped_ = true;
    return block.first(static_cast<std::size_t>(left));
}

}  // namespace earshot::live
