#include "frontend/embedding.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "npz/npz.h"
#include "support/error.h"
#include "support/output.h"
#include "unit/frontend/oracle.h"

namespace earshot::frontend {
namespace {

using Json = nlohmann::ordered_json;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;
namespace op = network::op;

constexpr std::int64_t kFrames = 6, kBands = 5, kValues = 3;

Json input_frames() {
    Json json = default_frontend("logmel");
    json["rate_hz"] = 8000;
    json["high_hz"] = 3800;
    json["mels"] = kBands;
    return make_frontend(json)->settings();
}

Json settings(std::int64_t hop, std::int64_t steps, double pad_s = 0) {
    return {{"kind", "embedding"}, {"network", "tiny"},      {"file", "tiny.onnx"},
            {"hash", "0123"},      {"result", "vector"},     {"frames", kFrames},
            {"hop", hop},          {"steps", steps},         {"dimension", kValues},
            {"pad_s", pad_s},      {"input", input_frames()}};
}

struct Tiny {
    network::Graph graph{kFrames, kBands};
    network::Weights weights;
    std::vector<float> matrix;  // [kValues, kBands]
};

/// Means over the frames of each step, then a matrix.
Tiny tiny(std::int64_t steps) {
    Tiny made;
    std::mt19937 random(3);
    for (std::int64_t i = 0; i < kValues * kBands; ++i)
        made.matrix.push_back(static_cast<float>(random() % 1000) / 500 - 1);
    made.graph.then(op::Reshape{{steps, kFrames / steps, kBands}});
    made.graph.then(op::Reduce{op::Reduce::Kind::mean, {1}});
    made.graph.then(op::Linear{kValues, false}, "matrix");
    made.weights.set("matrix.weight", made.matrix);
    return made;
}

std::shared_ptr<const Pretrained> network_of(const Json& json, std::int64_t steps) {
    const Tiny made = tiny(steps);
    return std::make_shared<const Pretrained>(json, made.graph, made.weights);
}

struct Vectors {
    std::vector<std::vector<float>> values;
    std::vector<double> onsets_s;
    FrameSink sink() {
        return [this](std::span<const float> frame, double onset_s) {
            values.emplace_back(frame.begin(), frame.end());
            onsets_s.push_back(onset_s);
        };
    }
};

Vectors made_by(Frontend& frontend, std::span<const float> samples, std::size_t block) {
    Vectors vectors;
    for (std::size_t at = 0; at < samples.size(); at += block) {
        frontend.push(samples.subspan(at, std::min(block, samples.size() - at)), vectors.sink());
        if (at % 3 == 0) frontend.flush(vectors.sink());
    }
    frontend.finish(vectors.sink());
    return vectors;
}

/// The vectors from their definition: every window of frames by itself.
Vectors defined(const Json& json, std::vector<float> samples) {
    const auto input = make_frontend(json.at("input"));
    const auto pad = static_cast<std::size_t>(std::lround(json.at("pad_s").get<double>() * input->rate_hz()));
    samples.insert(samples.begin(), pad, 0.0F);
    samples.insert(samples.end(), pad, 0.0F);
    const auto frames = made_by(*input, samples, samples.size()).values;
    const std::size_t steps = json.at("steps"), hop = json.at("hop"), each = kFrames / steps;
    const auto matrix = tiny(1).matrix;
    Vectors vectors;
    for (std::size_t first = 0; first + kFrames <= frames.size(); first += hop) {
        for (std::size_t step = 0; step < steps; ++step) {
            auto& vector = vectors.values.emplace_back();
            for (std::size_t v = 0; v < kValues; ++v) {
                double sum = 0;
                for (std::size_t i = 0; i < each; ++i) {
                    for (std::size_t b = 0; b < kBands; ++b)
                        sum +=
                            static_cast<double>(matrix[v * kBands + b]) * frames[first + step * each + i][b];
                }
                vector.push_back(static_cast<float>(sum / static_cast<double>(each)));
            }
            const double begin = static_cast<double>(first + step * hop / steps) * input->hop_s();
            vectors.onsets_s.push_back(begin - static_cast<double>(pad) / input->rate_hz());
        }
    }
    return vectors;
}

TEST(Embedding, vectors_are_those_of_every_window_by_itself) {
    const auto samples = white_noise(8000);
    for (const auto& [hop, steps, pad_s] : {std::tuple<std::int64_t, std::int64_t, double>{2, 1, 0},
                                            {6, 3, 0},
                                            {4, 2, 0.02},
                                            {1, 1, 0.05},
                                            {5, 1, 0}}) {
        const Json json = settings(hop, steps, pad_s);
        const auto frontend = make_frontend(json, network_of(json, steps));
        const auto wanted = defined(json, samples);
        const auto found = made_by(*frontend, samples, samples.size());
        ASSERT_EQ(found.values.size(), wanted.values.size()) << json;
        EXPECT_NEAR(frontend->hop_s(), 0.01 * static_cast<double>(hop) / static_cast<double>(steps), 1e-12);
        for (std::size_t i = 0; i < found.values.size(); ++i) {
            EXPECT_NEAR(found.onsets_s[i], wanted.onsets_s[i], 1e-9);
            for (std::size_t v = 0; v < kValues; ++v)
                EXPECT_NEAR(found.values[i][v], wanted.values[i][v], 1e-4) << json << i;
        }
    }
}

TEST(Embedding, a_vector_covers_what_the_window_has_besides_the_others) {
    const double hop_s = 0.01, frame_s = 0.025;
    for (const auto& [hop, steps, frames] : {std::tuple<std::int64_t, std::int64_t, int>{2, 1, 6},
                                             {6, 3, 2},     // of three: 0-1, 2-3, 4-5
                                             {4, 2, 4},     // of two: 0-3, 2-5
                                             {3, 3, 4}}) {  // of three: 0-3, 1-4, 2-5
        EXPECT_NEAR(make_frontend(settings(hop, steps))->window_s(), (frames - 1) * hop_s + frame_s, 1e-9);
    }
}

TEST(Embedding, blocks_make_no_difference_to_a_bit) {
    const auto samples = white_noise(5000);
    const Json json = settings(4, 2, 0.03);
    const auto frontend = make_frontend(json, network_of(json, 2));
    const auto whole = made_by(*frontend, samples, samples.size());
    EXPECT_GT(whole.values.size(), 20u);
    for (const std::size_t block : {1, 77, 400, 4999}) {
        const auto cut = made_by(*frontend, samples, block);
        EXPECT_EQ(cut.values, whole.values) << block;
        EXPECT_EQ(cut.onsets_s, whole.onsets_s) << block;
    }
}

TEST(Embedding, silence_around_it_makes_room_for_a_short_sound) {
    const auto samples = white_noise(240);  // 30 ms, but a window is 75 ms
    EXPECT_TRUE(
        made_by(*make_frontend(settings(2, 1), network_of(settings(2, 1), 1)), samples, 240).values.empty());
    const Json padded = settings(2, 1, 0.03);
    EXPECT_FALSE(made_by(*make_frontend(padded, network_of(padded, 1)), samples, 240).values.empty());
}

TEST(Embedding, without_its_network_it_has_a_shape_and_takes_no_sound) {
    const auto frontend = make_frontend(settings(2, 1));
    EXPECT_EQ(frontend->dimension(), 3u);
    EXPECT_EQ(frontend->rate_hz(), 8000);
    EXPECT_NEAR(frontend->window_s(), 0.075, 1e-9);
    EXPECT_EQ(make_frontend(frontend->settings())->settings(), settings(2, 1));
    EXPECT_THAT([&] { frontend->push(white_noise(100), [](auto, double) {}); },
                ThrowsMessage<Error>(HasSubstr("the network tiny is missing")));
}

void expect_refused(const std::string& key, const Json& value, const std::string& words) {
    Json json = settings(2, 1);
    json[key] = value;
    EXPECT_THAT([&] { make_frontend(json); }, ThrowsMessage<Error>(HasSubstr(words))) << key;
}

TEST(Embedding, settings_of_strangers_are_checked) {
    expect_refused("network", "../../etc", "a name of letters");
    expect_refused("network", "", "a name of letters");
    expect_refused("frames", 0, "frames is 0");
    expect_refused("hop", 7, "hop is 7");
    expect_refused("steps", 4, "multiple");
    expect_refused("dimension", 1 << 21, "dimension");
    expect_refused("pad_s", 0.08, "pad_s is 0.08");
    expect_refused("input", settings(2, 1), "embedding itself");
    expect_refused("input", 5, "settings must be an object");
    expect_refused("weights", "int4", "weights is \"int4\"");
    expect_refused("more", 5, "unknown setting");
    Json json = settings(2, 1);
    json.erase("input");
    EXPECT_THAT([&] { make_frontend(json); }, ThrowsMessage<Error>(HasSubstr("input is missing")));
}

TEST(Embedding, another_network_is_refused) {
    Json other = settings(2, 1);
    other["hash"] = "4567";
    EXPECT_THAT([&] { make_frontend(other, network_of(settings(2, 1), 1)); },
                ThrowsMessage<Error>(HasSubstr("hash")));
    EXPECT_THAT([&] { network_of(settings(4, 2), 1); }, ThrowsMessage<Error>(HasSubstr("1 vectors of 3")));
}

class PretrainedFile : public ::testing::Test {
 protected:
    void SetUp() override { std::filesystem::create_directories(directory_); }
    void TearDown() override { std::filesystem::remove_all(directory_); }

    std::filesystem::path directory_ =
        std::filesystem::temp_directory_path() / ("earshot-ears-" + std::to_string(::getpid()));
    std::string path_ = (directory_ / "tiny.ears").string();
};

TEST_F(PretrainedFile, holds_all_that_makes_the_vectors) {
    const Tiny made = tiny(2);
    save_pretrained(path_, settings(4, 2), made.graph, made.weights);
    const auto opened = Pretrained::open(path_);
    EXPECT_EQ(opened->settings(), settings(4, 2));
    const auto samples = white_noise(3000);
    EXPECT_EQ(made_by(*make_frontend(settings(4, 2), opened), samples, 500).values,
              made_by(*make_frontend(settings(4, 2), network_of(settings(4, 2), 2)), samples, 500).values);
}

TEST_F(PretrainedFile, may_have_rounded_weights) {
    using network::Precision;
    const Tiny made = tiny(2);
    const auto samples = white_noise(3000);
    for (const auto& [name, precision] :
         {std::pair{"float16", Precision::float16}, std::pair{"int8", Precision::int8}}) {
        Json json = settings(4, 2);
        json["weights"] = name;
        json = make_frontend(json)->settings();  // in the usual order
        save_pretrained(path_, json, made.graph, made.weights);
        const auto opened = Pretrained::open(path_);
        EXPECT_EQ(opened->settings(), json);
        const auto rounded = std::make_shared<const Pretrained>(
            json, made.graph, network::rounded(made.graph, made.weights, precision));
        const auto found = made_by(*make_frontend(json, opened), samples, 500).values;
        EXPECT_EQ(found, made_by(*make_frontend(json, rounded), samples, 500).values) << name;
        EXPECT_NE(
            found,
            made_by(*make_frontend(settings(4, 2), network_of(settings(4, 2), 2)), samples, 500).values);
        // Vectors of other weights are another network's.
        EXPECT_THAT([&] { make_frontend(settings(4, 2), opened); },
                    ThrowsMessage<Error>(HasSubstr("weights")));
    }
}

TEST_F(PretrainedFile, of_a_stranger_is_checked) {
    const Tiny made = tiny(1);
    save_pretrained(path_, settings(4, 2), made.graph, made.weights);  // settings that do not fit
    EXPECT_THAT([&] { Pretrained::open(path_); },
                ThrowsMessage<Error>(HasSubstr("tiny.ears: its network makes 1")));
    const auto output = open_output(path_);
    npz::NpzWriter writer(*output, false);
    writer.add_text("pretrained",
                    Json{{"format_version", 1}, {"frontend", Json()}, {"graph", made.graph.json()}}.dump());
    network::add_weights(writer, made.graph, made.weights, network::Precision::float32);
    writer.finish();
    output->close();
    EXPECT_THAT([&] { Pretrained::open(path_); }, ThrowsMessage<Error>(HasSubstr("not an embedding")));
    std::ofstream(path_) << "PK no";
    EXPECT_THAT([&] { Pretrained::open(path_); }, ThrowsMessage<Error>(HasSubstr("tiny.ears")));
}

}  // namespace
}  // namespace earshot::frontend
