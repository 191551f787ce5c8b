#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits.h>

#include "audio/source.h"
#include "support/error.h"
#include "unit/audio/audio_files.h"

namespace earshot::audio {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> expand(const std::vector<std::string>& inputs) { return expand_inputs(inputs); }

std::string message_of(const std::vector<std::string>& inputs) {
    try {
        expand_inputs(inputs);
    } catch (const Error& error) {
        return error.what();
    }
    return {};
}

class ExpandInputs : public testing::Test {
 protected:
    void SetUp() override {
        std::filesystem::create_directories(directory_ / "b/.hidden");
        std::filesystem::create_directories(directory_ / "empty");
        for (const auto* name : {"c.wav", "b/2.wav", "b/10.wav", "b/.hidden/x.wav", ".d.wav", "sound"})
            write_sndfile(directory_ / name, noise(10, 1), {8000, 1}, kWav16);
        write_bytes(directory_ / "b/labels.json", "{\"00:00\": \"negative\"}");
        write_bytes(directory_ / "b/cover.jpg", "\xff\xd8\xff\xe0 and so on");
        write_bytes(directory_ / "torn.mp3", std::string("\0\0\0\0", 4));
    }
    TemporaryDirectory directory_;
};

TEST_F(ExpandInputs, ADirectoryIsTheAudioInItSortedByPath) {
    EXPECT_THAT(expand({directory_.path()}),
                ElementsAre(directory_ / "b/10.wav", directory_ / "b/2.wav", directory_ / "c.wav",
                            directory_ / "sound", directory_ / "torn.mp3"));
}

TEST_F(ExpandInputs, OthersStayInTheOrderGiven) {
    EXPECT_THAT(expand({"-", "http://host/x.mp3", directory_ / "c.wav", directory_ / "b/labels.json"}),
                ElementsAre("-", "http://host/x.mp3", directory_ / "c.wav", directory_ / "b/labels.json"));
}

TEST_F(ExpandInputs, AListHasCommentsAndDirectories) {
    write_bytes(directory_ / "list.txt", "\xef\xbb\xbf# sounds\r\n\r\n  " + directory_ / "c.wav" + "  \r\n" +
                                             directory_ / "b" + "\n-");
    EXPECT_THAT(expand({"@" + directory_ / "list.txt"}),
                ElementsAre(directory_ / "c.wav", directory_ / "b/10.wav", directory_ / "b/2.wav", "-"));
}

TEST_F(ExpandInputs, SaysWhatIsMissing) {
    EXPECT_EQ(message_of({directory_ / "no.wav"}), directory_ / "no.wav" + ": No such file or directory");
    EXPECT_EQ(message_of({directory_ / "empty"}),
              directory_ / "empty" + ": no audio files in this directory");
    EXPECT_THAT(message_of({"@" + directory_ / "no.txt"}), HasSubstr("no.txt: No such file or directory"));
    write_bytes(directory_ / "list.txt", "# one\nno.wav\n");
    EXPECT_EQ(message_of({"@" + directory_ / "list.txt"}),
              "no.wav: No such file or directory (" + directory_ / "list.txt" + ", line 2)");
    write_bytes(directory_ / "list.txt", "# nothing\n");
    EXPECT_EQ(message_of({"@" + directory_ / "list.txt"}), directory_ / "list.txt" + ": an empty list");
}

TEST_F(ExpandInputs, LinksInCirclesEnd) {
    std::filesystem::create_directory_symlink(directory_.path(), directory_ / "b/up");
    std::filesystem::create_directory_symlink(directory_ / "b", directory_ / "b/self");
    EXPECT_EQ(expand({directory_.path()}).size(), 5u);
    EXPECT_EQ(expand({directory_ / "b"}).size(), 5u);  // up leads to all of them
}

// A recording whose path is longer than PATH_MAX was passed over in silence.
TEST_F(ExpandInputs, APathThatIsTooLongIsSaid) {
    const std::string name(200, 'x');
    const auto before = std::filesystem::current_path();
    std::filesystem::current_path(directory_ / "empty");
    std::string path = directory_ / "empty";
    for (; path.size() <= PATH_MAX; path += "/" + name) {
        std::filesystem::create_directory(name);
        std::filesystem::current_path(name);
    }
    write_bytes("deep.wav", "RIFF");
    std::filesystem::current_path(before);
    const auto found = find_inputs(std::vector<std::string>{directory_ / "empty"});
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].problem, "File name too long");
    EXPECT_THAT(path, testing::StartsWith(found[0].path));
}

TEST_F(ExpandInputs, LinkedDirectoriesAreFollowedButNothingIsFoundTwice) {
    const TemporaryDirectory elsewhere;
    write_sndfile(elsewhere / "far.wav", noise(10, 1), {8000, 1}, kWav16);
    std::filesystem::create_directory_symlink(elsewhere.path(), directory_ / "empty/away");
    std::filesystem::create_directory_symlink(elsewhere.path(), directory_ / "empty/again");
    EXPECT_THAT(expand({directory_ / "empty"}), ElementsAre(directory_ / "empty/again/far.wav"));
    // What is really there keeps its path, though the link comes first in the alphabet.
    std::filesystem::create_directory_symlink(directory_ / "b", directory_ / "a");
    EXPECT_THAT(expand({directory_.path()}), testing::Contains(directory_ / "b/10.wav"));
}

TEST_F(ExpandInputs, ALinkThatLeadsNowhereIsNamed) {
    std::filesystem::create_symlink(directory_ / "gone", directory_ / "b/lost.wav");
    EXPECT_THAT(expand({directory_ / "b"}), testing::Contains(directory_ / "b/lost.wav"));
}

TEST_F(ExpandInputs, WhatIsMissingStandsInItsPlace) {
    const std::vector<std::string> words{directory_ / "no.wav", directory_ / "c.wav", directory_ / "empty",
                                         "@" + directory_ / "no.txt"};
    const auto found = find_inputs(words);
    ASSERT_EQ(found.size(), 4u);
    EXPECT_EQ(found[0].problem, "No such file or directory");
    EXPECT_EQ(found[1].problem, "");
    EXPECT_EQ(found[2].path, directory_ / "empty");
    EXPECT_EQ(found[2].problem, "no audio files in this directory");
    EXPECT_EQ(found[3].path, directory_ / "no.txt");
    EXPECT_THAT(found[3].problem, HasSubstr("No such file or directory"));
}

TEST_F(ExpandInputs, AudioIsKnownByNameThenByContent) {
    write_bytes(directory_ / "text.wav", "This is no sound at all, and to be named as such.");
    for (const auto* name : {"c.wav", "sound", "torn.mp3", "text.wav"})
        EXPECT_TRUE(is_audio_file(directory_ / name)) << name;
    for (const auto* name : {"b/labels.json", "b/cover.jpg", "empty"})
        EXPECT_FALSE(is_audio_file(directory_ / name)) << name;
}

}  // namespace
}  // namespace earshot::audio
