#include "audio/length.h"

#include "support/interrupt.h"

namespace earshot {

Length measure_length(const std::string& path) {
    SourceOptions options;
    options.channels = {ChannelChoice::Kind::one, 0};
    const auto source = open_source(path, options);
    const double rate_hz = source->format().rate_hz;
    if (const auto frames = source->frames()) return {static_cast<double>(*frames) / rate_hz, {}};
    std::size_t frames = 0;
    while (true) {
        const auto block = source->read(std::size_t{1} << 14);
        if (block.empty()) break;
        frames += block.size();
        check_interrupt();
    }
    const auto damage = source->damage();
    return {static_cast<double>(frames) / rate_hz, {damage.begin(), damage.end()}};
}

}  // namespace earshot
