#include "locate/geometry.h"

#include <gmock/gmock.h>

#include "locate/angles.h"
#include "support/error.h"

using namespace earshot;
using namespace earshot::locate;
using testing::HasSubstr;
using testing::ThrowsMessage;

namespace {

std::string with_array(const std::string& members) { return R"({"arrays": [{)" + members + "}]}"; }

void expect_refused(const std::string& text, const std::string& complaint) {
    EXPECT_THAT([&] { parse_geometry(text, "a.json"); },
                ThrowsMessage<Error>(testing::AllOf(HasSubstr("a.json: "), HasSubstr(complaint))))
        << text;
}

TEST(Geometry, ReadsTheLayoutOfTheFormatsPage) {
    const auto geometry =
        parse_geometry(R"({"fs": 16000, "speed_of_sound": 340.5, "channels": 6, "room": {"rt60": 0.3},
        "arrays": [{"name": "left", "center": [-0.1, 0, 0], "shape": "line", "channels": [2, 0],
                    "mics": [[-0.12, 0, 0], [-0.08, 0, 0.01]]},
                   {"channels": [4, 5], "mics": [[0.1, 0, 0], [0.2, 0.1, 0]]}]})",
                       "a.json");
    ASSERT_EQ(geometry.arrays.size(), 2U);
    EXPECT_EQ(geometry.rate_hz, 16000);
    EXPECT_EQ(geometry.speed_of_sound, 340.5);
    EXPECT_EQ(geometry.channels, 6);
    EXPECT_EQ(geometry.arrays[0].name, "left");
    EXPECT_THAT(geometry.arrays[0].channels, testing::ElementsAre(2, 0));
    EXPECT_EQ(geometry.arrays[0].mics[1], Point(-0.08, 0, 0.01));
    EXPECT_LT((geometry.arrays[1].centre - Point(0.15, 0.05, 0)).norm(), 1e-12)
        << "the middle of the microphones";
    EXPECT_NEAR(geometry.baseline(), std::hypot(0.25, 0.05), 1e-12);
}

TEST(Geometry, KnowsWhatMicrophonesCanTell) {
    const auto array = [](const std::string& mics, int count) {
        std::string channels;
        for (int i = 0; i < count; ++i) channels += (i > 0 ? "," : "") + std::to_string(i);
        return parse_geometry(with_array(R"("channels": [)" + channels + R"(], "mics": )" + mics), "a")
            .arrays[0];
    };
    const auto line = array("[[0,0,0],[0.05,0.05,0],[0.1,0.1,0]]", 3);
    EXPECT_EQ(line.dimensions(), 1);
    EXPECT_TRUE(line.is_ambiguous());
    const auto plane = array("[[0,0,0],[0.05,0,0],[0,0.05,0]]", 3);
    EXPECT_EQ(plane.dimensions(), 2);
    EXPECT_FALSE(plane.is_ambiguous());
    const auto upright = array("[[0,0,0],[0.05,0,0],[0,0,0.05]]", 3);
    EXPECT_EQ(upright.dimensions(), 2);
    EXPECT_TRUE(upright.is_ambiguous()) << "seen from above it is a line";
    const auto space = array("[[0,0,0],[0.05,0,0],[0,0.05,0],[0,0,0.05]]", 4);
    EXPECT_EQ(space.dimensions(), 3);
    EXPECT_FALSE(space.is_ambiguous());
}

TEST(Geometry, NamesWhatIsWrong) {
    expect_refused("{", "not valid JSON: line 1, column 2");
    expect_refused("[]", "no list 'arrays'");
    expect_refused(R"({"arrays": []})", "no list 'arrays'");
    expect_refused(R"({"arrays": [7]})", "array 1: expected an object");
    expect_refused(with_array(R"("channels": [0, 1])"), "array 1: no list 'mics'");
    expect_refused(with_array(R"("mics": [[0,0,0]], "channels": [0])"), "two microphones");
    expect_refused(with_array(R"("mics": [[0,0,0],[0,0]], "channels": [0,1])"),
                   "microphone 2 is not three numbers");
    expect_refused(with_array(R"("mics": [[0,0,0],[0,0,"1"]], "channels": [0,1])"),
                   "microphone 2 is not three");
    expect_refused(with_array(R"("mics": [[0,0,0],[0,0,1e999]], "channels": [0,1])"), "");
    expect_refused(with_array(R"("mics": [[0,0,0],[320,0,0]], "channels": [0,1])"),
                   "positions are in metres");
    expect_refused(with_array(R"("mics": [[0,0,0],[0.1,0,0],[0,0,0]], "channels": [0,1,2])"),
                   "microphones 1 and 3 are at the same place");
    expect_refused(with_array(R"("mics": [[0,0,0],[0.1,0,0]])"), "no list 'channels'");
    expect_refused(with_array(R"("mics": [[0,0,0],[0.1,0,0]], "channels": [0])"),
                   "2 microphones, but 1 channels");
    expect_refused(with_array(R"("mics": [[0,0,0],[0.1,0,0]], "channels": [0,0])"),
                   "channel 0 is named twice");
    expect_refused(with_array(R"("mics": [[0,0,0],[0.1,0,0]], "channels": [0,-1])"), "-1 is not a channel");
    expect_refused(with_array(R"("mics": [[0,0,0],[0.1,0,0]], "channels": [0,1.5])"), "1.5 is not a channel");
    expect_refused(with_array(R"("mics": [[0,0,0],[0.1,0,0]], "channels": [0,1], "name": 3)"),
                   "name is not text");
    expect_refused(R"({"speed_of_sound": 0, "arrays": [{"mics": [[0,0,0],[0.1,0,0]], "channels": [0,1]}]})",
                   "speed_of_sound is 0");
    expect_refused(R"({"channels": 1, "arrays": [{"mics": [[0,0,0],[0.1,0,0]], "channels": [0,1]}]})",
                   "channel 1 is used, but channels is 1");
}

TEST(Angles, GoRound) {
    EXPECT_EQ(wrap_360(-90), 270);
    EXPECT_EQ(wrap_360(720), 0);
    EXPECT_LT(wrap_360(-1e-18), 360);
    EXPECT_EQ(wrap_180(190), -170);
    EXPECT_NEAR(azimuth_of({1, 0, 0}), 90, 1e-12) << "right";
    EXPECT_NEAR(azimuth_of({0, -1, 5}), 180, 1e-12) << "behind";
    EXPECT_NEAR(azimuth_of(towards(217, 30)), 217, 1e-9);
}

}  // namespace
