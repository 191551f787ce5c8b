#include "frontend/logmel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <random>
#include <stdexcept>

#include "frontend/mel_bank.h"
#include "oracle.h"
#include "support/error.h"

namespace earshot::frontend {
namespace {

using Json = nlohmann::ordered_json;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

Json settings(bool centred = false, int rate_hz = 16000, const char* kind = "logmel") {
    Json json = default_frontend(kind);
    json["rate_hz"] = rate_hz;
    json["high_hz"] = 0.48 * rate_hz;
    json["centred"] = centred;
    return json;
}

struct Frames {
    std::vector<std::vector<float>> values;
    std::vector<double> onsets_s;
    FrameSink sink() {
        return [this](std::span<const float> frame, double onset_s) {
            values.emplace_back(frame.begin(), frame.end());
            onsets_s.push_back(onset_s);
        };
    }
};

Frames analyse(Frontend& frontend, std::span<const float> samples) {
    Frames frames;
    frontend.push(samples, frames.sink());
    frontend.finish(frames.sink());
    return frames;
}

TEST(MelScale, MeetsItsPublishedPoints) {
    EXPECT_NEAR(mel_from_hz(1000, MelScale::slaney), 15, 1e-12);
    EXPECT_NEAR(mel_from_hz(6400, MelScale::slaney), 15 + 27, 1e-12);
    EXPECT_NEAR(mel_from_hz(200, MelScale::slaney), 3, 1e-12);
    EXPECT_NEAR(mel_from_hz(1000, MelScale::htk), 1000, 0.1);  // what the constants were chosen for
    for (const auto scale : {MelScale::slaney, MelScale::htk})
        for (double hz = 0; hz < 20000; hz += 37.3)
            EXPECT_NEAR(hz_from_mel(mel_from_hz(hz, scale), scale), hz, 1e-9 * (hz + 1));
}

TEST(MelBank, TrianglesInMelAreThoseOfTensorFlow) {
    // tf.signal.linear_to_mel_weight_matrix, from its documentation: band edges at equal distances in mel,
    // the smaller of the slopes up and down in mel, and nothing of bin 0.
    const MelBank bank(512, 16000, {125, 7500, 64, MelScale::htk_mel, false});
    const auto mel = [](double hz) { return 1127 * std::log1p(hz / 700); };
    const double low = mel(125), step = (mel(7500) - low) / 65;
    for (std::size_t b = 0; b < 64; ++b) {
        const auto band = bank.band(b);
        for (std::size_t k = 0; k <= 256; ++k) {
            const double at = mel(static_cast<double>(k) * 31.25), left = low + step * static_cast<double>(b);
            const double wanted =
                k == 0 ? 0 : std::max(0.0, std::min(at - left, left + 2 * step - at) / step);
            const bool inside = k >= band.first && k < band.first + band.weights.size();
            EXPECT_NEAR(inside ? band.weights[k - band.first] : 0.0F, wanted, 1e-4) << b << " " << k;
        }
    }
}

TEST(MelBank, BandsOfEqualHeightSumToOneBetweenTheFirstAndLastCentre) {
    for (const auto scale : {MelScale::slaney, MelScale::htk}) {
        const MelBank bank(4096, 16000, {100, 7000, 30, scale, false});
        std::vector<double> sums(2049);
        for (std::size_t b = 0; b < bank.size(); ++b)
            for (std::size_t i = 0; i < bank.band(b).weights.size(); ++i)
                sums[bank.band(b).first + i] += bank.band(b).weights[i];
        const double step = (mel_from_hz(7000, scale) - mel_from_hz(100, scale)) / 31;
        const double first_hz = hz_from_mel(mel_from_hz(100, scale) + step, scale);
        const double last_hz = hz_from_mel(mel_from_hz(7000, scale) - step, scale);
        for (std::size_t k = 0; k < sums.size(); ++k) {
            const double hz = static_cast<double>(k) * 16000 / 4096;
            if (hz >= first_hz && hz <= last_hz) {
                EXPECT_NEAR(sums[k], 1, 1e-6) << hz;
            } else if (hz <= 100 || hz >= 7000) {
                EXPECT_EQ(sums[k], 0) << hz;
            }
        }
    }
}

TEST(MelBank, BandsOfEqualAreaAreJustThat) {
    const MelBank bank(65536, 16000, {50, 7800, 48, MelScale::slaney, true});
    for (std::size_t b = 0; b < bank.size(); ++b) {
        const auto weights = bank.band(b).weights;
        EXPECT_NEAR(std::accumulate(weights.begin(), weights.end(), 0.0) * 16000 / 65536, 1, 0.01) << b;
    }
}

TEST(MelBank, RefusesBandsBetweenTwoBins) {
    EXPECT_THAT(
        [] {
            MelBank(512, 16000, {50, 7800, 200, MelScale::slaney, true});
        },
        ThrowsMessage<Error>(HasSubstr("lies between two bins of a spectrum of 512 points")));
}

TEST(LogMel, SaysWhatItIs) {
    const auto frontend = make_frontend(default_frontend("logmel"));
    EXPECT_EQ(frontend->rate_hz(), 16000);
    EXPECT_EQ(frontend->dimension(), 48u);
    EXPECT_EQ(frontend->hop_s(), 0.01);
    EXPECT_EQ(frontend->window_s(), 0.025);
    EXPECT_EQ(frontend->settings().at("fft_size"), 512);
    EXPECT_EQ(make_frontend(frontend->settings())->settings(), frontend->settings());
}

TEST(LogMel, FramesAreAsManyAsFit) {
    const auto frontend = make_frontend(settings());
    const auto count = [&](std::size_t samples) {
        return analyse(*frontend, white_noise(samples)).values.size();
    };
    EXPECT_EQ(count(0), 0u);
    EXPECT_EQ(count(399), 0u);
    EXPECT_EQ(count(400), 1u);
    EXPECT_EQ(count(559), 1u);
    EXPECT_EQ(count(560), 2u);
    EXPECT_EQ(count(16000), 98u);
}

TEST(LogMel, CentredFramesAreOneAHop) {
    const auto frontend = make_frontend(settings(true));
    const auto count = [&](std::size_t samples) {
        return analyse(*frontend, white_noise(samples)).values.size();
    };
    EXPECT_EQ(count(0), 0u);
    EXPECT_EQ(count(200), 0u);  // not enough for a mirror image
    EXPECT_EQ(count(201), 2u);
    EXPECT_EQ(count(16000), 101u);
    EXPECT_EQ(analyse(*frontend, white_noise(16000)).onsets_s.front(), -0.0125);
}

TEST(LogMel, CentredFramesSeeTheRecordingsMirrorImageBeyondItsEnds) {
    const auto samples = white_noise(5000);
    std::vector<float> mirrored(samples.begin() + 1, samples.begin() + 201);
    std::ranges::reverse(mirrored);
    mirrored.insert(mirrored.end(), samples.begin(), samples.end());
    mirrored.insert(mirrored.end(), samples.rbegin() + 1, samples.rbegin() + 201);
    EXPECT_EQ(analyse(*make_frontend(settings(true)), samples).values,
              analyse(*make_frontend(settings(false)), mirrored).values);
}

TEST(LogMel, FramesDoNotDependOnHowBlocksAreCut) {
    const auto samples = white_noise(20000);
    for (const auto& json :
         {settings(false), settings(true), settings(false, 16000, "pcen"), settings(true, 8000, "mfcc")}) {
        const auto frontend = make_frontend(json);
        const Frames whole = analyse(*frontend, samples);
        std::mt19937 random(7);
        for (int round = 0; round < 30; ++round) {
            Frames cut;
            for (std::size_t start = 0; start < samples.size();) {
                const std::size_t most = round % 3 == 0 ? 50 : round % 3 == 1 ? 700 : 9000;
                const std::size_t count = std::min(samples.size() - start, random() % most);  // 0 too
                frontend->push(std::span(samples).subspan(start, count), cut.sink());
                if (random() % 4 == 0) frontend->flush(cut.sink());
                start += count;
            }
            frontend->finish(cut.sink());
            ASSERT_EQ(cut.values, whole.values);  // bit for bit
            ASSERT_EQ(cut.onsets_s, whole.onsets_s);
        }
    }
}

TEST(LogMel, RelativesTellTheirSettingsAndBeginAnew) {
    const auto samples = white_noise(8000);
    for (const char* kind : {"logmel", "pcen", "mfcc"}) {
        const auto frontend = make_frontend(settings(false, 16000, kind));
        EXPECT_EQ(frontend->settings().at("kind"), kind);
        EXPECT_EQ(make_frontend(frontend->settings())->settings(), frontend->settings());
        const Frames first = analyse(*frontend, samples), second = analyse(*frontend, samples);
        ASSERT_EQ(first.values, second.values);
        EXPECT_EQ(first.values[0].size(), frontend->dimension());
    }
    Json json = settings(false, 16000, "mfcc");
    json["coefficients"] = 49;
    EXPECT_THAT([&] { make_frontend(json); }, ThrowsMessage<Error>(HasSubstr("coefficients is 49")));
}

TEST(LogMel, FlushEmitsAllThatIsWhole) {
    const auto frontend = make_frontend(settings());
    Frames frames;
    const auto samples = white_noise(16000);
    for (std::size_t start = 0; start < samples.size(); start += 160) {
        frontend->push(std::span(samples).subspan(start, 160), frames.sink());
        frontend->flush(frames.sink());
        const std::size_t pushed = start + 160;
        ASSERT_EQ(frames.values.size(), pushed < 400 ? 0 : (pushed - 400) / 160 + 1);
    }
}

TEST(LogMel, GainIsAddedInTheLogarithm) {
    auto samples = white_noise(8000);
    const auto frontend = make_frontend(settings());
    const Frames quiet = analyse(*frontend, samples);
    for (float& sample : samples) sample *= 10;
    const Frames loud = analyse(*frontend, samples);
    for (std::size_t i = 0; i < quiet.values.size(); ++i)
        for (std::size_t b = 0; b < 48; ++b)
            EXPECT_NEAR(loud.values[i][b] - quiet.values[i][b], std::log(100.0), 1e-4);
}

TEST(LogMelDamage, NotANumberIsAnErrorThatNamesThePlaceAndLeavesItAsNew) {
    const auto frontend = make_frontend(settings());
    const auto samples = white_noise(16000);
    const Frames expected = analyse(*frontend, samples);
    for (const float bad :
         {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
        auto broken = samples;
        broken[8000] = bad;  // first seen by the frame from 7680 on
        EXPECT_THAT([&] { analyse(*frontend, broken); },
                    ThrowsMessage<Error>(HasSubstr("samples from 0.480 s on are not finite")));
        EXPECT_EQ(analyse(*frontend, samples).values, expected.values);
    }
    EXPECT_THROW(frontend->push(samples, [](auto, double) { throw std::runtime_error("full"); }),
                 std::runtime_error);
    EXPECT_EQ(analyse(*frontend, samples).values, expected.values);
    frontend->push(std::span(samples).first(3000), [](auto, double) {});
    frontend->reset();
    EXPECT_EQ(analyse(*frontend, samples).onsets_s, expected.onsets_s);
}

}  // namespace
}  // namespace earshot::frontend
