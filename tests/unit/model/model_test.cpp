#include "model/model.h"

#include <gtest/gtest.h>

#include <random>
#include <thread>

#include "dataset/content_hash.h"
#include "model/session.h"
#include "network/torch/network.h"
#include "unit/model/fake_scorer.h"
#include "unit/model/fixtures.h"

namespace earshot::model {
namespace {

using test::error_of;
using test::mlp_architecture;
using test::TemporaryDirectory;

const nlohmann::ordered_json kSpectrum = {{"kind", "spectrum"}, {"rate_hz", 8000},   {"duration_s", 0.5},
                                          {"low_hz", 500.0},    {"high_hz", 1500.0}, {"bins", 5}};

ModelFile file_of(const nlohmann::ordered_json& architecture, std::size_t labels) {
    ModelFile file;
    file.frontend = kSpectrum;
    file.architecture = architecture;
    for (std::size_t i = 0; i < labels; ++i) {
        file.labels.push_back(std::string(1, static_cast<char>('a' + i)));
        file.thresholds.push_back(0.5);
    }
    return file;
}

void save(const ModelFile& file, const TemporaryDirectory& directory) {
    torch::manual_seed(7);
    network::save_tensors(network::Network(file.architecture).tensors(), directory / "weights.npz");
    write_model_file(file, directory.path().string());
}

network::NetworkOptions options_of(std::string kind, std::int64_t frames, std::int64_t inputs) {
    network::NetworkOptions options;
    options.kind = std::move(kind);
    options.frames = frames;
    options.inputs = inputs;
    options.answer.classes = 3;
    return options;
}

TEST(Model, opens_what_training_wrote) {
    const TemporaryDirectory directory;
    save(file_of(mlp_architecture(5, 3, {}, 0), 3), directory);
    const auto model = Model::open(directory.path().string());
    EXPECT_EQ(model->directory(), directory.path().string());
    EXPECT_EQ(model->file().labels, (std::vector<std::string>{"a", "b", "c"}));
    EXPECT_EQ(model->windowing(), windows::Windowing());
    EXPECT_EQ(model->scorer().window_values(), 5u);
    EXPECT_EQ(model->scorer().classes(), 3u);
    EXPECT_EQ(model->frontend()->settings(), kSpectrum);
    EXPECT_EQ(model->hashes().description, dataset::file_hash(directory / "model.json"));
    EXPECT_EQ(model->hashes().weights, dataset::file_hash(directory / "weights.npz"));
}

TEST(Model, of_unknown_front_end_opens_but_has_no_windows_of_sound) {
    const TemporaryDirectory directory;
    auto file = file_of(mlp_architecture(5, 3, {}, 0), 3);
    file.frontend = nullptr;
    save(file, directory);
    const auto model = Model::open(directory.path().string());
    for (const auto& message : {error_of([&] { model->frontend(); }), error_of([&] { model->grid(); })})
        EXPECT_NE(message.find("does not say how its frames were computed"), std::string::npos) << message;
}

TEST(Model, whose_parts_do_not_fit_is_refused_by_name) {
    const auto error_for = [](ModelFile file, std::size_t values) {
        return error_of([&] { Model("m", std::move(file), std::make_unique<FakeScorer>(values)); });
    };
    ModelFile file;
    file.frontend = kSpectrum;
    EXPECT_EQ(error_for(file, 5), "no error");
    EXPECT_EQ(error_for(file, 6),
              "m/model.json: the network expects windows of 6 values, but its front end produces 5");
    file.window = {{"frames", 4}, {"hop", 2}, {"padding", "minimum"}};
    EXPECT_EQ(error_for(file, 20), "no error");
    file.window = {{"frames", 0}, {"hop", 2}, {"padding", "minimum"}};
    EXPECT_EQ(error_for(file, 20).find("m/model.json: \"frames\" of \"window\""), 0u);
    file.window = nullptr;
    file.frontend = {{"kind", "crystal ball"}};
    EXPECT_EQ(error_for(file, 20).find("m/model.json: front end: unknown kind"), 0u);
}

TEST(Model, of_whole_recordings_looks_for_events_in_fine_steps) {
    ModelFile file;
    file.frontend = kSpectrum;
    const Model frames("m", file, std::make_unique<FakeScorer>(5));
    EXPECT_EQ(frames.event_overlap(0), 0);
    EXPECT_EQ(frames.event_overlap(0.5), 0.5);
    EXPECT_FALSE(frames.grid().anywhere);
    file.target = Target::recording;
    const Model recordings("m", file, std::make_unique<FakeScorer>(5));
    EXPECT_EQ(recordings.event_overlap(0), 0.96);
    EXPECT_EQ(recordings.event_overlap(0.5), 0.5);
    EXPECT_TRUE(recordings.grid(0.5).anywhere);
    EXPECT_EQ(recordings.grid(0.5).hop_s, 0.25);
    EXPECT_EQ(error_of([&] { recordings.grid(1); }).find("m/model.json: an overlap of 1"), 0u);
}

/// Every kind of network, since threads share their modules.
TEST(Model, gives_threads_that_share_it_the_scores_that_one_gets) {
    std::mt19937 random(3);
    std::uniform_real_distribution<float> uniform(0.1F, 1);
    for (const auto& options : {options_of("mlp", 1, 64), options_of("cnn", 16, 20),
                                options_of("attention", 1, 512), options_of("attention", 128, 10)}) {
        const TemporaryDirectory directory;
        auto file = file_of(network::describe_network(options), 4);
        file.frontend = nullptr;
        file.unknown = "d";  // the open set too
        save(file, directory);
        const auto model = Model::open(directory.path().string());
        std::vector<float> windows(600 * model->scorer().window_values());
        for (float& value : windows) value = uniform(random);
        const auto score_all = [&](std::vector<float>& scores) {
            Session session(model);
            const ScoreSink keep = [&](std::size_t, std::span<const float> row) {
                scores.insert(scores.end(), row.begin(), row.end());
            };
            const std::size_t values = model->scorer().window_values();
            for (std::size_t i = 0; i < windows.size(); i += values)
                session.score(0, std::span(windows).subspan(i, values), 1, keep);
            session.flush(keep);
        };
        std::vector<float> alone;
        score_all(alone);
        ASSERT_EQ(alone.size(), 600u * 4);
        std::vector<std::vector<float>> together(4);
        {
            std::vector<std::jthread> threads;
            for (auto& scores : together) threads.emplace_back([&] { score_all(scores); });
        }
        for (const auto& scores : together) EXPECT_EQ(scores, alone) << options.kind;
    }
}

}  // namespace
}  // namespace earshot::model
