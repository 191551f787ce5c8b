#include "model/tagging.h"

#include <gtest/gtest.h>

#include <cmath>

#include "frontend/frontend.h"
#include "unit/model/fixtures.h"

namespace earshot::model {
namespace {

using test::error_of;
namespace op = network::op;

const std::vector<std::string> kClasses{"Dog", "Bark", "Child speech, kid speaking", "Speech"};

/// Its four scores are the first four of 48 bands, through a sigmoid or as they are.
std::shared_ptr<const frontend::Pretrained> network_of(bool sigmoid) {
    network::Graph graph(1, 48);
    graph.then(op::Slice{1, 0, 4});
    if (sigmoid) graph.then(op::Pointwise{op::Pointwise::Function::sigmoid});
    graph.then(op::Reshape{{1, 4}});
    const nlohmann::ordered_json settings{{"kind", "embedding"},
                                          {"network", "tiny"},
                                          {"file", "tiny.onnx"},
                                          {"hash", "01"},
                                          {"result", "y"},
                                          {"frames", 1},
                                          {"hop", 1},
                                          {"steps", 1},
                                          {"dimension", 4},
                                          {"pad_s", 0.0},
                                          {"input", frontend::default_frontend("logmel")}};
    return std::make_shared<const frontend::Pretrained>(settings, graph, network::Weights());
}

std::vector<float> scores_of(const Model& model, std::vector<float> vector) {
    std::vector<float> scores(model.file().labels.size());
    model.scorer().score(vector, 1, scores);
    return scores;
}

TEST(Tagging, scores_are_those_of_the_network) {
    const auto model = tagging_model("tiny", network_of(true), kClasses, {}, {});
    EXPECT_EQ(model->file().labels, kClasses);
    EXPECT_EQ(scores_of(*model, {0.25F, 0, 1, 0.5F}), (std::vector<float>{0.25F, 0, 1, 0.5F}));
    EXPECT_EQ(model->file().thresholds.size(), 4u);
    // As any model, it makes windows of sound.
    EXPECT_EQ(model->frontend()->dimension(), 4u);
    EXPECT_NEAR(model->grid().hop_s, 0.01, 1e-9);
}

TEST(Tagging, numbers_that_are_no_probabilities_go_through_a_sigmoid) {
    const auto model = tagging_model("tiny", network_of(false), kClasses, {}, {});
    const auto scores = scores_of(*model, {-3, 0, 2, 40});
    const std::vector<double> wanted{1 / (1 + std::exp(3.0)), 0.5, 1 / (1 + std::exp(-2.0)), 1};
    for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(scores[i], wanted[i], 1e-6);
}

TEST(Tagging, the_score_of_a_group_is_the_highest_of_its_classes) {
    const std::vector<ClassGroup> groups{{"voice", {2, 3}}, {"dog", {0}}, {"any", {0, 1, 2, 3}}};
    const auto model = tagging_model("tiny", network_of(true), kClasses, groups, {});
    EXPECT_EQ(model->file().labels, (std::vector<std::string>{"voice", "dog", "any"}));
    EXPECT_EQ(scores_of(*model, {0.25F, 0.75F, 0.125F, 0.5F}), (std::vector<float>{0.5F, 0.25F, 0.75F}));
    const auto one = tagging_model("tiny", network_of(true), kClasses, std::span(groups).first(1), {});
    EXPECT_EQ(scores_of(*one, {0.25F, 0.75F, 0.125F, 0.5F}), std::vector<float>{0.5F});
}

TEST(Tagging, names_of_a_group_may_have_commas) {
    const auto read = [](const char* text) { return parse_class_group(text, kClasses); };
    EXPECT_EQ(read("dog=Dog,Bark").classes, (std::vector<std::size_t>{0, 1}));
    EXPECT_EQ(read("dog=Dog,Bark").label, "dog");
    EXPECT_EQ(read("child=Speech, Child speech, kid speaking ,Dog").classes,
              (std::vector<std::size_t>{3, 2, 0}));
}

TEST(Tagging, names_that_no_class_has_suggest_others) {
    const auto failure = [](const char* text) {
        return error_of([&] { parse_class_group(text, kClasses); });
    };
    EXPECT_EQ(failure("dog=Dog,Brak"), "the network has no class 'Brak' (did you mean Bark?)");
    EXPECT_EQ(failure("a=speech"),
              "the network has no class 'speech' (did you mean Speech, or Child speech, kid speaking?)");
    EXPECT_EQ(failure("a=xylophone"),
              "the network has no class 'xylophone' (see the names in its class map)");
    for (const char* text : {"dog", "=Dog", "dog="})
        EXPECT_NE(failure(text).find("write \"dog=Dog,Bark\""), std::string::npos) << text;
}

TEST(Tagging, what_does_not_fit_is_refused) {
    const std::vector<ClassGroup> twice{{"a", {0}}, {"a", {1}}};
    EXPECT_NE(
        error_of([&] { tagging_model("tiny", network_of(true), kClasses, twice, {}); }).find("two groups"),
        std::string::npos);
    EXPECT_EQ(error_of([&] { tagging_model("tiny", network_of(true), {"one"}, {}, {}); }),
              "tiny: it gives 4 scores, but 1 classes have names");
}

}  // namespace
}  // namespace earshot::model
