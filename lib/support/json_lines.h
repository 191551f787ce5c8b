#pragma once

#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

#include "support/output.h"

namespace earshot {

/// Rounds to a number of decimals, so that JSON shows 0.9 and not 0.8999999761581421. NaN becomes null.
inline nlohmann::ordered_json rounded(double value, int decimals) {
    if (!std::isfinite(value)) return nullptr;
    const double scale = std::pow(10.0, decimals);
    return std::round(value * scale) / scale;
}

/// One JSON object per line, keys in the order given; flushed line by line when `flush_each` or on a
/// terminal.
class JsonLines {
 public:
    explicit JsonLines(Output& output, bool flush_each = false)
        : output_(output), flush_each_(flush_each || output.is_terminal()) {}

    void write(const nlohmann::ordered_json& row) {
        // Invalid UTF-8 (a file name, say) becomes U+FFFD instead of throwing in the middle of a batch.
        output_.write(row.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
        if (flush_each_) output_.flush();
    }

 private:
    Output& output_;
    bool flush_each_;
};

}  // namespace earshot
