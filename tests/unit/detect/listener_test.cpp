#include "detect/listener.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "support/error.h"
#include "unit/model/fake_scorer.h"

namespace earshot::detect {
namespace {

constexpr int kRate = 8000;

/// Ten seconds: a sine of amplitude 0.8 from 2 s to 5 s, silence around it.
class BeepSource : public audio::Source {
 public:
    explicit BeepSource(std::size_t block = 1000, std::optional<std::int64_t> fail_at = {})
        : block_(block), fail_at_(fail_at) {}
    audio::AudioFormat format() const override { return {kRate, 1}; }
    std::span<const float> read(std::size_t max_frames) override {
        if (fail_at_ && next_ >= *fail_at_) throw Error("the device is gone");
        samples_.resize(std::min({static_cast<std::size_t>(10 * kRate - next_), max_frames, block_}));
        for (float& sample : samples_) {
            const bool beep = next_ >= 2 * kRate && next_ < 5 * kRate;
            sample =
                beep ? static_cast<float>(0.8 * std::sin(std::numbers::pi / 4 * static_cast<double>(next_)))
                     : 0;
            ++next_;
        }
        return samples_;
    }
    std::optional<std::int64_t> frames() const override { return 10 * kRate; }
    std::span<const audio::Damage> damage() const override { return {}; }

 private:
    std::size_t block_;
    std::optional<std::int64_t> fail_at_;
    std::int64_t next_ = 0;
    std::vector<float> samples_;
};

model::ModelFile model() {
    model::ModelFile file;
    file.frontend = {{"kind", "spectrum"}, {"rate_hz", kRate},  {"duration_s", 0.5},
                     {"low_hz", 500.0},    {"high_hz", 1500.0}, {"bins", 1}};
    file.labels = {"beep", "background"};
    return file;
}

struct Parts {
    FakeScorer* scorer;  // the listener's
    Listener listener;
    explicit Parts(EventRules rules = {{{"beep", 0.5, 0.5, 0, 0, 1}, EventRule{}}, {}}, double overlap = 0)
        : Parts(std::make_unique<FakeScorer>(1), std::move(rules), overlap) {}

 private:
    Parts(std::unique_ptr<FakeScorer> owned, EventRules rules, double overlap)
        : scorer(owned.get()),
          listener(std::make_shared<model::Model>("model", model(), std::move(owned)), std::move(rules),
                   overlap) {}
};

TEST(Listener, hears_what_is_there_and_says_when) {
    Parts parts;
    StringOutput scores;
    std::vector<label::Event> events;
    BeepSource source;
    ListenOptions options;
    options.start_s = 60;
    options.scores = &scores;
    const auto heard =
        parts.listener.listen(source, options, [&](const label::Event& event) { events.push_back(event); });
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].label, "beep");
    EXPECT_EQ(events[0].onset_s, 62);
    EXPECT_EQ(events[0].offset_s, 65);
    EXPECT_NEAR(events[0].score.value(), 0.8, 0.01);
    EXPECT_EQ(heard.windows, 20);
    EXPECT_EQ(heard.end_s, 70);
    EXPECT_NEAR(heard.mean_scores[0], 0.8 * 3 / 10, 0.01);
    EXPECT_EQ(heard.mean_scores[1], 1);
    EXPECT_EQ(std::ranges::count(scores.text(), '\n'), 21);
    EXPECT_THAT(scores.text(),
                testing::StartsWith("onset\toffset\tbeep\tbackground\n60.000\t60.500\t0\t1\n"));
    EXPECT_THAT(parts.scorer->batches, testing::ElementsAre(20));
}

TEST(Listener, live_sound_is_scored_as_it_comes) {
    Parts parts;
    BeepSource source;
    std::vector<double> known_s;  // sound heard when each event came out
    double heard_s = 0;
    ListenOptions options;
    options.live = true;
    options.progress = [&](double seconds) { heard_s = seconds; };
    parts.listener.listen(source, options, [&](const label::Event&) { known_s.push_back(heard_s); });
    ASSERT_EQ(known_s.size(), 1u);
    EXPECT_NEAR(known_s[0], 5.5, 0.25);  // the window after the last one of the event, and a block
}

TEST(Listener, leaves_nothing_of_a_recording_that_failed) {
    Parts parts;
    const EventDetector::Sink none = [](const label::Event&) { FAIL(); };
    BeepSource broken(1000, 3 * kRate + 100);
    EXPECT_THROW(parts.listener.listen(broken, {}, none), Error);
    std::vector<label::Event> events;
    BeepSource whole;
    parts.listener.listen(whole, {}, [&](const label::Event& event) { events.push_back(event); });
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].onset_s, 2);
}

TEST(Listener, what_is_quiet_makes_no_event_and_any_sound_is_one_if_asked_for) {
    const EventRule beep{"beep", 0.5, 0.5, 0, 0, 1}, any{kAnySound, 0.5, 0.5, 0, 0, 1};
    const auto labels_above = [&](double level_dbfs) {
        Parts parts({{beep, EventRule{}, any}, level_dbfs});
        BeepSource source;
        std::vector<label::Event> events;
        parts.listener.listen(source, {}, [&](const label::Event& event) { events.push_back(event); });
        std::vector<std::string> labels;
        for (const auto& event : events) {
            EXPECT_EQ(std::pair(event.onset_s, event.offset_s), std::pair(2.0, 5.0));
            labels.push_back(event.label);
        }
        return labels;
    };
    const double level_dbfs = 20 * std::log10(0.8 / std::sqrt(2));
    EXPECT_THAT(labels_above(level_dbfs - 0.01), testing::ElementsAre("beep", "any"));
    EXPECT_THAT(labels_above(level_dbfs + 0.01), testing::ElementsAre());
}

TEST(Listener, overlapping_windows_place_events_more_finely) {
    Parts parts({{{"beep", 0.5, 0.5, 0, 0, 1}, EventRule{}}, {}}, 0.8);  // a hop of 0.1 s
    BeepSource source;
    std::vector<label::Event> events;
    const auto heard =
        parts.listener.listen(source, {}, [&](const label::Event& event) { events.push_back(event); });
    EXPECT_EQ(heard.windows, 96);  // from 0 to 9.5 s
    ASSERT_EQ(events.size(), 1u);
    // A window is a beep from more than half of it on, and speaks for the 0.1 s around its centre.
    EXPECT_NEAR(events[0].onset_s, 2, 0.11);
    EXPECT_NEAR(events[0].offset_s, 5, 0.11);
}

TEST(Listener, thresholds_change_while_it_listens) {
    Parts parts;
    BeepSource source;
    ListenOptions options;
    options.live = true;
    options.progress = [&](double heard_s) {
        if (heard_s > 3.6) parts.listener.set_thresholds(0, 1, 1);
    };
    std::vector<label::Event> events;
    parts.listener.listen(source, options, [&](const label::Event& event) { events.push_back(event); });
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(std::pair(events[0].onset_s, events[0].offset_s), std::pair(2.0, 3.5));
}

TEST(Listener, refuses_a_model_that_does_not_know_its_front_end) {
    model::ModelFile unknown = model();
    unknown.frontend = nullptr;
    const EventRules rules{std::vector<EventRule>(2), {}};
    const auto opened = std::make_shared<model::Model>("m", unknown, std::make_unique<FakeScorer>(1));
    EXPECT_THROW(Listener(opened, rules), Error);
}

}  // namespace
}  // namespace earshot::detect
