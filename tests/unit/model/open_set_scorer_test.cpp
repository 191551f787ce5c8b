#include "model/open_set_scorer.h"

#include <gtest/gtest.h>

#include <random>

#include "train/tensorboard.h"

namespace earshot::model {
namespace {

TEST(UnknownScore, is_above_a_half_just_where_no_score_reaches_its_threshold) {
    std::mt19937 random(1);
    std::uniform_real_distribution<float> uniform(0, 1);
    for (int round = 0; round < 1000; ++round) {
        const std::vector<float> scores{uniform(random), uniform(random),
                                        round % 7 == 0 ? 0.25F : uniform(random)};
        const std::vector<double> thresholds{round % 3 == 0 ? 1.0 : 0.3, round % 5 == 0 ? 0.0 : 0.9, 0.25};
        bool known = false;
        for (std::size_t c = 0; c < scores.size(); ++c)
            known |= static_cast<double>(scores[c]) >= thresholds[c];
        const float unknown = unknown_score(scores, thresholds);
        EXPECT_EQ(unknown < 0.5F, known);
        EXPECT_EQ(unknown > 0.5F, !known);
        EXPECT_GE(unknown, 0);
        EXPECT_LE(unknown, 1);
    }
}

TEST(UnknownScore, is_what_the_likeliest_leaves) {
    const std::vector<double> thresholds{0.8, 0.4};
    EXPECT_FLOAT_EQ(unknown_score(std::vector{0.4F, 0.1F}, thresholds), 0.75F);
    EXPECT_FLOAT_EQ(unknown_score(std::vector{0.4F, 0.7F}, thresholds), 0.25F);
    EXPECT_FLOAT_EQ(unknown_score(std::vector{1.0F, 0.0F}, thresholds), 0.0F);
    EXPECT_FLOAT_EQ(unknown_score(std::vector{0.0F, 0.0F}, thresholds), 1.0F);
}

TEST(Crc32c, is_that_of_the_standard) {
    EXPECT_EQ(train::crc32c("123456789"), 0xe3069283U);
    EXPECT_EQ(train::crc32c(std::string(32, '\0')), 0x8a9136aaU);  // RFC 3720, appendix B.4
    EXPECT_EQ(train::crc32c(std::string(32, '\xff')), 0x62a8ab43U);
    EXPECT_EQ(train::crc32c(""), 0U);
}

}  // namespace
}  // namespace earshot::model
