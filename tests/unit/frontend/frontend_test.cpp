#include "frontend/frontend.h"

#include <gtest/gtest.h>

#include "unit/frontend/oracle.h"

namespace earshot::frontend {
namespace {

std::vector<std::vector<float>> frames_of(Frontend& frontend, std::span<const float> samples) {
    std::vector<std::vector<float>> frames;
    const FrameSink sink = [&](std::span<const float> frame, double onset_s) {
        frames.emplace_back(frame.begin(), frame.end()).push_back(static_cast<float>(onset_s));
    };
    frontend.push(samples, sink);
    frontend.finish(sink);
    return frames;
}

/// The defaults, and each setting moved off its default, where such settings are accepted.
std::vector<nlohmann::ordered_json> variants(const std::string& kind) {
    const auto defaults = default_frontend(kind);
    std::vector<nlohmann::ordered_json> all{defaults};
    for (const auto& [key, value] : defaults.items()) {
        auto changed = defaults;
        if (value.is_boolean()) {
            changed[key] = !value.get<bool>();
        } else if (value.is_number_integer()) {
            changed[key] = value.get<int>() + 1;
        } else if (value.is_number()) {
            changed[key] = value.get<double>() * 0.9 + 0.001;
        } else {
            continue;
        }
        try {
            make_frontend(changed);
            all.push_back(changed);
        } catch (const std::exception&) {
            // a setting that only fits together with others
        }
    }
    return all;
}

TEST(Frontend, settings_make_a_front_end_that_computes_the_same_for_every_kind) {
    for (const auto& kind : frontend_kinds()) {
        const auto all = variants(kind);
        EXPECT_GT(all.size(), 3u) << kind;
        for (const auto& settings : all) {
            const auto first = make_frontend(settings);
            // Through text, as model.json and datasets keep them.
            const auto again = make_frontend(nlohmann::ordered_json::parse(first->settings().dump()));
            EXPECT_EQ(again->settings(), first->settings()) << settings;
            EXPECT_EQ(again->rate_hz(), first->rate_hz());
            EXPECT_EQ(again->dimension(), first->dimension());
            EXPECT_EQ(again->hop_s(), first->hop_s());
            EXPECT_EQ(again->window_s(), first->window_s());
            const auto samples = white_noise(
                static_cast<std::size_t>(first->rate_hz() * (2 * first->window_s() + first->hop_s())));
            const auto frames = frames_of(*first, samples);
            EXPECT_FALSE(frames.empty()) << settings;
            EXPECT_EQ(frames_of(*again, samples), frames) << settings;
        }
    }
}

}  // namespace
}  // namespace earshot::frontend
