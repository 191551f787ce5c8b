#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "dataset/recording.h"
#include "npz/zip_reader.h"
#include "npz/zip_writer.h"
#include "support/error.h"
#include "unit/dataset/memory_file.h"
#include "unit/dataset/scratch.h"

namespace earshot::npz {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;
using testing::ThrowsMessage;

using Contents = std::vector<std::pair<std::string, std::string>>;

std::string archive_of(const Contents& contents, bool compress, std::uint64_t zip64_from = 0xF0000000) {
    StringOutput out;
    ZipWriter zip(out, compress, zip64_from);
    for (const auto& [name, data] : contents) {
        zip.begin(name, data.size());
        // In pieces, as frames come.
        for (std::size_t at = 0; at < data.size(); at += 1000)
            zip.write(std::string_view(data).substr(at, 1000));
        zip.end();
    }
    zip.finish();
    return out.text();
}

std::string unpacked(const ZipEntry& entry) {
    std::string data(entry.bytes, '\0');
    ZipEntryStream stream(entry, "test");
    stream.read(std::as_writable_bytes(std::span(data)));
    stream.finish();
    return data;
}

template <class T>
void put(std::string& bytes, std::size_t at, T value) {
    for (std::size_t i = 0; i < sizeof(T); ++i) bytes[at + i] = static_cast<char>(value >> 8 * i & 0xff);
}

std::string random_text(std::size_t size) {
    std::mt19937 random(5);
    std::string text;
    while (text.size() < size) text += static_cast<char>(random() % 7 + 'a');
    return text;
}

class Zip : public testing::Test {
 protected:
    const std::string& path() const { return file_.path(); }

    void expect_refused(const std::string& archive, const std::string& message) const {
        file_.set(archive);
        EXPECT_THAT([&] { ZipReader reader(path()); },
                    ThrowsMessage<Error>(AllOf(StartsWith(path() + ":"), HasSubstr(message))));
    }

    MemoryFile file_;
    const Contents contents_{
        {"a.npy", random_text(5000)}, {"empty.npy", ""}, {"c.npy", random_text(200'000)}};
    /// One entry, stored, and where its parts begin.
    const std::string simple_ = archive_of({{"a.npy", "0123456789"}}, false);
    const std::size_t central_ = simple_.find("PK\x01\x02"), end_ = simple_.find("PK\x05\x06");
};

TEST_F(Zip, gives_back_what_was_put_in_with_32_or_64_bit_sizes) {
    for (const bool compress : {false, true}) {
        for (const std::uint64_t zip64_from : {0u, 4000u, 0xF0000000u}) {
            file_.set(archive_of(contents_, compress, zip64_from));
            const ZipReader reader(path());
            ASSERT_EQ(reader.entries().size(), contents_.size());
            for (const auto& [name, data] : contents_) EXPECT_EQ(unpacked(*reader.find(name)), data);
            EXPECT_EQ(reader.find("other.npy"), nullptr);
        }
    }
}

TEST_F(Zip, truncated_anywhere_is_an_error) {
    const auto archive = archive_of({contents_[0], contents_[1]}, true);
    for (std::size_t size = 0; size < archive.size(); ++size) {
        file_.set(archive.substr(0, size));
        EXPECT_THROW(ZipReader reader(path()), Error) << size;
    }
}

TEST_F(Zip, what_is_no_archive_is_refused) {
    expect_refused("", "is empty");
    expect_refused("RIFF....WAVEfmt and so on", "not an NPZ");
    expect_refused(simple_.substr(0, end_), "truncated");
}

TEST_F(Zip, a_comment_may_follow) {
    auto archive = simple_ + "made by hand";
    put<std::uint16_t>(archive, end_ + 20, 12);
    file_.set(archive);
    EXPECT_EQ(unpacked(*ZipReader(path()).find("a.npy")), "0123456789");
}

TEST_F(Zip, a_lying_directory_is_refused) {
    const auto with = [&](std::size_t at, auto value) {
        auto archive = simple_;
        put(archive, at, value);
        return archive;
    };
    using u16 = std::uint16_t;
    using u32 = std::uint32_t;
    expect_refused(with(central_ + 8, u16{1}), "is encrypted");
    expect_refused(with(central_ + 10, u16{12}), "compressed by method 12");
    expect_refused(with(central_ + 20, u32{11}), "10 bytes can't be unpacked from 11");
    expect_refused(with(central_ + 24, u32{0x7fffffff}), "2147483647 bytes can't be unpacked from 10");
    expect_refused(with(central_ + 24, u32{0xffffffff}), "its sizes are missing");
    expect_refused(with(central_ + 42, u32{5}), "does not begin where the directory says");
    expect_refused(with(central_ + 42, u32{0x7fffffff}), "lies outside the file");
    expect_refused(with(central_ + 46, 'b'), "does not begin where the directory says");
    expect_refused(with(central_ + 28, u16{0xffff}), "ends inside an entry");
    expect_refused(with(central_, u32{0}), "something else where an entry should be");
    expect_refused(with(end_ + 4, u16{1}), "split archive");
    expect_refused(with(end_ + 10, u16{2}), "cannot hold 2 entries");
    expect_refused(with(end_ + 10, u16{0}), "longer than its entries");
    expect_refused(with(end_ + 12, u32{0x7fffffff}), "lies outside the file");
    expect_refused(with(end_ + 16, u32{0x7fffffff}), "lies outside the file");
}

TEST_F(Zip, a_lying_64_bit_directory_is_refused) {
    const auto archive = archive_of({{"a.npy", "0123456789"}}, false, 0);
    const auto locator = archive.find("PK\x06\x07"), end64 = archive.find("PK\x06\x06");
    const auto with = [&](std::size_t at, std::uint64_t value) {
        auto changed = archive;
        put(changed, at, value);
        return changed;
    };
    expect_refused(with(locator + 8, ~std::uint64_t{0}), "64-bit directory is not where it should be");
    expect_refused(with(locator + 8, 1), "64-bit directory is not where it should be");
    expect_refused(with(end64 + 32, ~std::uint64_t{0}), "cannot hold 18446744073709551615 entries");
    expect_refused(with(end64 + 40, ~std::uint64_t{0}), "lies outside the file");
    expect_refused(with(end64 + 48, ~std::uint64_t{0}), "lies outside the file");
}

TEST_F(Zip, entries_of_one_name_are_refused) {
    expect_refused(archive_of({{"a.npy", "1"}, {"a.npy", "2"}}, false), "entry 'a.npy' occurs twice");
}

TEST_F(Zip, entries_that_share_bytes_are_refused) {
    // The first entry reaches over the second one, whole.
    auto archive = archive_of({{"a.npy", "1"}, {"b.npy", "2"}}, false);
    const auto central = archive.find("PK\x01\x02");
    const auto second = archive.find("PK\x03\x04", 4);
    put<std::uint32_t>(archive, central + 20, static_cast<std::uint32_t>(second));
    put<std::uint32_t>(archive, central + 24, static_cast<std::uint32_t>(second));
    expect_refused(archive, "two entries share the same bytes");
}

TEST_F(Zip, a_bomb_is_refused_and_not_unpacked) {
    const std::string zeros(ZipReader::kAlwaysAllowed + 1, '\0');
    expect_refused(archive_of({{"a.npy", zeros}}, true), "more than real frames can");
    file_.set(archive_of({{"a.npy", zeros.substr(1)}}, true));
    EXPECT_EQ(ZipReader(path()).entries().front().bytes,
              ZipReader::kAlwaysAllowed);  // 64 MiB of silence may be
}

TEST_F(Zip, more_than_deflate_can_hold_is_refused) {
    auto archive = archive_of({{"a.npy", std::string(1000, 'x')}}, true);
    put<std::uint32_t>(archive, archive.find("PK\x01\x02") + 24, 0x7fffffff);
    expect_refused(archive, "2147483647 bytes can't be unpacked from");
}

TEST_F(Zip, damaged_data_are_noticed) {
    for (const bool compress : {false, true}) {
        auto archive = archive_of({{"a.npy", random_text(5000)}}, compress);
        archive[500] ^= 1;
        file_.set(archive);
        const ZipReader reader(path());
        EXPECT_THAT([&] { unpacked(reader.entries().front()); },
                    ThrowsMessage<Error>(HasSubstr("damaged data")));
    }
}

TEST_F(Zip, a_directory_and_a_missing_file_are_named) {
    const Scratch scratch;
    EXPECT_THAT([&] { ZipReader reader(scratch.path()); }, ThrowsMessage<Error>(HasSubstr("is a directory")));
    EXPECT_THAT([&] { ZipReader reader(scratch / "none"); }, ThrowsMessage<Error>(HasSubstr("No such file")));
}

/// A small dataset file and what was put into it.
dataset::Recording small_recording() {
    dataset::Recording recording;
    recording.dimension = 2;
    recording.frames = {1, 2, 3, 4};
    recording.classes = {0, 1};
    recording.times = {0, 2};
    recording.labels = {"a", "b"};
    recording.events = {{0, 2, "a", {}}, {2, 4, "b", {}}};
    recording.frontend = {{"kind", "spectrum"}};
    recording.file = "f";
    recording.group = "g";
    recording.content_hash = "h";
    return recording;
}

bool same(const dataset::Recording& a, const dataset::Recording& b) {
    return a.dimension == b.dimension && a.frames == b.frames && a.classes == b.classes &&
           a.times == b.times && a.labels == b.labels && a.events == b.events && a.frontend == b.frontend &&
           a.file == b.file && a.group == b.group && a.content_hash == b.content_hash && a.damage == b.damage;
}

TEST(Fuzz, a_changed_bit_is_an_error_or_changes_nothing) {
    const MemoryFile file;
    const auto& path = file.path();
    const auto recording = small_recording();
    for (const bool compress : {false, true}) {
        StringOutput out;
        dataset::write_recording(recording, out, compress);
        const std::string whole = out.text();
        std::size_t refused = 0;
        for (std::size_t at = 0; at < whole.size(); ++at) {
            auto bytes = whole;
            bytes[at] = static_cast<char>(bytes[at] ^ 1 << at % 8);
            file.set(bytes);
            try {
                EXPECT_TRUE(same(dataset::read_recording(path), recording)) << "byte " << at;
            } catch (const Error& error) {
                EXPECT_THAT(error.what(), StartsWith(path));
                ++refused;
            }
        }
        EXPECT_GT(refused, whole.size() / 4);
    }
}

TEST(Fuzz, garbage_written_over_a_file_is_an_error_or_changes_nothing) {
    const MemoryFile file;
    const auto& path = file.path();
    const auto recording = small_recording();
    StringOutput out;
    dataset::write_recording(recording, out, true);
    std::mt19937 random(11);
    for (int round = 0; round < 2000; ++round) {
        auto bytes = out.text();
        const auto pieces = 1 + random() % 4;
        for (unsigned piece = 0; piece < pieces; ++piece) {
            const auto at = random() % bytes.size(),
                       length = std::min<std::size_t>(1 + random() % 8, bytes.size() - at);
            for (std::size_t i = 0; i < length; ++i)
                bytes[at + i] = static_cast<char>(random() % 3 ? random() : 0xff);
        }
        file.set(bytes);
        try {
            EXPECT_TRUE(same(dataset::read_recording(path), recording)) << "round " << round;
        } catch (const Error& error) {
            EXPECT_THAT(error.what(), StartsWith(path));
        }
    }
}

}  // namespace
}  // namespace earshot::npz
