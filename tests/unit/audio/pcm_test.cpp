#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "support/error.h"
#include "unit/audio/audio_files.h"
#include "unit/audio/encode.h"

namespace earshot::audio {
namespace {

using testing::ElementsAreArray;
using testing::FloatNear;
using testing::Pointwise;

struct Coding {
    const char* name;
    const char* extension;
    int format;
    float tolerance;  // half a step of the coding
};

std::ostream& operator<<(std::ostream& out, const Coding& coding) { return out << coding.name; }

class EveryPcm : public testing::TestWithParam<Coding> {};

/// Written by libsndfile, whatever reads it, and the same from a pipe.
TEST_P(EveryPcm, GivesBackWhatWasWritten) {
    const TemporaryDirectory directory;
    const std::string path = directory / "a" + GetParam().extension;
    const auto samples = noise(5000, 3);
    write_sndfile(path, samples, {22050, 3}, GetParam().format);
    const auto source = open_source(path, all_channels());
    EXPECT_EQ(source->format(), (AudioFormat{22050, 3}));
    EXPECT_EQ(source->frames(), 5000);
    const auto read = read_all(*source);
    EXPECT_THAT(read, Pointwise(FloatNear(GetParam().tolerance), samples));
    EXPECT_TRUE(source->read(100).empty());
    EXPECT_TRUE(source->damage().empty());
    if (path.ends_with(".caf")) return;  // whose reader must seek
    const Pipe pipe(read_bytes(path));
    const auto piped = open_source(pipe.path(), all_channels());
    EXPECT_EQ(piped->format(), (AudioFormat{22050, 3}));
    EXPECT_THAT(read_all(*piped, 777), ElementsAreArray(read));
    EXPECT_TRUE(piped->damage().empty());
}

INSTANTIATE_TEST_SUITE_P(
    Source, EveryPcm,
    testing::Values(Coding{"Wav8", ".wav", SF_FORMAT_WAV | SF_FORMAT_PCM_U8, 0x1p-7f},
                    Coding{"Wav16", ".wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 0x1p-15f},
                    Coding{"Wav24", ".wav", SF_FORMAT_WAV | SF_FORMAT_PCM_24, 0x1p-23f},
                    Coding{"Wav32", ".wav", SF_FORMAT_WAV | SF_FORMAT_PCM_32, 0x1p-24f},
                    Coding{"WavFloat", ".wav", SF_FORMAT_WAV | SF_FORMAT_FLOAT, 0},
                    Coding{"WavDouble", ".wav", SF_FORMAT_WAV | SF_FORMAT_DOUBLE, 0},
                    Coding{"Rf64", ".wav", SF_FORMAT_RF64 | SF_FORMAT_PCM_16, 0x1p-15f},
                    Coding{"W64", ".w64", SF_FORMAT_W64 | SF_FORMAT_PCM_16, 0x1p-15f},
                    Coding{"Aiff", ".aiff", SF_FORMAT_AIFF | SF_FORMAT_PCM_16, 0x1p-15f},
                    Coding{"Au", ".au", SF_FORMAT_AU | SF_FORMAT_PCM_16, 0x1p-15f},
                    Coding{"Caf", ".caf", SF_FORMAT_CAF | SF_FORMAT_PCM_24, 0x1p-23f},
                    Coding{"Flac16", ".flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_16, 0x1p-15f},
                    Coding{"Flac24", ".flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_24, 0x1p-23f}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(Channels, MixOneAndAllOfSixteen) {
    const TemporaryDirectory directory;
    const std::string path = directory / "array.wav";
    const auto samples = noise(1000, 16);
    write_sndfile(path, samples, {16000, 16}, kWavFloat);
    EXPECT_THAT(read_file(path, all_channels()), ElementsAreArray(samples));
    std::vector<float> mean(1000), twelfth(1000);
    for (std::size_t i = 0; i < mean.size(); ++i) {
        double sum = 0;
        for (std::size_t c = 0; c < 16; ++c) sum += samples[i * 16 + c];
        mean[i] = static_cast<float>(sum / 16);
        twelfth[i] = samples[i * 16 + 11];
    }
    EXPECT_THAT(read_file(path), Pointwise(FloatNear(1e-6f), mean));
    SourceOptions options;
    options.channels = parse_channels("12");
    EXPECT_THAT(read_file(path, options), ElementsAreArray(twelfth));
    options.channels = parse_channels("17");
    try {
        open_source(path, options);
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.what(), path + ": has 16 channels, but no channel 17");
    }
}

/// Both ends of a pipe, in the hands of the test.
struct OpenPipe {
    std::array<int, 2> ends{};
    OpenPipe() {
        if (::pipe(ends.data()) != 0) throw std::runtime_error("pipe");
    }
    ~OpenPipe() {
        ::close(ends[0]);
        close_writing();
    }
    void write(std::string_view bytes) const {
        EXPECT_EQ(::write(ends[1], bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    }
    void close_writing() {
        if (ends[1] >= 0) ::close(std::exchange(ends[1], -1));
    }
    std::string path() const { return fmt::format("/proc/self/fd/{}", ends[0]); }
};

TEST(LivePipe, GivesWhatIsThereAndKeepsHalfAFrame) {
    OpenPipe pipe;
    auto options = all_channels();
    options.raw = RawFormat{"s16le", 8000, 2};
    pipe.write(std::string_view("\0\x40\0\xc0\0", 5));
    const auto source = open_source(pipe.path(), options);
    EXPECT_THAT(source->read(4096), ElementsAreArray({0.5f, -0.5f}));  // though the pipe is open
    pipe.write(std::string_view("\x20\0\xe0\0\x10\0\xf0\0\0\0\0\0", 12));
    EXPECT_THAT(source->read(1), ElementsAreArray({0.25f, -0.25f}));
    EXPECT_THAT(source->read(4096), ElementsAreArray({0.125f, -0.125f, 0.0f, 0.0f}));
    pipe.close_writing();
    EXPECT_TRUE(source->read(4096).empty());
    ASSERT_EQ(source->damage().size(), 1u) << "one byte is left";
    EXPECT_EQ(source->damage()[0].what, "ends in the middle of a sample");
    EXPECT_DOUBLE_EQ(source->damage()[0].position_s, 4.0 / 8000);
}

TEST(LivePipe, AWavIsHeardFromItsFirstSamplesOnAndUpToTheSizeThatItStates) {
    const TemporaryDirectory directory;
    const auto samples = noise(1000, 1);
    write_sndfile(directory / "a.wav", samples, {16000, 1}, kWavFloat);
    const auto bytes = read_bytes(directory / "a.wav");
    const auto begin = bytes.find("data") + 8;
    OpenPipe pipe;
    pipe.write(std::string_view(bytes).substr(0, begin + 400));
    const auto source = open_source(pipe.path(), {});
    std::vector<float> heard;  // first what was looked at to find the header
    while (heard.size() < 100) std::ranges::copy(source->read(4096), std::back_inserter(heard));
    EXPECT_THAT(heard, ElementsAreArray(std::span(samples).first(100)));
    pipe.write(std::string_view(bytes).substr(begin + 400));
    pipe.write(std::string_view("LIST\4\0\0\0abcd", 12));
    pipe.close_writing();
    EXPECT_THAT(read_all(*source), ElementsAreArray(std::span(samples).subspan(100)));
    EXPECT_TRUE(source->damage().empty());
}

}  // namespace
}  // namespace earshot::audio
