#pragma once

#include <gmock/gmock.h>

#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "label/label_file.h"
#include "unit/label/expect_error.h"

namespace earshot {

inline constexpr double kOpen = std::numeric_limits<double>::infinity();

inline label::Labels parse(label::LabelFormat format, std::string_view text) {
    return label::parse_labels(text, "x", format);
}

/// Of a recording, "" where the format names none.
inline std::vector<label::Event> events(label::LabelFormat format, std::string_view text,
                                        const std::string& recording = "") {
    const auto labels = parse(format, text);
    EXPECT_TRUE(labels.recordings.contains(recording)) << recording;
    return labels.recordings.contains(recording) ? labels.recordings.at(recording).events
                                                 : std::vector<label::Event>{};
}

/// What is said of a text named x that is wrong.
inline std::string error(label::LabelFormat format, std::string_view text) {
    return error_of([&] { parse(format, text); });
}

}  // namespace earshot
