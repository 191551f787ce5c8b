#include "audio/length.h"

#include "support/interrupt.h"

namespace earshot::audio {

namespace {

std::unique_ptr<Source> open_one_channel(const std::string& path) {
    SourceOptions options;
    options.channels = {ChannelChoice::Kind::one, 0};
    return open_source(path, options);
}

Length decode_to_the_end(Source& source) {
    std::size_t frames = 0;
    while (true) {
        const auto block = source.read(std::size_t{1} << 14);
        if (block.empty()) break;
        frames += block.size();
        check_interrupt();
    }
    const auto damage = source.damage();
    return {static_cast<double>(frames) / source.format().rate_hz, {damage.begin(), damage.end()}};
}

}  // namespace

Length measure_length(const std::string& path) {
    const auto source = open_one_channel(path);
    const auto frames = source->frames();
    return frames ? Length{static_cast<double>(*frames) / source->format().rate_hz, {}}
                  : decode_to_the_end(*source);
}

Length decode_length(const std::string& path) { return decode_to_the_end(*open_one_channel(path)); }

}  // namespace earshot::audio
