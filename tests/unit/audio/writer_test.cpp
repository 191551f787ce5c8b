#include "audio/writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <thread>

#include "support/error.h"
#include "unit/audio/audio_files.h"

namespace earshot::audio {
namespace {

using testing::FloatNear;
using testing::Pointwise;

void write(const std::string& path, const std::vector<float>& samples, AudioFormat format,
           SampleEncoding encoding) {
    AudioWriter writer(path, format, encoding);
    const auto half = samples.size() / 2 / static_cast<std::size_t>(format.channels) *
                      static_cast<std::size_t>(format.channels);
    writer.write(std::span(samples).first(half));
    writer.write(std::span(samples).subspan(half));
    writer.close();
}

TEST(AudioWriter, LosslessFormatsComeBackToTheLastBit) {
    const TemporaryDirectory directory;
    const auto samples = noise(5001, 2);
    for (const auto& [name, encoding, tolerance] : {std::tuple{"a.wav", SampleEncoding::pcm16, 0x1p-15f},
                                                    {"b.wav", SampleEncoding::pcm24, 0x1p-23f},
                                                    {"c.wav", SampleEncoding::float32, 0.0f},
                                                    {"d.flac", SampleEncoding::pcm16, 0x1p-15f},
                                                    {"E.FLAC", SampleEncoding::pcm24, 0x1p-23f}}) {
        const std::string path = directory / name;
        write(path, samples, {22050, 2}, encoding);
        const auto source = open_source(path, all_channels());
        EXPECT_EQ(source->format(), (AudioFormat{22050, 2})) << name;
        EXPECT_THAT(read_all(*source), Pointwise(FloatNear(tolerance), samples)) << name;
    }
}

TEST(AudioWriter, OggKeepsLengthAndSound) {
    const TemporaryDirectory directory;
    const auto samples = sine(440, 48000, 48000);
    for (const auto* name : {"a.ogg", "a.opus"}) {
        const std::string path = directory / name;
        write(path, samples, {48000, 1}, SampleEncoding::pcm16);
        const auto decoded = read_file(path);
        ASSERT_EQ(decoded.size(), samples.size()) << name;
        double error = 0;
        for (std::size_t i = 4800; i < 43200; ++i) error += std::pow(decoded[i] - samples[i], 2);
        EXPECT_LT(std::sqrt(error / 38400), 0.02) << name;
    }
}

TEST(AudioWriter, ASmallWavIsPlainRiffAndTheSameEveryTime) {
    const TemporaryDirectory directory;
    for (const auto encoding : {SampleEncoding::pcm16, SampleEncoding::float32}) {
        write(directory / "a.wav", noise(100, 1), {16000, 1}, encoding);
        std::this_thread::sleep_for(
            std::chrono::milliseconds(1001));  // a header may hold the time, in seconds
        write(directory / "b.wav", noise(100, 1), {16000, 1}, encoding);
        const auto bytes = read_bytes(directory / "a.wav");
        EXPECT_TRUE(bytes.starts_with("RIFF"));
        EXPECT_EQ(bytes, read_bytes(directory / "b.wav"));
    }
}

TEST(AudioWriter, ClipsRatherThanWrapsAround) {
    const TemporaryDirectory directory;
    write(directory / "a.wav", {1.5f, -1.5f, 0.5f}, {16000, 1}, SampleEncoding::pcm16);
    EXPECT_THAT(read_file(directory / "a.wav"), Pointwise(FloatNear(1e-4f), {1.0f, -1.0f, 0.5f}));
}

TEST(AudioWriter, LeavesNothingBehindUnlessClosed) {
    const TemporaryDirectory directory;
    {
        AudioWriter writer(directory / "a.wav", {16000, 1});
        writer.write(noise(1000, 1));
    }
    EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
}

TEST(AudioWriter, RefusesWhatItCannotWriteAndTouchesNothing) {
    const TemporaryDirectory directory;
    EXPECT_THROW(AudioWriter(directory / "a.mp3", {16000, 1}), UsageError);
    EXPECT_THROW(AudioWriter(directory / "a", {16000, 1}), UsageError);
    EXPECT_THROW(AudioWriter(directory / "a.flac", {16000, 1}, SampleEncoding::float32), UsageError);
    EXPECT_THROW(AudioWriter(directory / "a.flac", {16000, 9}), UsageError);
    EXPECT_THROW(AudioWriter(directory / "no/a.wav", {16000, 1}), Error);
    EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
}

}  // namespace
}  // namespace earshot::audio
