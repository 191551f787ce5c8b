#include "model/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "support/error.h"
#include "unit/model/fake_scorer.h"

namespace earshot::model {
namespace {

struct Parts {
    explicit Parts(std::size_t window_values, double overlap = 0, ModelFile file = {})
        : Parts(std::make_unique<FakeScorer>(window_values), overlap, std::move(file)) {}
    const FakeScorer* scorer;  // the model's
    Session session;

 private:
    Parts(std::unique_ptr<FakeScorer> owned, double overlap, ModelFile file)
        : scorer(owned.get()),
          session(std::make_shared<Model>("model", std::move(file), std::move(owned)), overlap) {}
};

TEST(Session, every_window_is_scored_once_in_order_and_for_its_owner) {
    for (const int count : {0, 1, 255, 256, 257, 1000}) {
        Parts parts(2);
        std::vector<float> firsts;
        std::vector<std::size_t> owners;
        const ScoreSink sink = [&](std::size_t owner, std::span<const float> scores) {
            firsts.push_back(scores[0]);
            owners.push_back(owner);
        };
        for (int i = 0; i < count; ++i)
            parts.session.score(static_cast<std::size_t>(i / 3), std::array{static_cast<float>(i), 1.0f}, 1,
                                sink);
        parts.session.flush(sink);
        ASSERT_EQ(firsts.size(), static_cast<std::size_t>(count));
        for (std::size_t i = 0; i < firsts.size(); ++i) {
            EXPECT_EQ(firsts[i], static_cast<float>(i) + 1);
            EXPECT_EQ(owners[i], i / 3);
        }
        for (std::size_t i = 0; i + 1 < parts.scorer->batches.size(); ++i)
            EXPECT_EQ(parts.scorer->batches[i], Session::kMaxWindows);
    }
}

TEST(Session, large_windows_make_small_batches) {
    Parts parts(std::size_t{1} << 19);
    const std::vector<float> window(parts.scorer->window_values());
    for (int i = 0; i < 4; ++i) parts.session.score(0, window, 1, [](std::size_t, std::span<const float>) {});
    EXPECT_THAT(parts.scorer->batches, testing::ElementsAre(2, 2));
}

TEST(Session, refuses_windows_of_another_size) {
    Parts parts(2);
    EXPECT_THROW(parts.session.score(0, std::array{1.0f}, 1, [](std::size_t, std::span<const float>) {}),
                 Error);
}

TEST(Session, a_batch_that_is_dropped_is_not_scored) {
    Parts parts(2);
    const ScoreSink none = [](std::size_t, std::span<const float>) { FAIL(); };
    parts.session.score(0, std::array{1.0f, 2.0f}, 1, none);
    parts.session.reset();
    parts.session.flush(none);
}

ModelFile spectrum_model() {
    ModelFile file;
    file.frontend = {{"kind", "spectrum"}, {"rate_hz", 8000},   {"duration_s", 0.5},
                     {"low_hz", 500.0},    {"high_hz", 1500.0}, {"bins", 3}};
    return file;
}

TEST(Session, cuts_windows_as_the_model_says_with_the_overlap_asked_for) {
    auto file = spectrum_model();
    EXPECT_EQ(Parts(3, 0, file).session.windows().grid().hop_s, 0.5);
    EXPECT_EQ(Parts(3, 0.8, file).session.windows().grid().hop_s, 0.1);
    file.window = {{"frames", 4}, {"hop", 4}, {"padding", "mean"}};
    Parts parts(12, 0.75, file);
    EXPECT_EQ(parts.session.windows().grid().hop_s, 0.5);
    EXPECT_EQ(parts.session.windows().grid().window_s, 2);
    EXPECT_EQ(parts.session.windows().window_values(), 12u);
    EXPECT_EQ(&parts.session.windows(), &parts.session.windows()) << "one front end a session";
}

TEST(Session, needs_no_front_end_to_score_windows) {
    Parts parts(2);  // a model that does not say how its frames were computed
    std::size_t scored = 0;
    const ScoreSink count = [&](std::size_t, std::span<const float>) { ++scored; };
    parts.session.score(0, std::array{1.0f, 2.0f}, 1, count);
    parts.session.flush(count);
    EXPECT_EQ(scored, 1u);
    EXPECT_THROW(parts.session.windows(), Error);
}

}  // namespace
}  // namespace earshot::model
