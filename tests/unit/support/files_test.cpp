#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "support/error.h"
#include "support/mapped_file.h"
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
    EXPECT_THAT([] { TemporaryFile file; }, ThrowsMessage<Error>(HasSubstr("(set TMPDIR to another place)")));
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
