#include "dataset/content_hash.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/error.h"
#include "support/output.h"
#include "unit/dataset/scratch.h"

namespace earshot::dataset {
namespace {

TEST(ContentHash, is_xxh3_of_128_bits) {
    // Of no bytes, with seed 0: the test vector that comes with xxHash.
    EXPECT_EQ(content_hash(""), "99aa06d3014798d86001c324468d497f");
}

TEST(ContentHash, is_the_same_at_once_in_pieces_and_of_a_file) {
    const Scratch scratch;
    std::string text;
    for (int i = 0; i < 200'000; ++i) text += std::to_string(i);
    ContentHasher hasher;
    for (std::size_t at = 0; at < text.size(); at += 777) hasher.add(std::string_view(text).substr(at, 777));
    write_text(scratch / "a", text);
    EXPECT_EQ(hasher.hash(), content_hash(text));
    EXPECT_EQ(file_hash(scratch / "a"), content_hash(text));
    text.back() ^= 1;
    EXPECT_NE(hasher.hash(), content_hash(text));
}

TEST(ContentHash, of_a_missing_file_is_an_error) {
    EXPECT_THAT([] { file_hash("/nowhere/a.wav"); },
                testing::ThrowsMessage<Error>(testing::HasSubstr("cannot open /nowhere/a.wav")));
}

}  // namespace
}  // namespace earshot::dataset
