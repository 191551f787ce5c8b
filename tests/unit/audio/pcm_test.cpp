#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/error.h"
#include "unit/audio/audio_files.h"

namespace earshot {
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

/// Written by libsndfile, whatever reads it.
TEST_P(EveryPcm, GivesBackWhatWasWritten) {
    const TemporaryDirectory directory;
    const std::string path = directory / "a" + GetParam().extension;
    const auto samples = noise(5000, 3);
    write_sndfile(path, samples, {22050, 3}, GetParam().format);
    const auto source = open_source(path, all_channels());
    EXPECT_EQ(source->format(), (AudioFormat{22050, 3}));
    EXPECT_EQ(source->frames(), 5000);
    EXPECT_THAT(read_all(*source), Pointwise(FloatNear(GetParam().tolerance), samples));
    EXPECT_TRUE(source->read(100).empty());
    EXPECT_TRUE(source->damage().empty());
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
        EXPECT_EQ(error.what(), path + ": has 16 channels, there is no channel 17");
    }
}

}  // namespace
}  // namespace earshot
