#include "model/model_file.h"

#include <gtest/gtest.h>

#include <fstream>

#include "unit/model/fixtures.h"

namespace earshot::model {
namespace {

using test::error_of;
using test::TemporaryDirectory;
using Json = nlohmann::ordered_json;

ModelFile example() {
    ModelFile model;
    model.recipe = "spectrum-mlp";
    model.frontend = {{"kind", "spectrum"}, {"rate_hz", 44100}};
    model.architecture = {{"kind", "mlp"}, {"inputs", 4}};
    model.labels = {"negative", "weinen – crying"};
    model.thresholds = {0.1, 0.30000000000000004};
    model.background = "negative";
    model.metrics = {{"accuracy", 0.5}};
    model.provenance = {{"seed", 18446744073709551615ULL}};
    return model;
}

/// The error of reading a model.json made of `text`.
std::string error_of_text(const std::string& text) {
    const TemporaryDirectory directory;
    std::ofstream(directory / "model.json") << text;
    return error_of([&] { read_model_file(directory.path().string()); });
}

/// The error of reading the example with one value changed.
std::string error_with(const std::string& key, const Json& value) {
    const TemporaryDirectory directory;
    write_model_file(example(), directory.path().string());
    Json json;
    std::ifstream(directory / "model.json") >> json;
    value.is_discarded() ? static_cast<void>(json.erase(key)) : static_cast<void>(json[key] = value);
    return error_of_text(json.dump());
}

TEST(ModelFile, comes_back_as_it_was_written) {
    const TemporaryDirectory directory;
    write_model_file(example(), directory.path().string());
    const ModelFile model = read_model_file(directory.path().string());
    EXPECT_EQ(model.recipe, example().recipe);
    EXPECT_EQ(model.frontend, example().frontend);
    EXPECT_EQ(model.architecture, example().architecture);
    EXPECT_EQ(model.labels, example().labels);
    EXPECT_EQ(model.thresholds, example().thresholds);  // every bit of a double
    EXPECT_EQ(model.background, example().background);
    EXPECT_EQ(model.metrics, example().metrics);
    EXPECT_EQ(model.provenance, example().provenance);
    EXPECT_EQ(model.target, Target::frame);
}

TEST(ModelFile, the_graph_says_what_the_network_is_and_the_architecture_where_there_is_none) {
    const TemporaryDirectory directory;
    ModelFile model = example();
    model.architecture = test::mlp_architecture(4, 2, {}, 0);
    const network::Graph made = graph_of(model);
    EXPECT_EQ(made.json(), network::make_graph(model.architecture).json());
    write_model_file(model, directory.path().string());
    EXPECT_TRUE(read_model_file(directory.path().string()).graph.is_null());

    network::Graph other(1, 4);
    other.then(network::op::Linear{2}, "only");
    other.mark_logits();
    model.graph = other.json();
    write_model_file(model, directory.path().string());
    const ModelFile read = read_model_file(directory.path().string());
    EXPECT_EQ(read.architecture, model.architecture);
    EXPECT_EQ(graph_of(read).json(), other.json());
    EXPECT_NE(error_with("graph", "mlp").find("\"graph\" should be an object"), std::string::npos);
}

TEST(ModelFile, labels_may_be_of_recordings) {
    const TemporaryDirectory directory;
    ModelFile model = example();
    model.target = Target::recording;
    write_model_file(model, directory.path().string());
    EXPECT_EQ(read_model_file(directory.path().string()).target, Target::recording);
    EXPECT_NE(error_with("target", "song").find("\"target\" is 'song', none of frame, recording and events"),
              std::string::npos);
    EXPECT_NE(error_with("target", 1).find("\"target\" should be text"), std::string::npos);
}

TEST(ModelFile, front_end_may_be_unknown) {
    const TemporaryDirectory directory;
    ModelFile model = example();
    model.frontend = nullptr;
    write_model_file(model, directory.path().string());
    EXPECT_TRUE(read_model_file(directory.path().string()).frontend.is_null());
}

TEST(ModelFile, text_that_is_not_utf8_is_written_all_the_same) {
    const TemporaryDirectory directory;
    ModelFile model = example();
    model.provenance["command"] = "earshot train caf\xe9/";
    write_model_file(model, directory.path().string());
    EXPECT_EQ(read_model_file(directory.path().string()).provenance["command"], "earshot train caf\ufffd/");
}

TEST(ModelFile, missing_ones_say_what_a_model_is) {
    const TemporaryDirectory directory;
    EXPECT_NE(error_of([&] { read_model_file(directory / "none"); }).find("none: no such model directory"),
              std::string::npos);
    EXPECT_NE(error_of([&] { read_model_file(directory.path().string()); }).find("it has no model.json"),
              std::string::npos);
    std::ofstream(directory / "file") << "x";
    EXPECT_NE(error_of([&] { read_model_file(directory / "file"); }).find("a directory with model.json"),
              std::string::npos);
}

TEST(ModelFile, errors_name_the_file_and_the_key) {
    const Json missing(Json::value_t::discarded);
    const std::vector<std::tuple<std::string, Json, std::string>> cases{
        {"format_version", 2,
         "model.json: format version 2, but this earshot reads up to 1 (update earshot)"},
        {"format_version", 0, "\"format_version\" should be a positive whole number"},
        {"format_version", "1", "\"format_version\" should be a positive whole number"},
        {"labels", missing, "model.json: \"labels\" is missing"},
        {"labels", Json::array(), "\"labels\" should be a list of class names"},
        {"labels", {"a", 1}, "\"labels\" should be a list of class names"},
        {"labels", {"a", "a"}, "\"labels\" contains a name twice"},
        {"labels", {"a", "b\nc"}, "model.json: \"labels\": the label has a tab, line end or other control"},
        {"labels",
         {"a",
          "b\x1b"
          "[2J"},
         "model.json: \"labels\": the label has a tab, line end or other control"},
        {"labels", {"a", " "}, "model.json: \"labels\": the label is empty"},
        {"thresholds", {0.5}, "\"thresholds\" should be a list of 2 numbers"},
        {"thresholds", {0.5, 1.5}, "\"thresholds\" should be numbers from 0 to 1"},
        {"thresholds", {0.5, nullptr}, "\"thresholds\" should be numbers from 0 to 1"},
        {"background", "music", "\"background\" is 'music', which is not one of its labels"},
        {"architecture", "mlp", "\"architecture\" should be an object"},
        {"frontend", 3, "\"frontend\" should be an object"},
        {"recipe", 3, "\"recipe\" should be text"},
        {"provenance", missing, "\"provenance\" is missing"},
    };
    for (const auto& [key, value, message] : cases) {
        EXPECT_NE(error_with(key, value).find(message), std::string::npos)
            << key << ": " << error_with(key, value);
    }
}

TEST(ModelFile, broken_json_is_refused) {
    EXPECT_NE(error_of_text("{\"format_version\": 1,").find("model.json: not valid JSON: line 1, column"),
              std::string::npos);
    EXPECT_NE(error_of_text("").find("not valid JSON"), std::string::npos);
    EXPECT_NE(error_of_text("{\"metrics\": 1e905}").find("model.json: not valid JSON: byte"),
              std::string::npos);
    EXPECT_NE(error_of_text("[1]").find("should be a JSON object"), std::string::npos);
    EXPECT_NE(error_of_text(std::string(1 << 20, '[')).find("model.json: nested more than 64 levels deep"),
              std::string::npos);
}

}  // namespace
}  // namespace earshot::model
