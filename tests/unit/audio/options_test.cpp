#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audio/source.h"
#include "support/error.h"

namespace earshot::audio {
namespace {

using Kind = ChannelChoice::Kind;

TEST(ParseChannels, KnowsEveryForm) {
    EXPECT_EQ(parse_channels("all").kind, Kind::all);
    EXPECT_EQ(parse_channels("mix").kind, Kind::mix);
    for (const auto& [text, index] : {std::pair{"left", 0}, {"right", 1}, {"1", 0}, {"16", 15}}) {
        EXPECT_EQ(parse_channels(text).kind, Kind::one) << text;
        EXPECT_EQ(parse_channels(text).index, index) << text;
    }
}

TEST(ParseChannels, RefusesTheRest) {
    for (const auto* text : {"", "0", "-1", "1.5", "centre", "1 ", "99999999999"})
        EXPECT_THROW(parse_channels(text), Error) << text;
}

TEST(ParseRaw, ReadsFormatRateChannels) {
    const RawFormat raw = parse_raw("s16le,16000,2");
    EXPECT_EQ(raw.encoding, "s16le");
    EXPECT_EQ(raw.rate_hz, 16000);
    EXPECT_EQ(raw.channels, 2);
}

TEST(ParseRaw, SaysWhatIsWrongAndWhatIsRight) {
    for (const auto& [text, part] : {std::pair{"", "no raw format"},
                                     {"s16le,16000", "no raw format"},
                                     {"s17le,16000,1", "'s17le'"},
                                     {"s16le,0,1", "'0' is not a sampling rate"},
                                     {"s16le,16k,1", "'16k' is not a sampling rate"},
                                     {"s16le,16000,0", "'0' is not a number of channels"},
                                     {"s16le,16000,1,2", "'1,2' is not a number of channels"}}) {
        try {
            parse_raw(text);
            ADD_FAILURE() << text;
        } catch (const Error& error) {
            EXPECT_THAT(error.what(), testing::HasSubstr(part));
            EXPECT_THAT(error.what(), testing::HasSubstr("s16le,16000,1"));
        }
    }
}

TEST(IsUrl, NeedsAScheme) {
    for (const auto* text : {"http://host/a.mp3", "rtsp://camera:554/s", "HTTPS://x"})
        EXPECT_TRUE(is_url(text)) << text;
    for (const auto* text : {"", "-", "a.wav", "://x", "1x://y", "dir/a://b", "C:\\a.wav"})
        EXPECT_FALSE(is_url(text)) << text;
}

}  // namespace
}  // namespace earshot::audio
