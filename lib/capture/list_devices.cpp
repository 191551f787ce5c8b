#include "capture/list_devices.h"

#include <fmt/format.h>

#include <iterator>
#include <string_view>

#include "capture/alsa_library.h"
#include "capture/pulse_server.h"

namespace earshot::capture {
namespace {

std::string range(unsigned low, unsigned high) {
    return low == high ? fmt::format("{}", low) : fmt::format("{}-{}", low, high);
}

struct PulseList {
    std::vector<DeviceInfo> sources;
    std::string default_name;
    int answers = 0;
};

std::vector<DeviceInfo> list_pulse() {
    PulseServer server("the sound server", {});
    PulseList list;
    const auto receive_server = [](pa_context*, const pa_server_info* info, void* user) {
        auto& found = *static_cast<PulseList*>(user);
        if (info && info->default_source_name) found.default_name = info->default_source_name;
        ++found.answers;
    };
    const auto receive_source = [](pa_context*, const pa_source_info* info, int end, void* user) {
        auto& found = *static_cast<PulseList*>(user);
        if (end != 0) ++found.answers;
        if (end != 0 || !info) return;
        found.sources.push_back({fmt::format("pulse:{}", info->name),
                                 info->description ? info->description : "",
                                 fmt::format("{}", info->sample_spec.rate),
                                 fmt::format("{}", info->sample_spec.channels), false});
    };
    const PulsePtr<pa_operation> first(pa_context_get_server_info(server.context(), receive_server, &list));
    const PulsePtr<pa_operation> second(
        pa_context_get_source_info_list(server.context(), receive_source, &list));
    server.wait_until([&] { return list.answers >= 2; });
    for (DeviceInfo& source : list.sources) source.is_default = source.name == "pulse:" + list.default_name;
    return std::move(list.sources);
}

/// Adds the ranges of a device, unless another program is using it.
void add_ranges(DeviceInfo& device, const std::string& hardware) {
    snd_pcm_t* opened = nullptr;
    if (snd_pcm_open(&opened, hardware.c_str(), SND_PCM_STREAM_CAPTURE, SND_PCM_NONBLOCK) < 0) {
        device.rates = device.channels = "busy";
        return;
    }
    const AlsaPtr<snd_pcm_t> pcm(opened);
    snd_pcm_hw_params_t* hw = nullptr;
    snd_pcm_hw_params_alloca(&hw);
    if (snd_pcm_hw_params_any(opened, hw) < 0) return;
    unsigned low = 0, high = 0;
    snd_pcm_hw_params_get_rate_min(hw, &low, nullptr);
    snd_pcm_hw_params_get_rate_max(hw, &high, nullptr);
    device.rates = range(low, high);
    snd_pcm_hw_params_get_channels_min(hw, &low);
    snd_pcm_hw_params_get_channels_max(hw, &high);
    device.channels = range(low, high);
}

void list_card(int card, std::vector<DeviceInfo>& devices) {
    snd_ctl_t* opened = nullptr;
    if (snd_ctl_open(&opened, fmt::format("hw:{}", card).c_str(), SND_CTL_NONBLOCK) < 0) return;
    const AlsaPtr<snd_ctl_t> control(opened);
    snd_ctl_card_info_t* card_info = nullptr;
    snd_ctl_card_info_alloca(&card_info);
    snd_pcm_info_t* info = nullptr;
    snd_pcm_info_alloca(&info);
    if (snd_ctl_card_info(opened, card_info) < 0) return;
    for (int number = -1; snd_ctl_pcm_next_device(opened, &number) >= 0 && number >= 0;) {
        snd_pcm_info_set_device(info, static_cast<unsigned>(number));
        snd_pcm_info_set_subdevice(info, 0);
        snd_pcm_info_set_stream(info, SND_PCM_STREAM_CAPTURE);
        if (snd_ctl_pcm_info(opened, info) < 0) continue;  // playback only
        DeviceInfo device;
        device.name = fmt::format("alsa:plughw:{},{}", snd_ctl_card_info_get_id(card_info), number);
        device.description =
            fmt::format("{}, {}", snd_ctl_card_info_get_name(card_info), snd_pcm_info_get_name(info));
        add_ranges(device, fmt::format("hw:{},{}", card, number));
        devices.push_back(std::move(device));
    }
}

}  // namespace

std::vector<DeviceInfo> list_devices(std::vector<std::string>& why_none) {
    std::vector<DeviceInfo> devices;
    try {
        devices = list_pulse();
        if (devices.empty()) why_none.emplace_back("the sound server has no source");
    } catch (const Error& error) {
        why_none.emplace_back(error.what());
    }
    silence_alsa();
    const std::size_t before = devices.size();
    for (int card = -1; snd_card_next(&card) >= 0 && card >= 0;) list_card(card, devices);
    if (devices.size() == before) why_none.emplace_back("ALSA has no capture device");
    return devices;
}

}  // namespace earshot::capture
