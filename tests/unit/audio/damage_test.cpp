// What can be decoded is delivered, and what cannot is said; nothing is invented, and everything ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "support/error.h"
#include "unit/audio/audio_files.h"
#include "unit/audio/encode.h"

namespace earshot::audio {
namespace {

using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::StartsWith;

struct Format {
    const char* name;
    const char* extension;
    const char* options;
    std::optional<int> rate_hz = {};  // asked for
};
std::ostream& operator<<(std::ostream& out, const Format& format) { return out << format.name; }

class DamagedFile : public testing::TestWithParam<Format> {
 protected:
    void SetUp() override {
        write_sndfile(directory_ / "source.wav", noise(10 * 44100, 1), {44100, 1}, kWav16);
        path_ = directory_ / "a." + GetParam().extension;
        wanted_.rate_hz = GetParam().rate_hz;
        encode(directory_ / "source.wav", path_, GetParam().options);
        bytes_ = read_bytes(path_);
        whole_ = read_file(path_, wanted_);
    }
    TemporaryDirectory directory_;
    SourceOptions wanted_;
    std::string path_, bytes_;
    std::vector<float> whole_;
};

TEST_P(DamagedFile, CutOffGivesItsBeginningAndSaysWhere) {
    write_bytes(path_, std::string_view(bytes_).substr(0, bytes_.size() * 6 / 10 + 1));
    const auto source = open_source(path_, wanted_);
    const auto samples = read_all(*source);
    const double end_s = static_cast<double>(samples.size()) / source->format().rate_hz;
    EXPECT_GT(end_s, 4.5);
    EXPECT_LT(end_s, 6.5);
    // The last block may have been decoded from a part of it.
    for (std::size_t i = 0; i + 10'000 < samples.size(); ++i) ASSERT_EQ(samples[i], whole_[i]) << i;
    ASSERT_FALSE(source->damage().empty());
    EXPECT_NEAR(source->damage()[0].position_s, end_s, 0.1);
    EXPECT_FALSE(source->damage()[0].what.empty());
}

/// Of a format with a structure that can break: in PCM any bytes are sound.
class BrokenFile : public DamagedFile {};

TEST_P(BrokenFile, AHoleInTheMiddleCostsLittleMore) {
    auto broken = bytes_;
    const auto junk = noise(1000, 1);
    std::copy_n(reinterpret_cast<const char*>(junk.data()), 2000,
                broken.begin() + static_cast<std::ptrdiff_t>(broken.size() / 2));
    write_bytes(path_, broken);
    const auto source = open_source(path_, wanted_);
    const auto samples = read_all(*source);
    EXPECT_GT(static_cast<double>(samples.size()), 0.75 * static_cast<double>(whole_.size()));
    ASSERT_FALSE(source->damage().empty());
    EXPECT_NEAR(source->damage()[0].position_s, 5, 1.2);
}

/// Random bytes at random places: it ends, with an error or with about as much as there was.
TEST_P(DamagedFile, AnyJunkEnds) {
    std::mt19937 random(7);
    for (int round = 0; round < 25; ++round) {
        auto broken = bytes_.substr(0, 60'000);
        for (int i = 0; i < 40; ++i) {
            const auto at =
                round % 2 ? random() % broken.size() : random() % 300;  // everywhere, or in the header
            broken[at] = static_cast<char>(random());
        }
        write_bytes(path_, broken);
        try {
            const auto source = open_source(path_, wanted_);
            std::size_t frames = 0;
            for (auto block = source->read(4096); !block.empty(); block = source->read(4096)) {
                for (const float sample : block) ASSERT_TRUE(std::isfinite(sample));
                frames += block.size();
                ASSERT_LT(frames, 50 * whole_.size());
            }
        } catch (const Error& error) {
            EXPECT_THAT(error.what(), StartsWith(path_));
            EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Source, DamagedFile,
                         testing::Values(Format{"Wav", "wav", ""}, Format{"Flac", "flac", ""},
                                         Format{"Mp3", "mp3", "-b:a 64k"},
                                         Format{"Vorbis", "ogg", "-c:a libvorbis"},
                                         Format{"Opus", "opus", "-b:a 64k"},
                                         Format{"OpusAt16kHz", "opus", "-b:a 64k", 16000}),
                         [](const auto& test) { return std::string(test.param.name); });

INSTANTIATE_TEST_SUITE_P(Source, BrokenFile,
                         testing::Values(Format{"Flac", "flac", ""}, Format{"Mp3", "mp3", "-b:a 64k"},
                                         Format{"Vorbis", "ogg", "-c:a libvorbis"},
                                         Format{"Opus", "opus", "-b:a 64k"},
                                         Format{"OpusAt16kHz", "opus", "-b:a 64k", 16000}),
                         [](const auto& test) { return std::string(test.param.name); });

std::string message_of(const std::string& path) {
    try {
        read_file(path);
    } catch (const Error& error) {
        return error.what();
    }
    return {};
}

TEST(UnreadableFile, EachIsOneLineThatStartsWithThePath) {
    const TemporaryDirectory directory;
    EXPECT_EQ(message_of(directory / "no.wav"), directory / "no.wav" + ": No such file or directory");
    EXPECT_EQ(message_of(directory.path()), directory.path() + ": a directory, not a recording");
    write_bytes(directory / "empty.wav", "");
    EXPECT_EQ(message_of(directory / "empty.wav"), directory / "empty.wav" + ": empty file, no sound in it");
    write_bytes(directory / "text.wav",
                "It was a dark and stormy night; the rain fell in torrents, except at occasional intervals.");
    EXPECT_EQ(message_of(directory / "text.wav"), directory / "text.wav" + ": not audio");
    write_bytes(directory / "zeros.mp3", std::string(100'000, '\0'));
    EXPECT_THAT(message_of(directory / "zeros.mp3"),
                StartsWith(directory / "zeros.mp3" + ": not in a supported audio format"));
    write_bytes(directory / "header.wav", "RIFF\x24\x0f\0\0WAVE");
    EXPECT_THAT(message_of(directory / "header.wav"), StartsWith(directory / "header.wav" + ": "));
    write_bytes(directory / "locked.wav", "RIFF");
    std::filesystem::permissions(directory / "locked.wav", std::filesystem::perms::none);
    if (::geteuid() != 0) {
        EXPECT_EQ(message_of(directory / "locked.wav"), directory / "locked.wav" + ": Permission denied");
    }
}

TEST(NotANumber, IsZeroAndCounted) {
    const TemporaryDirectory directory;
    for (const int coding : {SF_FORMAT_FLOAT, SF_FORMAT_DOUBLE}) {
        auto samples = noise(20'000, 1);
        samples[16'000] = std::numeric_limits<float>::quiet_NaN();
        samples[16'001] = std::numeric_limits<float>::infinity();
        samples[19'999] = -std::numeric_limits<float>::infinity();
        const std::string path = directory / "a.wav";
        write_sndfile(path, samples, {16000, 1}, SF_FORMAT_WAV | coding);
        samples[16'000] = samples[16'001] = samples[19'999] = 0;
        const Pipe pipe(read_bytes(path));
        for (const auto& input : {path, pipe.path()}) {
            const auto source = open_source(input, {});
            EXPECT_THAT(read_all(*source), ElementsAreArray(samples));
            ASSERT_EQ(source->damage().size(), 1u);
            EXPECT_NEAR(source->damage()[0].position_s, 1, 0.6);  // its block
            EXPECT_EQ(source->damage()[0].what, "3 samples from here on are not finite, replaced with 0");
        }
    }
}

/// A WAV of 1000 samples whose data chunk says that it has `stated` bytes.
std::string wav_that_states(std::uint32_t stated) {
    const TemporaryDirectory directory;
    write_sndfile(directory / "a.wav", noise(1000, 1), {16000, 1}, kWav16);
    auto bytes = read_bytes(directory / "a.wav");
    const auto data = bytes.find("data");
    for (std::size_t i = 0; i < 4; ++i) bytes[data + 4 + i] = static_cast<char>(stated >> (8 * i) & 0xff);
    return bytes;
}

TEST(WavSize, UnknownIsNoDamageAndTooLittleIs) {
    const TemporaryDirectory directory;
    const std::string path = directory / "a.wav";
    struct Case {
        std::uint32_t stated;
        bool damaged;
    };
    // 0 and all ones are what streaming programs write; arecord and sox write sizes near 2 GiB.
    for (const auto& [stated, damaged] :
         {Case{2000, false}, Case{0, false}, Case{0xFFFFFFFF, false}, Case{0xFFFFFFDB, false},
          Case{0x7FFFFFFF, false}, Case{0x80000000, false}, Case{2002, true}, Case{4000, true},
          Case{0x40000000, true}, Case{0xC0000000, true}}) {
        const auto bytes = wav_that_states(stated);
        write_bytes(path, bytes);
        const Pipe pipe(bytes);
        for (const auto& input : {path, pipe.path()}) {
            const auto source = open_source(input, {});
            EXPECT_EQ(read_all(*source).size(), 1000u) << stated << " " << input;
            EXPECT_EQ(!source->damage().empty(), damaged) << stated << " " << input;
            if (damaged) {
                EXPECT_THAT(source->damage()[0].what, HasSubstr("short of what its header promises"));
                EXPECT_NEAR(source->damage()[0].position_s, 1000.0 / 16000, 1e-9);
            }
        }
    }
}

TEST(HostileHeader, RatesAndChannelsThatCannotBeAreErrors) {
    const TemporaryDirectory directory;
    const auto whole = wav_that_states(2000);
    const auto format = whole.find("fmt ") + 8;  // coding, channels (2 bytes each), rate (4)
    struct Patch {
        std::size_t at;
        std::string bytes;
    };
    for (const auto& [at, bytes] :
         {Patch{2, std::string("\0\0", 2)}, Patch{2, "\xff\xff"}, Patch{4, std::string(4, '\0')},
          Patch{4, "\xff\xff\xff\xff"}, Patch{4, std::string("\0\0\0\x80", 4)}}) {
        auto broken = whole;
        broken.replace(format + at, bytes.size(), bytes);
        write_bytes(directory / "a.wav", broken);
        const Pipe pipe(broken);
        for (const auto& input : {directory / "a.wav", pipe.path()}) {
            SourceOptions options;
            options.rate_hz = 16'000;
            EXPECT_THROW(read_file(input, options), Error) << at << " " << input;
        }
    }
}

TEST(CutMp3, WithoutPaddingAtItsEndIsWhole) {
    const TemporaryDirectory directory;
    write_sndfile(directory / "a.wav", noise(5 * 44'100, 1), {44100, 1}, kWav16);
    encode(directory / "a.wav", directory / "long.mp3");
    encode(directory / "long.mp3", directory / "cut.mp3", "-t 3 -c copy");
    const auto source = open_source(directory / "cut.mp3", {});
    const auto sound = read_all(*source);
    EXPECT_NEAR(static_cast<double>(sound.size()) / 44'100, 3, 0.05);
    EXPECT_TRUE(source->damage().empty());
    EXPECT_EQ(source->frames(), std::ssize(sound));
}

TEST(JoinedMp3, WhatHasAnotherRateIsLeftOutAndSaid) {
    const TemporaryDirectory directory;
    write_sndfile(directory / "a.wav", noise(3 * 44'100, 1), {44100, 1}, kWav16);
    const std::string plain = "-write_xing 0 -id3v2_version 0";
    encode(directory / "a.wav", directory / "first.mp3", plain);
    encode(directory / "a.wav", directory / "second.mp3", plain + " -ar 32000");
    const auto first = read_bytes(directory / "first.mp3");
    write_bytes(directory / "joined.mp3", first + read_bytes(directory / "second.mp3") + first);
    const auto source = open_source(directory / "joined.mp3", {});
    EXPECT_NEAR(static_cast<double>(read_all(*source).size()) / 44'100, 6, 0.3);
    ASSERT_FALSE(source->damage().empty());
    EXPECT_NEAR(source->damage()[0].position_s, 3, 0.1);
    EXPECT_THAT(source->damage()[0].what, HasSubstr("changes from 44100 to 32000 Hz, skipped"));
}

TEST(RawInput, EndingWithinASampleIsDamage) {
    SourceOptions options = all_channels();
    options.raw = parse_raw("s16le,8000,2");
    const Pipe whole(std::string(4000, '\1')), torn(std::string(4003, '\1'));
    const auto good = open_source(whole.path(), options);
    EXPECT_EQ(read_all(*good).size(), 2000u);
    EXPECT_TRUE(good->damage().empty());
    const auto bad = open_source(torn.path(), options);
    EXPECT_EQ(read_all(*bad).size(), 2000u);
    EXPECT_EQ(bad->damage().size(), 1u);
}

}  // namespace
}  // namespace earshot::audio
