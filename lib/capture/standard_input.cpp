#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>

#include "audio/pcm_decoder.h"
#include "capture/source_device.h"
#include "support/descriptor.h"
#include "support/error.h"
#include "support/interrupt.h"

namespace earshot::capture {
namespace {

constexpr std::size_t kBlockFrames = 4096;
constexpr std::size_t kHeaderBytes = 4096;  // that are looked at
constexpr int kPoll_ms = 200;

/// Read no faster than it is taken.
class StandardInput : public SourceDevice {
 public:
    explicit StandardInput(std::unique_ptr<audio::Source> source) { source_ = std::move(source); }
    bool can_wait() const override { return true; }
    DeviceBlock read() override { return next(kBlockFrames); }
};

void wait_for_input() {
    pollfd input{STDIN_FILENO, POLLIN, 0};
    while (::poll(&input, 1, kPoll_ms) <= 0) check_interrupt();
}

/// What a pipe begins with, in a pipe of its own, so that none of it is taken.
Descriptor copy_of_beginning() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw system_error("cannot make a pipe");
    Descriptor reading(ends[0]);
    const Descriptor writing(ends[1]);
    wait_for_input();
    if (::tee(STDIN_FILENO, writing.get(), kHeaderBytes, 0) <= 0) return {};
    return reading;
}

}  // namespace

std::unique_ptr<Device> device_of(std::unique_ptr<audio::Source> standard_input) {
    return std::make_unique<StandardInput>(std::move(standard_input));
}

bool standard_input_is_pcm(const std::optional<audio::RawFormat>& raw) {
    struct stat info {};
    if (::fstat(STDIN_FILENO, &info) != 0 || !S_ISFIFO(info.st_mode)) return false;
    const Descriptor copy = copy_of_beginning();
    if (!copy) return false;
    audio::ByteInput beginning(fmt::format("/dev/fd/{}", copy.get()));
    return audio::find_pcm_layout(beginning, raw).has_value();
}

std::unique_ptr<Device> open_pcm_input(const DeviceRequest& request) {
    auto bytes = std::make_unique<audio::ByteInput>("-", request.stop);
    const auto layout = audio::find_pcm_layout(*bytes, request.raw);
    if (!layout) throw Error(fmt::format("{}: not PCM", bytes->name()));
    const audio::ChannelChoice all{audio::ChannelChoice::Kind::all, 0};
    return device_of(std::make_unique<audio::PcmDecoder>(std::move(bytes), *layout, all));
}

}  // namespace earshot::capture
