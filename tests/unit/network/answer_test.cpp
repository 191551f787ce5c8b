#include "network/torch/answer.h"

#include <gtest/gtest.h>

#include <cmath>

#include "network/torch/network.h"
#include "unit/model/fixtures.h"

namespace earshot::network {
namespace {

using test::error_of;
using Json = nlohmann::ordered_json;

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

Answer sigmoid_answer(int classes, int background) { return Answer({"sigmoid", classes, background}); }

/// Scores [n, classes] that the end of a network makes of logits.
torch::Tensor scores(const AnswerOptions& answer, const torch::Tensor& logits) {
    NetworkOptions options;
    options.kind = answer.kind == "likeness" ? "lda" : "mlp";
    options.answer = answer;
    if (answer.kind == "likeness") options.answer.kind = "softmax";  // which lda makes likeness of
    return Network(describe_network(options)).scores_of(logits).flatten(0, 1);
}

TEST(Answer, one_output_answers_for_two_labels) {
    for (const int background : {0, 1}) {
        EXPECT_EQ(sigmoid_answer(2, background).outputs(), 1);
        const auto probabilities = scores({"sigmoid", 2, background}, torch::tensor({{1.5F}, {-4.0F}}));
        for (int n = 0; n < 2; ++n) {
            const double p = sigmoid(n == 0 ? 1.5 : -4);
            EXPECT_NEAR(probabilities[n][1 - background].item<double>(), p, 1e-6);
            EXPECT_NEAR(probabilities[n][background].item<double>(), 1 - p, 1e-6);
        }
    }
}

TEST(Answer, the_background_has_what_the_likeliest_label_leaves) {
    const auto p = scores({"sigmoid", 3, 1}, torch::tensor({{2.0F, -1.0F}}))[0];
    EXPECT_NEAR(p[0].item<double>(), sigmoid(2), 1e-6);
    EXPECT_NEAR(p[1].item<double>(), 1 - sigmoid(2), 1e-6);
    EXPECT_NEAR(p[2].item<double>(), sigmoid(-1), 1e-6);
    EXPECT_EQ(sigmoid_answer(3, -1).outputs(), 3);
}

TEST(Answer, likeness_is_measured_against_the_background) {
    const auto logits = torch::tensor({{2.0F, 1.5F, -1.0F}});
    const auto alone = scores({"likeness", 3, -1}, logits)[0];
    EXPECT_NEAR(alone[1].item<double>(), sigmoid(1.5), 1e-6);
    const Answer answer({"likeness", 3, 1});
    EXPECT_EQ(answer.outputs(), 3);  // the background learns as labels do
    EXPECT_TRUE(torch::equal(answer.loss_weights(std::vector<std::int64_t>{10, 20, 60}, 90, true),
                             torch::tensor({3.0F, 1.5F, 0.5F})));
    const auto p = scores({"likeness", 3, 1}, logits)[0];
    EXPECT_NEAR(p[0].item<double>(), sigmoid(0.5), 1e-6);
    EXPECT_NEAR(p[1].item<double>(), 1 - sigmoid(0.5), 1e-6);
    EXPECT_NEAR(p[2].item<double>(), sigmoid(-2.5), 1e-6);
}

// Binary cross-entropy with a weight for positives, from its definition, over every output.
TEST(Answer, loss_is_the_formula) {
    const Answer answer = sigmoid_answer(3, 0);
    const std::vector<std::int64_t> counts{60, 30, 10};
    const auto weights = answer.loss_weights(counts, 100, true);
    EXPECT_NEAR(weights[0].item<double>(), 70.0 / 30, 1e-5);  // negatives / positives
    EXPECT_NEAR(weights[1].item<double>(), 90.0 / 10, 1e-5);
    const std::vector<std::vector<double>> logits{{0.3, -2}, {1.1, 0.4}, {-0.7, 3}};
    const std::vector<std::vector<float>> states{{0, 0}, {1, 1}, {-1, 1}};  // both at once; nobody said
    double sum = 0;
    for (std::size_t n = 0; n < 3; ++n) {
        for (std::size_t o = 0; o < 2; ++o) {
            const double p = sigmoid(logits[n][o]);
            if (states[n][o] > 0) sum -= weights[static_cast<int>(o)].item<double>() * std::log(p);
            if (states[n][o] == 0) sum -= std::log(1 - p);
        }
    }
    const auto loss = answer.loss(torch::tensor({{0.3F, -2.0F}, {1.1F, 0.4F}, {-0.7F, 3.0F}}),
                                  torch::tensor({{0.0F, 0.0F}, {1.0F, 1.0F}, {-1.0F, 1.0F}}), weights);
    EXPECT_NEAR(loss.mean.item<double>(), sum / 5, 1e-5);
    EXPECT_NEAR(loss.weight, 3 * 5.0 / 6, 1e-6);  // so that two batches count by what is known of them
    EXPECT_TRUE(torch::equal(answer.loss_weights(counts, 100, false), torch::ones({2})));
}

TEST(Answer, is_right_if_what_it_names_sounds) {
    const auto answers = torch::tensor({0, 1, 2, 1}, torch::kInt64);
    const auto behind = torch::tensor({{1.0F, 0.0F}, {1.0F, 1.0F}, {1.0F, 0.0F}, {0.0F, 0.0F}});
    const auto yes = [](bool a, bool b, bool c, bool d) { return torch::tensor({a, b, c, d}, torch::kBool); };
    EXPECT_TRUE(torch::equal(sigmoid_answer(3, 0).sounds(answers, behind), yes(false, true, false, false)));
    EXPECT_TRUE(torch::equal(sigmoid_answer(3, 1).sounds(answers, behind), yes(true, false, false, false)));
    EXPECT_TRUE(torch::equal(sigmoid_answer(3, 2).sounds(answers, behind), yes(true, true, false, false)));
}

TEST(Answer, strangers_are_checked) {
    const auto error = [](const Json& changes) {
        Json json = describe_network({});
        json.update(changes);
        return error_of([&] { read_network(json); });
    };
    EXPECT_NE(error({{"classes", 2}, {"answer", "argmax"}}).find("no answer 'argmax'"), std::string::npos);
    EXPECT_NE(error({{"classes", 2}, {"answer", "sigmoid"}, {"background", 2}}).find("\"background\" is 2"),
              std::string::npos);
    EXPECT_NE(
        error({{"classes", 1}, {"answer", "sigmoid"}, {"background", 0}}).find("that is the background"),
        std::string::npos);
}

Json cnn(int classes = 2) {
    NetworkOptions options;
    options.kind = "cnn";
    options.frames = 40;
    options.inputs = 12;
    options.input.compression = {"none", 0};
    options.input.deltas = 1;
    options.input.pool = 20;
    options.answer = {"sigmoid", classes, 0};
    return describe_network(options);
}

TEST(Cnn, refuses_what_it_cannot_build_before_taking_memory) {
    const auto with = [](const char* key, const Json& value) {
        Json architecture = cnn();
        architecture[key] = value;
        return error_of([&] { make_graph(architecture); });
    };
    const std::vector<std::tuple<const char*, Json, std::string>> cases{
        {"channels", Json::array(), "\"channels\" should be a list of 1 to 8"},
        {"channels", {16, 0}, "\"channels\" is 0"},
        {"channels", {4096, 4096, 4096, 4096}, "weights or more, at most"},
        {"units", 0, "\"units\" is 0"},
        {"frames", 0, "\"frames\" is 0"},
        {"frames", 1 << 20, "windows of 12582912 values"},
        {"input", {{"compress", "none"}, {"pool", 41}}, "\"pool\" is 41"},
        {"input", {{"compress", "none"}, {"deltas", 3}}, "\"deltas\" is 3"},
        {"input",
         {{"compress", "none"}, {"standardise", "rank"}},
         "\"standardise\" is \"rank\", should be data, window, mean or none"},
    };
    for (const auto& [key, value, message] : cases)
        EXPECT_NE(with(key, value).find(message), std::string::npos) << key << ": " << with(key, value);
}

}  // namespace
}  // namespace earshot::network
