#include "dataset/framing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>

#include "support/error.h"

namespace earshot::dataset {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr double kEnd = std::numeric_limits<double>::infinity();

/// A source of the numbers 0, 1, 2, ... in blocks of uneven size.
class Counting : public audio::Source {
 public:
    explicit Counting(std::size_t samples) {
        for (std::size_t i = 0; i < samples; ++i) samples_.push_back(static_cast<float>(i));
    }
    audio::AudioFormat format() const override { return {10, 1}; }
    std::span<const float> read(std::size_t max_frames) override {
        const std::size_t size = std::min({max_frames, block_++ % 7 + 1, samples_.size() - place_});
        place_ += size;
        return std::span(samples_).subspan(place_ - size, size);
    }
    std::optional<std::int64_t> frames() const override { return {}; }
    std::span<const audio::Damage> damage() const override { return damage_; }

    std::vector<audio::Damage> damage_;

 private:
    std::vector<float> samples_;
    std::size_t place_ = 0, block_ = 0;
};

/// A front end whose frame is the first sample of each second at 10 Hz; a short second counts at the end.
class Firsts : public frontend::Frontend {
 public:
    int rate_hz() const override { return 10; }
    std::size_t dimension() const override { return 1; }
    double hop_s() const override { return 1; }
    double window_s() const override { return 1; }
    void push(std::span<const float> samples, const frontend::FrameSink& sink) override {
        for (const float sample : samples) {
            if (sample == 77) throw Error("sample 77");
            pending_.push_back(sample);
            if (pending_.size() == 10) emit(sink);
        }
    }
    void finish(const frontend::FrameSink& sink) override {
        if (!pending_.empty()) emit(sink);
        reset();
    }
    void reset() override {
        pending_.clear();
        frames_ = 0;
    }
    nlohmann::ordered_json settings() const override { return {}; }

 private:
    void emit(const frontend::FrameSink& sink) {
        sink(std::span(pending_).first(1), frames_++);
        pending_.clear();
    }
    std::vector<float> pending_;
    int frames_ = 0;
};

TEST(FrameRecording, says_what_of_the_recording_each_frame_covers) {
    Counting source(25);
    Firsts frontend;
    std::vector<float> firsts;
    std::vector<std::pair<double, double>> covered;
    FramingOptions options;
    options.start_s = 100;
    std::size_t seen = 0;
    options.samples = [&](std::span<const float> samples) { seen += samples.size(); };
    const double duration_s =
        frame_recording(source, frontend, options, [&](auto frame, double onset_s, double offset_s) {
            firsts.push_back(frame[0]);
            covered.emplace_back(onset_s, offset_s);
        });
    EXPECT_EQ(duration_s, 2.5);
    EXPECT_EQ(seen, 25u);
    EXPECT_THAT(firsts, ElementsAre(0, 10, 20));
    EXPECT_THAT(covered, ElementsAre(std::pair(100., 101.), std::pair(101., 102.), std::pair(102., 102.5)));
}

TEST(FrameRecording, names_the_recording_that_has_no_frames_and_can_go_on_with_another) {
    Counting bad(100), good(10);
    Firsts frontend;
    FramingOptions options;
    options.name = "night.wav";
    int frames = 0;
    const windows::WindowSink count = [&](auto, double, double) { ++frames; };
    EXPECT_THAT([&] { frame_recording(bad, frontend, options, count); },
                ThrowsMessage<Error>("night.wav: sample 77"));
    frames = 0;
    frame_recording(good, frontend, options, count);
    EXPECT_EQ(frames, 1);
}

TEST(DamageTexts, say_where) {
    Counting source(0);
    source.damage_ = {{1.5, "invalid data"}};
    EXPECT_THAT(damage_texts(source), ElementsAre("at 1.500 s: invalid data"));
}

TEST(FrameLabeller, agrees_with_the_whole_timeline_at_every_frame) {
    std::mt19937 random(3);
    const std::vector<std::string> labels{"a", "b", "c", "d"};
    std::uniform_real_distribution<double> place(0, 100), length(0.01, 12);
    for (int round = 0; round < 50; ++round) {
        label::Timeline timeline;
        for (unsigned i = 0; i < random() % 60; ++i) {
            const double onset_s = place(random);
            const double offset_s = random() % 20 == 0 ? kEnd : onset_s + length(random);
            timeline.events.push_back({onset_s, offset_s, labels[random() % 4], {}});
        }
        timeline.sort();
        const double hop_s = length(random) / 4, window_s = hop_s + (round % 2 ? length(random) / 2 : 0);
        FrameLabeller labeller(timeline, labels, hop_s, window_s);
        for (double onset_s = 0; onset_s < 110; onset_s += hop_s) {
            const double centre_s = onset_s + window_s / 2;
            const auto cover = timeline.dominant(std::max(onset_s, centre_s - hop_s / 2),
                                                 std::min(onset_s + window_s, centre_s + hop_s / 2));
            const auto expected = cover ? std::ranges::find(labels, cover->label) - labels.begin() : -1;
            ASSERT_EQ(labeller.class_of(onset_s, onset_s + window_s), expected) << onset_s;
        }
    }
}

TEST(FrameLabeller, gives_every_moment_to_one_of_the_frames_that_overlap) {
    const label::Timeline timeline{{{0, 1.0625, "a", {}}, {1.0625, 1.3125, "b", {}}, {1.3125, 9, "a", {}}}};
    const std::vector<std::string> labels{"a", "b"};
    FrameLabeller labeller(timeline, labels, 0.125, 0.5);
    int frames = 0;
    for (int i = 0; i < 60; ++i) frames += labeller.class_of(i * 0.125, i * 0.125 + 0.5) == 1;
    EXPECT_EQ(frames, 2);  // 0.25 s
}

TEST(FrameLabeller, refuses_a_label_that_is_no_class) {
    const label::Timeline timeline{{{0, 1, "dog", {}}}};
    const std::vector<std::string> labels{"cat"};
    EXPECT_THAT([&] { FrameLabeller(timeline, labels, 1, 1); },
                ThrowsMessage<Error>(HasSubstr("'dog' is not one")));
}

TEST(FillGaps, covers_all_that_no_event_does) {
    label::Timeline timeline{{{1, 3, "a", {}}, {2, 4, "b", {}}, {4, 5, "a", {}}, {7, 8, "b", {}}}};
    fill_gaps(timeline, "z");
    EXPECT_THAT(timeline.events, ElementsAre(label::Event{0, 1, "z", {}}, label::Event{1, 3, "a", {}},
                                             label::Event{2, 4, "b", {}}, label::Event{4, 5, "a", {}},
                                             label::Event{5, 7, "z", {}}, label::Event{7, 8, "b", {}},
                                             label::Event{8, kEnd, "z", {}}));
}

TEST(FillGaps, leaves_a_full_timeline_alone_and_fills_an_empty_one) {
    label::Timeline full{{{0, kEnd, "a", {}}}}, empty;
    fill_gaps(full, "z");
    fill_gaps(empty, "z");
    EXPECT_EQ(full.events.size(), 1u);
    EXPECT_THAT(empty.events, ElementsAre(label::Event{0, kEnd, "z", {}}));
}

}  // namespace
}  // namespace earshot::dataset
