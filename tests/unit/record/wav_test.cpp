#include "audio/wav.h"

#include <gtest/gtest.h>
#include <sndfile.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "record/segment_name.h"
#include "support/error.h"

namespace earshot::record {
namespace {

template <class Number>
Number number_at(const std::string& bytes, std::size_t at) {
    Number number;
    std::memcpy(&number, bytes.data() + at, sizeof number);
    return number;
}

TEST(Wav, SizesOfFourGigabytesAndMore) {
    const auto small = audio::wav_header({48000, 2}, audio::SampleEncoding::pcm16, 4'000'000'000, true);
    const auto large = audio::wav_header({48000, 2}, audio::SampleEncoding::pcm16, 6'000'000'000, true);
    ASSERT_EQ(small.size(), large.size());
    EXPECT_EQ(small.substr(0, 4), "RIFF");
    EXPECT_EQ(number_at<std::uint32_t>(small, small.size() - 4), 4'000'000'000u);
    EXPECT_EQ(number_at<std::uint32_t>(small, 4), 4'000'000'000u + small.size() - 8);
    EXPECT_EQ(large.substr(0, 4), "RF64");
    EXPECT_EQ(large.substr(12, 4), "ds64");
    EXPECT_EQ(number_at<std::uint32_t>(large, 4), 0xFFFFFFFFu);
    EXPECT_EQ(number_at<std::uint64_t>(large, 20), 6'000'000'000u + large.size() - 8);
    EXPECT_EQ(number_at<std::uint64_t>(large, 28), 6'000'000'000u);
    EXPECT_EQ(number_at<std::uint64_t>(large, 36), 1'500'000'000u);
}

TEST(Wav, ARecordingThatBrokeOffIsWholeAgain) {
    const auto path = (std::filesystem::temp_directory_path() / "earshot-wav-test.wav").native();
    for (const auto encoding :
         {audio::SampleEncoding::pcm16, audio::SampleEncoding::pcm24, audio::SampleEncoding::float32}) {
        for (const int channels : {1, 2, 5}) {
            std::vector<float> samples(static_cast<std::size_t>(7 * channels));
            for (std::size_t i = 0; i < samples.size(); ++i) samples[i] = static_cast<float>(i) / 64;
            std::vector<char> pcm;
            audio::append_pcm(samples, encoding, pcm);
            pcm.pop_back();  // the last frame is torn
            std::ofstream(path, std::ios::binary) << audio::wav_header({8000, channels}, encoding, {}, true)
                                                  << std::string(pcm.begin(), pcm.end());
            EXPECT_EQ(audio::repair_wav(path), 6);
            SF_INFO info{};
            SNDFILE* const file = sf_open(path.c_str(), SFM_READ, &info);
            ASSERT_TRUE(file);
            EXPECT_EQ(info.frames, 6);
            EXPECT_EQ(info.channels, channels);
            std::vector<float> read(static_cast<std::size_t>(6 * channels));
            sf_readf_float(file, read.data(), 6);
            sf_close(file);
            EXPECT_TRUE(std::equal(read.begin(), read.end(), samples.begin()));
        }
    }
    std::ofstream(path, std::ios::binary) << "RIFF";
    EXPECT_THROW(audio::repair_wav(path), Error);
    std::filesystem::remove(path);
}

TEST(SegmentName, SaysWhenASegmentBegins) {
    using namespace std::chrono;
    const UtcTime time = sys_days(2024y / February / 29) + 23h + 59min + 58s + 123456us;
    EXPECT_EQ(day_name(time), "2024-02-29");
    EXPECT_EQ(segment_name(time, 0), "20240229T235958.123Z");
    EXPECT_EQ(segment_name(time, 2), "20240229T235958.123Z-2");
    EXPECT_EQ(segment_start("20240229T235958.123Z-2.flac"), floor<milliseconds>(time));
    EXPECT_EQ(name_of_part(part_name("20240229T235958.123Z.wav")), "20240229T235958.123Z.wav");
    for (const char* other :
         {"", "index.jsonl", "20240230T000000.000Z.wav", "20240229T235958.123Z", "2024022XT235958.123Z.wav"})
        EXPECT_FALSE(segment_start(other)) << other;
    EXPECT_FALSE(name_of_part("20240229T235958.123Z.wav.part"));
    EXPECT_FALSE(name_of_part(".notes.part"));
}

}  // namespace
}  // namespace earshot::record
