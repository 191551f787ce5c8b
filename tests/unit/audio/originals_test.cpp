// Faults of the programs that earshot takes over from; each could have its like in a source of sound.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <ctime>
#include <thread>

#include "support/error.h"
#include "unit/audio/audio_files.h"
#include "unit/audio/encode.h"

namespace earshot::audio {
namespace {

using testing::HasSubstr;

/// It stopped when the decoder had exited though sound was left in the pipe.
TEST(Originals, micmon_09_a_slow_reader_gets_everything) {
    const TemporaryDirectory directory;
    write_sndfile(directory / "a.wav", noise(300'000, 1), {44100, 1}, kWav16);
    for (const bool ahead : {false, true}) {
        const Pipe pipe(read_bytes(directory / "a.wav"));
        SourceOptions options;
        options.ahead = ahead;
        const auto source = open_source(pipe.path(), options);
        std::size_t frames = 0;
        for (auto block = source->read(30'000); !block.empty(); block = source->read(30'000)) {
            frames += block.size();
            std::this_thread::sleep_for(std::chrono::microseconds(200));
        }
        EXPECT_EQ(frames, 300'000u);
    }
}

TEST(Originals, micmon_10_the_sample_rate_asked_for_is_delivered) {
    const TemporaryDirectory directory;
    write_sndfile(directory / "a.wav", noise(441'000, 1), {44100, 1}, kWav16);
    SourceOptions options;
    options.rate_hz = 16'000;
    const auto source = open_source(directory / "a.wav", options);
    EXPECT_EQ(source->format().rate_hz, 16'000);
    EXPECT_EQ(read_all(*source).size(), 160'000u);
}

TEST(Originals, micmon_11_two_channels_last_as_long_as_one) {
    const TemporaryDirectory directory;
    write_sndfile(directory / "a.wav", noise(2 * 44'100, 2), {44100, 2}, kWav16);
    SourceOptions options = all_channels();
    options.duration_s = 1;
    const auto source = open_source(directory / "a.wav", options);
    EXPECT_EQ(source->frames(), 44'100);
    const auto block = source->read(100);
    EXPECT_LE(block.size(), 200u);
    EXPECT_EQ(block.size() % 2, 0u);
    EXPECT_EQ(block.size() + read_all(*source).size(), 2u * 44'100);
}

TEST(Originals, micmon_17_a_file_that_is_no_mp3_is_an_error) {
    const TemporaryDirectory directory;
    write_bytes(directory / "notes.mp3",
                "buy milk, eggs and a new microphone; call the piano tuner on Monday");
    EXPECT_THROW(open_source(directory / "notes.mp3", {}), Error);
    write_bytes(directory / "random.mp3", std::string(5000, 'x') + std::string(5000, '\0'));
    EXPECT_THROW(open_source(directory / "random.mp3", {}), Error);
}

TEST(Originals, micmon_19_standard_input_is_left_alone) {
    const TemporaryDirectory directory;
    write_sndfile(directory / "a.wav", noise(300'000, 1), {44100, 1}, kWav16);
    encode(directory / "a.wav", directory / "a.mp3");
    const Pipe keys("qqqq");
    const ScopedStandardInput input(keys.reading_end());
    for (const auto* name : {"a.mp3", "a.wav"}) EXPECT_EQ(read_file(directory / name).size(), 300'000u);
    char waiting[8];
    EXPECT_EQ(::read(STDIN_FILENO, waiting, sizeof waiting), 4);
}

/// Processor time, so that a busy machine does not matter. Five minutes, read from 290 s on.
TEST(Originals, micmon_20_seeking_does_not_decode_what_it_skips) {
#ifdef __SANITIZE_THREAD__
    GTEST_SKIP() << "ThreadSanitizer slows what counts packets, not libavcodec";
#endif
    const TemporaryDirectory directory;
    write_sndfile(directory / "a.wav", noise(300 * 44'100, 1), {44100, 1}, kWav16);
    for (const auto& [name, options] :
         {std::pair{"a.mp3", "-b:a 96k"}, {"a.flac", ""}, {"a.ogg", "-c:a libvorbis"}}) {
        encode(directory / "a.wav", directory / name, options);
        const auto processor_time = [&](double start_s) {
            SourceOptions stretch;
            stretch.start_s = start_s;
            const std::clock_t begin = std::clock();
            const auto source = open_source(directory / name, stretch);
            std::size_t frames = 0;
            for (auto block = source->read(16'384); !block.empty(); block = source->read(16'384))
                frames += block.size();
            EXPECT_EQ(frames, static_cast<std::size_t>((300 - start_s) * 44'100));
            return static_cast<double>(std::clock() - begin);
        };
        processor_time(290);
        EXPECT_LT(processor_time(290), processor_time(0) / 4) << name;
    }
}

}  // namespace
}  // namespace earshot::audio
