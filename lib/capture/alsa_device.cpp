#include <alsa/asoundlib.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "capture/alsa_library.h"
#include "capture/device.h"
#include "support/error.h"

namespace earshot::capture {
namespace {

constexpr int kPoll_ms = 200;
constexpr unsigned kUsualRate_hz = 48'000;
constexpr unsigned kManyChannels = 64;  // more than any card has: a plug that offers any number

/// Formats that we convert, best first, and the factor that makes a sample a float.
struct Encoding {
    snd_pcm_format_t format;
    float scale;
};
constexpr std::array kEncodings{Encoding{SND_PCM_FORMAT_FLOAT, 1.0f}, Encoding{SND_PCM_FORMAT_S32, 0x1p-31f},
                                Encoding{SND_PCM_FORMAT_S24, 0x1p-23f},
                                Encoding{SND_PCM_FORMAT_S16, 0x1p-15f}};

class AlsaDevice : public Device {
 public:
    AlsaDevice(const std::string& name, const DeviceRequest& request);

    audio::AudioFormat format() const override { return format_; }
    DeviceBlock read() override;
    bool can_wait() const override { return !paced_; }

 private:
    void configure(const DeviceRequest& request);
    void recover(int error);
    std::span<const float> converted(std::size_t frames);
    void check(int status, const char* what) const {
        if (status < 0) throw Error(fmt::format("{}: {} ({})", name_, what, snd_strerror(status)));
    }

    const std::string name_;
    const bool paced_;
    AlsaPtr<snd_pcm_t> pcm_;
    audio::AudioFormat format_;
    Encoding encoding_ = kEncodings[0];
    std::size_t block_frames_ = 0;
    bool interrupted_ = false;  // samples were lost before the next block
    std::vector<float> samples_;
    std::vector<std::byte> raw_;
};

AlsaDevice::AlsaDevice(const std::string& name, const DeviceRequest& request)
    : name_("alsa:" + name), paced_(request.paced) {
    silence_alsa();
    snd_pcm_t* pcm = nullptr;
    check(snd_pcm_open(&pcm, name.c_str(), SND_PCM_STREAM_CAPTURE, SND_PCM_NONBLOCK), "cannot be opened");
    pcm_.reset(pcm);
    configure(request);
    check(snd_pcm_start(pcm_.get()), "cannot start");
}

void AlsaDevice::configure(const DeviceRequest& request) {
    snd_pcm_hw_params_t* hw = nullptr;
    snd_pcm_hw_params_alloca(&hw);
    snd_pcm_t* const pcm = pcm_.get();
    check(snd_pcm_hw_params_any(pcm, hw), "has no usable configuration");
    check(snd_pcm_hw_params_set_access(pcm, hw, SND_PCM_ACCESS_RW_INTERLEAVED), "cannot be read");
    const auto fits = [&](const Encoding& encoding) {
        return snd_pcm_hw_params_test_format(pcm, hw, encoding.format) == 0;
    };
    const auto encoding = std::ranges::find_if(kEncodings, fits);
    if (encoding == kEncodings.end())
        throw Error(fmt::format("{}: supports neither 16, 24 nor 32 bits (alsa:plughw:... converts)", name_));
    encoding_ = *encoding;
    check(snd_pcm_hw_params_set_format(pcm, hw, encoding_.format), "cannot be read");

    unsigned channels = 0;
    snd_pcm_hw_params_get_channels_max(hw, &channels);
    if (channels > kManyChannels) channels = 1;
    if (request.channels) channels = static_cast<unsigned>(*request.channels);
    if (snd_pcm_hw_params_set_channels(pcm, hw, channels) < 0)
        throw UsageError(
            fmt::format("{}: does not support {} channels (alsa:plughw:... converts)", name_, channels));
    unsigned rate = static_cast<unsigned>(request.rate_hz.value_or(kUsualRate_hz));
    check(snd_pcm_hw_params_set_rate_near(pcm, hw, &rate, nullptr), "does not support this rate");
    format_ = {static_cast<int>(rate), static_cast<int>(channels)};

    // Each block wakes us; the device buffers half a second while this thread is not scheduled.
    auto block = static_cast<snd_pcm_uframes_t>(std::max(16.0, request.block_s * rate));
    check(snd_pcm_hw_params_set_period_size_near(pcm, hw, &block, nullptr),
          "does not support this block size");
    snd_pcm_uframes_t buffer = std::max<snd_pcm_uframes_t>(rate / 2, 4 * block);
    check(snd_pcm_hw_params_set_buffer_size_near(pcm, hw, &buffer), "does not support this buffer size");
    check(snd_pcm_hw_params(pcm, hw), "cannot be configured");
    block_frames_ = static_cast<std::size_t>(block);
    samples_.resize(block_frames_ * channels);
    raw_.resize(samples_.size() * sizeof(float));
}

/// After an overrun or a suspended machine. @throws Error if the device was lost
void AlsaDevice::recover(int error) {
    interrupted_ = true;
    check(snd_pcm_recover(pcm_.get(), error, 1), "the device was lost");
    if (snd_pcm_state(pcm_.get()) != SND_PCM_STATE_RUNNING)
        check(snd_pcm_start(pcm_.get()), "the device was lost");
}

DeviceBlock AlsaDevice::read() {
    const int ready = snd_pcm_wait(pcm_.get(), kPoll_ms);
    if (ready == 0) return {};
    if (ready < 0) {
        recover(ready);
        return {};
    }
    const snd_pcm_sframes_t got = snd_pcm_readi(pcm_.get(), raw_.data(), block_frames_);
    if (got == -EAGAIN || got == 0) return {};
    if (got < 0) {
        recover(static_cast<int>(got));
        return {};
    }
    DeviceBlock block;
    block.samples = converted(static_cast<std::size_t>(got));
    block.discontinuous = std::exchange(interrupted_, false);
    block.end = std::chrono::steady_clock::now();
    snd_pcm_sframes_t waiting = 0;
    if (snd_pcm_delay(pcm_.get(), &waiting) == 0 && waiting > 0)
        block.end -= std::chrono::microseconds(1'000'000 * waiting / format_.rate_hz);
    return block;
}

std::span<const float> AlsaDevice::converted(std::size_t frames) {
    const std::size_t count = frames * static_cast<std::size_t>(format_.channels);
    const auto convert = [&]<class Sample>(Sample) {
        const auto* in = reinterpret_cast<const Sample*>(raw_.data());
        for (std::size_t i = 0; i < count; ++i) samples_[i] = static_cast<float>(in[i]) * encoding_.scale;
    };
    switch (encoding_.format) {
        case SND_PCM_FORMAT_FLOAT:
            std::memcpy(samples_.data(), raw_.data(), count * sizeof(float));
            break;
        case SND_PCM_FORMAT_S16:
            convert(std::int16_t{});
            break;
        case SND_PCM_FORMAT_S24: {  // in the lower three of four bytes; the fourth is undefined
            const auto* in = reinterpret_cast<const std::int32_t*>(raw_.data());
            for (std::size_t i = 0; i < count; ++i)
                samples_[i] =
                    static_cast<float>(static_cast<std::int32_t>(static_cast<std::uint32_t>(in[i]) << 8)) *
                    0x1p-31f;
            break;
        }
        default:
            convert(std::int32_t{});
    }
    return std::span(samples_).first(count);
}

}  // namespace

std::unique_ptr<Device> open_alsa(const std::string& name, const DeviceRequest& request) {
    return std::make_unique<AlsaDevice>(name, request);
}

}  // namespace earshot::capture
