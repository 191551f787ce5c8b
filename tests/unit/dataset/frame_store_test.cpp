#include "dataset/frame_store.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <numeric>

#include "dataset/recording_scan.h"
#include "support/error.h"
#include "unit/dataset/scratch.h"

namespace earshot::dataset {
namespace {

Recording counting(std::size_t rows, float from) {
    Recording recording;
    recording.dimension = 3;
    recording.frames.resize(rows * 3);
    std::iota(recording.frames.begin(), recording.frames.end(), from);
    recording.classes.assign(rows, 0);
    recording.labels = {"a"};
    for (std::size_t i = 0; i < rows; ++i) recording.times.push_back(0.5 * static_cast<double>(i));
    return recording;
}

class FrameStoreTest : public testing::Test {
 protected:
    std::string write(const std::string& name, const Recording& recording, bool compress) const {
        const auto path = scratch_ / name;
        write_recording(recording, path, compress);
        return path;
    }
    static std::vector<float> read(const FrameStore& store, std::size_t matrix, std::uint64_t first,
                                   std::size_t count) {
        std::vector<float> values(count);
        store.read(matrix, first, values);
        return values;
    }

    Scratch scratch_;
};

// In memory, in the file itself, and in a temporary copy of what is compressed.
TEST_F(FrameStoreTest, frames_are_the_same_wherever_they_are) {
    const auto stored = write("stored.npz", counting(1000, 0), false);
    const auto packed = write("packed.npz", counting(1000, 7), true);
    for (const std::size_t resident : {FrameStore::kResidentBytes, std::size_t{0}}) {
        FrameStore store(resident);
        const auto a = scan_recording(stored, store), b = scan_recording(packed, store);
        const auto c = store.add({1.0F, 2.0F});
        for (const std::uint64_t first : {0, 1, 1500, 2990}) {
            std::vector<float> wanted(10);
            std::iota(wanted.begin(), wanted.end(), static_cast<float>(first));
            EXPECT_EQ(read(store, a.matrix, first, 10), wanted);
            for (float& value : wanted) value += 7;
            EXPECT_EQ(read(store, b.matrix, first, 10), wanted);
        }
        EXPECT_EQ(read(store, c, 1, 1), std::vector{2.0F});
        EXPECT_THROW(read(store, b.matrix, 2995, 10), Error);
    }
}

TEST_F(FrameStoreTest, more_files_than_may_be_open_at_once) {
    FrameStore store(0);
    std::vector<std::size_t> matrices;
    for (int i = 0; i < 100; ++i) {
        const auto path = write(std::to_string(i) + ".npz", counting(4, static_cast<float>(100 * i)), false);
        matrices.push_back(scan_recording(path, store).matrix);
    }
    for (int round = 0; round < 3; ++round) {
        for (std::size_t i = 0; i < 100; ++i)
            EXPECT_EQ(read(store, matrices[i], 5, 1).front(), static_cast<float>(100 * i + 5));
    }
}

TEST_F(FrameStoreTest, a_file_that_changes_is_an_error_and_no_signal) {
    const auto path = write("a.npz", counting(100000, 0), false);
    FrameStore store(0);
    const auto matrix = scan_recording(path, store).matrix;
    std::filesystem::resize_file(path, 1000);
    try {
        read(store, matrix, 250000, 3);
        FAIL();
    } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("a.npz: changed while it was in use"), std::string::npos);
    }
}

TEST_F(FrameStoreTest, a_scan_knows_where_events_lie) {
    Recording recording = counting(10, 0);
    recording.labels = {"a", "b"};
    recording.events = {{1.0, 2.5, "b", {}}, {0.0, 100.0, "a", {}}, {4.6, 4.9, "b", {}}};
    FrameStore store;
    const auto scanned = scan_recording(write("a.npz", recording, false), store);
    EXPECT_EQ(scanned.event_rows, (std::vector<windows::RowSpan>{{2, 3}, {0, 10}, {10, 0}}));
    EXPECT_EQ(scanned.rows, 10);
}

TEST_F(FrameStoreTest, digests_tell_frames_and_classes_apart) {
    FrameStore store;
    Recording recording = counting(10, 0);
    const auto digest = [&](const std::string& name, bool compress) {
        return scan_recording(write(name, recording, compress), store).digest;
    };
    const auto first = digest("a.npz", false);
    EXPECT_EQ(first, digest("b.npz", true));
    recording.frames[4] += 1;
    EXPECT_NE(first, digest("c.npz", true));
    recording.frames[4] -= 1;
    recording.classes[9] = -1;
    EXPECT_NE(first, digest("d.npz", true));
}

}  // namespace
}  // namespace earshot::dataset
