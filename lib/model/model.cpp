#include "model/model.h"

#include <fmt/format.h>

#include <filesystem>
#include <utility>

#include "dataset/content_hash.h"
#include "frontend/embedding.h"
#include "network/architecture.h"
#include "support/error.h"

namespace earshot::model {
namespace {

/// Makes the windows of a network with context so many times longer. Each step sees the same frames as
/// before, so its scores stay what they are, bit for bit. Leaves a network alone that is not what
/// `architecture` describes.
void lengthen_windows(ModelFile& file) {
    constexpr std::int64_t kDecided = 256;  // frames, about: several times the context
    if (file.window.is_null() || file.graph.is_null()) return;
    auto windowing = windows::windowing_from_json(file.window);
    if (!windowing.has_context()) return;
    auto architecture = file.architecture;
    architecture["frames"] = windowing.frames;
    try {
        if (network::make_graph(architecture).json() != file.graph) return;
    } catch (const Error&) {
        return;
    }
    const std::int64_t context = windowing.context(), times = kDecided / windowing.hop;
    if (times < 2) return;
    windowing.hop *= times;
    windowing.steps *= times;
    windowing.frames = windowing.hop + 2 * context;
    architecture["frames"] = windowing.frames;
    file.graph = network::make_graph(architecture).json();
    file.window = to_json(windowing);
}

}  // namespace

std::shared_ptr<const Model> Model::open(const std::string& directory, Use use) {
    auto file = read_model_file(directory);
    if (use == Use::recordings) of_model_json(directory, [&] { lengthen_windows(file); });
    auto scorer = open_scorer(directory, file);
    const std::filesystem::path path(directory);
    ModelHashes hashes{dataset::file_hash((path / "model.json").string()),
                       dataset::file_hash((path / "weights.npz").string())};
    std::shared_ptr<const frontend::Pretrained> pretrained;
    if (frontend::is_embedding(file.frontend))
        pretrained = frontend::Pretrained::open((path / frontend::Pretrained::kFileInModel).string());
    return std::make_shared<const Model>(directory, std::move(file), std::move(scorer), std::move(hashes),
                                         std::move(pretrained));
}

Model::Model(std::string directory, ModelFile file, std::unique_ptr<const Scorer> scorer, ModelHashes hashes,
             std::shared_ptr<const frontend::Pretrained> pretrained)
    : directory_(std::move(directory)),
      file_(std::move(file)),
      scorer_(std::move(scorer)),
      hashes_(std::move(hashes)),
      pretrained_(std::move(pretrained)) {
    of_model_json(directory_, [&] {
        if (!file_.window.is_null()) windowing_ = windows::windowing_from_json(file_.window);
        if (scorer_->steps() != static_cast<std::size_t>(windowing_.steps)) {
            throw Error(fmt::format("the network answers with {} steps a window, but \"window\" has {}",
                                    scorer_->steps(), windowing_.steps));
        }
        if (file_.frontend.is_null()) return;
        frames_ = windows::shape_of(*frontend::make_frontend(file_.frontend));
        const auto values = static_cast<std::size_t>(windowing_.frames) * frames_->dimension;
        if (scorer_->window_values() != values) {
            throw Error(fmt::format("the network expects windows of {} values, but its front end produces {}",
                                    scorer_->window_values(), values));
        }
    });
}

std::unique_ptr<frontend::Frontend> Model::frontend() const {
    if (!frames_) {
        throw Error(
            fmt::format("{}: the model does not say how its frames were computed, because its training "
                        "datasets do not (make them with earshot datagen, and train again)",
                        directory_));
    }
    return of_model_json(directory_, [&] { return frontend::make_frontend(file_.frontend, pretrained_); });
}

windows::WindowGrid Model::grid(double overlap) const {
    if (!frames_) frontend();  // says why there is none
    auto windowing = windowing_;
    windowing.overlap = overlap;
    auto grid = of_model_json(directory_, [&] {
                    return windows::make_grid(*frames_, windowing);
                }).of_steps(windowing.steps);
    grid.anywhere = is_of_recordings();
    return grid;
}

double Model::event_overlap(double overlap) const {
    constexpr double kFine = 0.96;  // of 2.5 s, a window every 0.1 s
    return overlap == 0 && is_of_recordings() ? kFine : overlap;
}

}  // namespace earshot::model
