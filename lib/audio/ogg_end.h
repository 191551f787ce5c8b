#pragma once

#include "audio/byte_input.h"

namespace earshot::audio {

/// True if an Ogg file, in an input that can seek, ends with a whole page that says it is the last (RFC 3533,
/// 6). What follows that page does not matter.
bool ends_with_last_ogg_page(ByteInput& input);

}  // namespace earshot::audio
