#include "evaluate/recording_names.h"

#include <gtest/gtest.h>

#include "support/error.h"

namespace earshot::evaluate {
namespace {

RecordingNames names_of(const std::vector<std::string>& names) {
    RecordingNames all;
    for (const auto& name : names) all.add(name);
    return all;
}

TEST(RecordingNames, are_found_with_or_without_directories_and_extension) {
    const auto names = names_of({"in/a.wav", "in/b.wav"});
    for (const char* name :
         {"in/b.wav", "b.wav", "b", "b.ogg", "/elsewhere/in/b.wav", "elsewhere/b.flac", "in/b"})
        EXPECT_EQ(names.find(name), 1U) << name;
    EXPECT_FALSE(names.find("c.wav"));
    EXPECT_FALSE(names.find_same("b.wav"));
    EXPECT_EQ(names.find_same("in/b.wav"), 1U);
}

TEST(RecordingNames, one_that_ends_like_several_is_ambiguous) {
    const auto names = names_of({"x/a.wav", "y/a.wav", "a.wav"});
    EXPECT_EQ(names.find("x/a.wav"), 0U);
    EXPECT_EQ(names.find("/data/y/a.wav"), 1U);
    EXPECT_EQ(names.find("a.wav"), 2U);  // exactly
    EXPECT_THROW(names.find("a"), Error);
    EXPECT_THROW(names.find("z/a.wav"), Error);
}

TEST(RecordingNames, tables_of_recordings_of_the_same_name_are_named_after_their_directories) {
    const auto names = names_of({"in/sample_1/audio.wav", "in/sample_2/audio.wav"});
    EXPECT_EQ(names.find("sample_2-audio"), 1U);
}

}  // namespace
}  // namespace earshot::evaluate
