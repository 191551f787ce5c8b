#include "tools/record/list.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "capture/list_devices.h"

namespace earshot::tools {

Exit list_devices(Context& context) {
    std::vector<std::string> why_none;
    const auto devices = earshot::capture::list_devices(why_none);
    std::size_t width = 6;
    for (const auto& device : devices) width = std::max(width, device.name.size());
    const auto line = [&](const std::string& name, const std::string& rates, const std::string& channels,
                          const std::string& description) {
        context.out.write(
            fmt::format("{:<{}}  {:>12}  {:>8}  {}\n", name, width, rates, channels, description));
    };
    if (!devices.empty()) line("device", "rate Hz", "channels", "");
    for (const auto& device : devices)
        line(device.name, device.rates, device.channels,
             device.description + (device.is_default ? " (default)" : ""));
    if (devices.empty()) context.console.note("No devices to record from.");
    for (const auto& why : why_none)
        devices.empty() ? context.console.note("  " + why) : context.console.detail(why);
    return Exit::ok;
}

}  // namespace earshot::tools
