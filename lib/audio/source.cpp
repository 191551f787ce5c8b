#include "audio/source.h"

#include <algorithm>

namespace earshot::audio {

std::size_t Source::read_into(std::span<float> destination) {
    const auto block = read(destination.size() / static_cast<std::size_t>(format().channels));
    std::ranges::copy(block, destination.begin());
    return block.size();
}

}  // namespace earshot::audio
