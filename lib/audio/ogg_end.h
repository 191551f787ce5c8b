#pragma once

#include "audio/byte_input.h"

namespace earshot::audio {

/// True if an Ogg file ends with a whole page that is marked as the last (RFC 3533, 6). Ignores what follows
/// that page. The input must support seeking.
bool ends_with_last_ogg_page(ByteInput& input);

}  // namespace earshot::audio
