// What comes out of a coded file must lie where it lay in the recording that was coded.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "support/error.h"
#include "unit/audio/audio_files.h"
#include "unit/audio/encode.h"

namespace earshot::audio {
namespace {

using testing::FloatNear;
using testing::HasSubstr;
using testing::Pointwise;

struct Codec {
    const char* name;
    const char* extension;
    const char* options;
    int rate_hz;           // of the original, and asked for
    float seek_tolerance;  // of a stretch that was sought to, against the same one of the whole
    bool forward;          // can be read from a pipe
};

std::ostream& operator<<(std::ostream& out, const Codec& codec) { return out << codec.name; }

/// Low-passed noise, which every codec keeps, and not the same anywhere.
std::vector<float> smooth_noise(std::size_t frames) {
    auto samples = noise(frames, 1);
    float state = 0;
    for (float& sample : samples) sample = state = 0.9f * state + 0.2f * sample;
    return samples;
}

/// The shift, in samples, at which two recordings fit best.
int best_lag(const std::vector<float>& a, const std::vector<float>& b) {
    constexpr int kMost = 3000;
    int best = -kMost;
    double best_sum = -1e30;
    for (int lag = -kMost; lag <= kMost; ++lag) {
        double sum = 0;
        for (std::size_t i = 20'000; i < 30'000; ++i)
            sum += double{a[i + static_cast<std::size_t>(lag + kMost) - kMost]} * b[i];
        if (sum > best_sum) {
            best_sum = sum;
            best = lag;
        }
    }
    return best;
}

class EveryCodec : public testing::TestWithParam<Codec> {
 protected:
    void SetUp() override {
        original_ = smooth_noise(static_cast<std::size_t>(8.123 * GetParam().rate_hz));
        write_sndfile(directory_ / "source.wav", original_, {GetParam().rate_hz, 1}, kWav16);
        path_ = directory_ / "a." + GetParam().extension;
        encode(directory_ / "source.wav", path_, GetParam().options);
    }
    SourceOptions wanted() const {
        SourceOptions options;
        options.rate_hz = GetParam().rate_hz;
        return options;
    }

    TemporaryDirectory directory_;
    std::vector<float> original_;
    std::string path_;
};

TEST_P(EveryCodec, IsAsLongAsTheOriginalAndAligned) {
    const auto source = open_source(path_, wanted());
    const auto stated = source->frames();
    const auto decoded = read_all(*source);
    EXPECT_EQ(decoded.size(), original_.size());
    if (stated) {
        EXPECT_EQ(*stated, original_.size());
    }
    EXPECT_EQ(best_lag(decoded, original_), 0);
    EXPECT_TRUE(source->damage().empty());
}

TEST_P(EveryCodec, AStretchIsTheSameStretchOfTheWhole) {
    const auto whole = read_file(path_, wanted());
    for (const double start_s : {0.00003, 0.5, 2.9, 4.56789, 8.1}) {
        SourceOptions options = wanted();
        options.start_s = start_s;
        options.duration_s = 0.2;
        const auto begin = static_cast<std::size_t>(std::llround(start_s * GetParam().rate_hz));
        const auto length =
            std::min(static_cast<std::size_t>(std::llround(0.2 * GetParam().rate_hz)), whole.size() - begin);
        const auto slice = std::vector(whole.begin() + static_cast<std::ptrdiff_t>(begin),
                                       whole.begin() + static_cast<std::ptrdiff_t>(begin + length));
        EXPECT_THAT(read_file(path_, options), Pointwise(FloatNear(GetParam().seek_tolerance), slice))
            << start_s;
    }
}

TEST_P(EveryCodec, ReadIntoMemoryOfAnySizeGivesTheSame) {
    for (const auto kind : {ChannelChoice::Kind::mix, ChannelChoice::Kind::all}) {
        SourceOptions options = wanted();
        options.channels.kind = kind;
        const auto whole = read_file(path_, options);
        for (const std::size_t size : {std::size_t{6}, std::size_t{1000}, std::size_t{30'000}}) {
            const auto source = open_source(path_, options);
            std::vector<float> memory(size), samples;
            while (const std::size_t got = source->read_into(memory))
                samples.insert(samples.end(), memory.begin(),
                               memory.begin() + static_cast<std::ptrdiff_t>(got));
            EXPECT_EQ(samples, whole) << size;
        }
    }
}

TEST_P(EveryCodec, APipeGivesTheSameOrSaysThatItCannot) {
    const Pipe pipe(read_bytes(path_));
    if (!GetParam().forward) {
        try {
            open_source(pipe.path(), wanted());
            FAIL();
        } catch (const Error& error) {
            EXPECT_THAT(error.what(), HasSubstr("its index is at the end"));
        }
        return;
    }
    const auto source = open_source(pipe.path(), wanted());
    EXPECT_EQ(read_all(*source), read_file(path_, wanted()));
    EXPECT_TRUE(source->damage().empty());
}

INSTANTIATE_TEST_SUITE_P(
    Source, EveryCodec,
    testing::Values(
        Codec{"Wav", "wav", "-c:a pcm_s24le", 44100, 0, true}, Codec{"Flac", "flac", "", 44100, 0, true},
        Codec{"Mp3", "mp3", "-b:a 128k", 44100, 0, true}, Codec{"Mp3Slow", "mp3", "-b:a 24k", 16000, 0, true},
        Codec{"Mp3Variable", "mp3", "-q:a 3", 48000, 0, true},
        Codec{"Vorbis", "ogg", "-c:a libvorbis", 44100, 0, true},
        Codec{"Opus", "opus", "-b:a 48k", 48000, 1e-4f, true},
        Codec{"OpusAt16kHz", "opus", "-b:a 48k", 16000, 1e-4f, true},
        Codec{"OpusSpeech", "opus", "-b:a 16k -application voip", 16000, 1e-4f, true},
        Codec{"OpusInWebm", "webm", "-c:a libopus", 48000, 1e-4f, true},
        // Without the noise that the decoder makes up, which depends on all that went before.
        Codec{"AacInMp4", "m4a", "-c:a aac -aac_pns 0", 44100, 1e-4f, false},
        Codec{"Alac", "m4a", "-c:a alac", 44100, 0, false}, Codec{"WavPack", "wv", "", 44100, 0, true}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(Codec, Mp3WithTagsAndAPictureIsOnlySound) {
    const TemporaryDirectory directory;
    write_sndfile(directory / "a.wav", smooth_noise(200'000), {44100, 1}, kWav16);
    encode(directory / "a.wav", directory / "plain.mp3", "-id3v2_version 0");
    const std::string frames = read_bytes(directory / "plain.mp3");
    const auto sound = read_file(directory / "plain.mp3");
    ASSERT_EQ(sound.size(), 200'000u);

    const std::string picture(300'000, '\xff');  // as many sync words as there could be
    std::string tag = "ID3\x03" + std::string("\0\0", 2);
    const std::size_t frame_size = 1 + 11 + 1 + 1 + picture.size();
    const std::size_t size = 10 + frame_size;
    for (int shift = 21; shift >= 0; shift -= 7) tag += static_cast<char>(size >> shift & 0x7f);
    tag += "APIC";
    for (int shift = 24; shift >= 0; shift -= 8) tag += static_cast<char>(frame_size >> shift & 0xff);
    tag += std::string("\0\0", 2) + std::string("\0image/jpeg\0\3\0", 14) + picture;
    const std::string last = "TAG" + std::string(125, ' ');
    for (const auto& [name, bytes] : {std::pair{"picture.mp3", tag + frames},
                                      {"last.mp3", frames + last},
                                      {"junk behind.mp3", frames + std::string(2000, '\0')}}) {
        write_bytes(directory / name, bytes);
        const auto source = open_source(directory / name, {});
        EXPECT_EQ(read_all(*source), sound) << name;
        EXPECT_TRUE(source->damage().empty()) << name;
    }
}

/// The sound of an Opus file at 48 kHz, by libavcodec, taken to 16 kHz on the way to a file of its own.
std::vector<float> by_libavcodec(const TemporaryDirectory& directory, const std::string& opus,
                                 const std::string& channels) {
    encode(opus, directory / "other.wav",
           "-ac " + channels + " -af aresample=16000:resampler=soxr -c:a pcm_f32le");
    return read_file(directory / "other.wav", all_channels());
}

double level(const std::vector<float>& samples) {
    double sum = 0;
    for (const float sample : samples) sum += double{sample} * sample;
    return sum;
}

TEST(Codec, OpusAt16kHzIsWhatItIsAt48) {
    const TemporaryDirectory directory;
    const auto low = sine(440, 96'000, 48000, 0.3f), high = sine(6000, 96'000, 48000, 0.1f);
    for (const int channels : {1, 2}) {
        std::vector<float> samples;
        for (std::size_t i = 0; i < low.size(); ++i) {
            samples.push_back(low[i] + high[i]);
            if (channels == 2) samples.push_back(low[i] - high[i]);
        }
        write_sndfile(directory / "a.wav", samples, {48000, channels}, kWavFloat);
        encode(directory / "a.wav", directory / "a.opus", "-b:a 160k");
        SourceOptions options = all_channels();
        options.rate_hz = 16000;
        auto ours = read_file(directory / "a.opus", options);
        const auto wanted = by_libavcodec(directory, directory / "a.opus", std::to_string(channels));
        ASSERT_EQ(ours.size(), wanted.size());
        for (std::size_t i = 0; i < ours.size(); ++i) ours[i] -= wanted[i];
        EXPECT_LT(level(ours), 1e-5 * level(wanted)) << channels;
    }
}

/// Writes the check sum of a file's first Ogg page anew (RFC 3533, 6).
void seal_first_page(std::string& bytes) {
    std::size_t size = 27;
    for (std::size_t i = 0; i < static_cast<unsigned char>(bytes[26]); ++i)
        size += static_cast<unsigned char>(bytes[27 + i]);
    size += static_cast<unsigned char>(bytes[26]);
    std::fill_n(bytes.begin() + 22, 4, '\0');
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < size; ++i) {
        sum ^= std::uint32_t{static_cast<unsigned char>(bytes[i])} << 24;
        for (int bit = 0; bit < 8; ++bit) sum = sum << 1 ^ (sum >> 31 ? 0x04c11db7u : 0);
    }
    for (std::size_t i = 0; i < 4; ++i) bytes[22 + i] = static_cast<char>(sum >> 8 * i);
}

TEST(Codec, OpusHasTheGainOfItsHeaderAtAnyRate) {
    const TemporaryDirectory directory;
    write_sndfile(directory / "a.wav", sine(440, 48'000, 48000, 0.1f), {48000, 1}, kWav16);
    encode(directory / "a.wav", directory / "a.opus");
    auto bytes = read_bytes(directory / "a.opus");
    const auto gain = bytes.find("OpusHead") + 16;
    bytes[gain + 1] = 6;  // dB, in 256ths
    seal_first_page(bytes);
    write_bytes(directory / "louder.opus", bytes);
    for (const int rate_hz : {16'000, 48'000}) {
        SourceOptions options;
        options.rate_hz = rate_hz;
        const double ratio = level(read_file(directory / "louder.opus", options)) /
                             level(read_file(directory / "a.opus", options));
        EXPECT_NEAR(10 * std::log10(ratio), 6, 0.01) << rate_hz;
    }
}

/// Files of one page and others, against libsndfile's own decoder.
TEST(Codec, VorbisOfAnyLengthIsWhatLibsndfileDecodes) {
    const TemporaryDirectory directory;
    for (const std::size_t frames : {200u, 1000u, 5000u, 48'000u, 100'001u}) {
        const std::string path = directory / "a.ogg";
        write_sndfile(path, sine(440, frames, 48000), {48000, 1}, SF_FORMAT_OGG | SF_FORMAT_VORBIS);
        SF_INFO info{};
        const std::unique_ptr<SNDFILE, int (*)(SNDFILE*)> file(sf_open(path.c_str(), SFM_READ, &info),
                                                               sf_close);
        std::vector<float> wanted(frames);
        ASSERT_EQ(sf_readf_float(file.get(), wanted.data(), info.frames), static_cast<sf_count_t>(frames));
        EXPECT_THAT(read_file(path), Pointwise(FloatNear(1e-5f), wanted)) << frames;
    }
}

}  // namespace
}  // namespace earshot::audio
