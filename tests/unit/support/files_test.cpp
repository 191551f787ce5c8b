#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "support/error.h"
#include "support/input.h"
#include "support/mapped_file.h"
#include "support/open_input.h"
#include "support/output.h"
#include "support/temporary_file.h"
#include "support/utf8.h"

namespace earshot {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(TemporaryFile, gives_back_what_was_written_more_than_once) {
    TemporaryFile file;
    std::string text;
    for (int i = 0; i < 100'000; ++i) text += std::to_string(i);
    for (std::size_t at = 0; at < text.size(); at += 999) file.write(std::string_view(text).substr(at, 999));
    EXPECT_EQ(file.size(), text.size());
    for (int again = 0; again < 2; ++again) {
        std::string read;
        file.read_back([&](std::string_view piece) { read += piece; });
        EXPECT_EQ(read, text);
    }
}

TEST(TemporaryFile, has_no_name_and_follows_tmpdir) {
    const auto before =
        std::getenv("TMPDIR") ? std::optional<std::string>(std::getenv("TMPDIR")) : std::nullopt;
    std::string directory = std::filesystem::temp_directory_path() / "earshot-test-XXXXXX";
    ASSERT_NE(::mkdtemp(directory.data()), nullptr);
    ::setenv("TMPDIR", directory.c_str(), 1);
    {
        TemporaryFile file;
        EXPECT_TRUE(std::filesystem::is_empty(directory));
    }
    std::filesystem::remove(directory);
    EXPECT_THAT([] { TemporaryFile file; },
                ThrowsMessage<Error>(HasSubstr("(set TMPDIR to another directory)")));
    before ? ::setenv("TMPDIR", before->c_str(), 1) : ::unsetenv("TMPDIR");
}

TEST(MappedFile, is_the_file_s_bytes_and_an_empty_one_has_none) {
    TemporaryFile file;
    const auto path = "/proc/self/fd/" + std::to_string(file.descriptor());
    EXPECT_TRUE(MappedFile(path).bytes().empty());
    file.write("some bytes");
    file.flush();
    EXPECT_EQ(MappedFile(path).bytes(), "some bytes");
}

std::string refusal_of(const std::string& path, Pipes pipes = Pipes::refused) {
    try {
        open_input(path, pipes);
    } catch (const Error& error) {
        return error.what();
    }
    return "accepted";
}

// A model's weights.npz that led to /dev/zero filled the disk, and one that was a named pipe hung for ever.
TEST(OpenInput, AcceptsOnlyFilesAndPipesThatAreOpen) {
    std::string directory = std::filesystem::temp_directory_path() / "earshot-test-XXXXXX";
    ASSERT_NE(::mkdtemp(directory.data()), nullptr);
    const auto pipe = directory + "/weights.npz", link = directory + "/link";
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    std::filesystem::create_symlink("/dev/zero", link);
    EXPECT_EQ(refusal_of(pipe), pipe + ": is a named pipe, not a file");
    EXPECT_EQ(refusal_of(link), link + ": is a device, not a file");
    EXPECT_EQ(refusal_of(link, Pipes::accepted), link + ": is a device, not a file");
    EXPECT_EQ(refusal_of(directory), directory + ": is a directory");
    EXPECT_EQ(refusal_of(directory + "/none"),
              "cannot open " + directory + "/none: No such file or directory");
    EXPECT_THAT([&] { MappedFile{link}; }, ThrowsMessage<Error>(HasSubstr("is a device")));
    EXPECT_THAT([&] { MappedFile{pipe}; }, ThrowsMessage<Error>(HasSubstr("is a named pipe")));
    EXPECT_THAT([&] { InputBuffer{pipe}; }, ThrowsMessage<Error>(HasSubstr("is a named pipe")));
    EXPECT_THAT([&] { read_text(pipe); }, ThrowsMessage<Error>(HasSubstr("is a named pipe")));
    {
        const Descriptor writer(::open(pipe.c_str(), O_RDWR | O_CLOEXEC));  // so that opening does not wait
        EXPECT_EQ(refusal_of(pipe, Pipes::accepted), "accepted");
    }
    std::filesystem::remove_all(directory);
}

TEST(OpenInput, APipeOfTheShellIsReadToItsEnd) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    ASSERT_EQ(::write(ends[1], "some text", 9), 9);
    ::close(ends[1]);
    EXPECT_EQ(read_text("/dev/fd/" + std::to_string(ends[0])), "some text");
    ::close(ends[0]);
}

TEST(Utf8, goes_there_and_back) {
    const std::string text = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x91\xb6\xf4\x8f\xbf\xbf";
    EXPECT_EQ(utf32_from_utf8(text), U"a\u00e9\u20ac\U0001f476\U0010ffff");
    EXPECT_EQ(utf8_from_utf32(utf32_from_utf8(text)), text);
}

TEST(Utf8, replaces_what_is_none) {
    const std::u32string one(1, 0xFFFD);
    EXPECT_EQ(utf32_from_utf8("\xff"), one);
    EXPECT_EQ(utf32_from_utf8("\xe2\x82"), one + one);                      // cut off
    EXPECT_EQ(utf32_from_utf8("\xc0\xaf"), one + one);                      // longer than need be
    EXPECT_EQ(utf32_from_utf8("\xe0\x80\xaf"), one + one + one);            // the same
    EXPECT_EQ(utf32_from_utf8("\xed\xa0\x80"), one + one + one);            // a surrogate
    EXPECT_EQ(utf32_from_utf8("\xf4\x90\x80\x80"), one + one + one + one);  // past the last
    EXPECT_EQ(utf8_from_utf32(std::u32string(1, 0x110000)), "\xef\xbf\xbd");
}

}  // namespace
}  // namespace earshot
