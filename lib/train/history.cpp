#include "train/history.h"

#include <algorithm>

#include "train/schedule.h"

namespace earshot::train {
namespace {

using Json = nlohmann::ordered_json;

Epoch epoch_from_json(const Json& json) {
    Epoch epoch;
    json.at("epoch").get_to(epoch.number);
    json.at("loss").get_to(epoch.loss);
    json.at("accuracy").get_to(epoch.accuracy);
    const auto read = [&](const char* key, std::optional<double>& value) {
        if (json.contains(key)) value = json.at(key).get<double>();
    };
    read("validation_loss", epoch.validation_loss);
    read("validation_accuracy", epoch.validation_accuracy);
    read("validation_score", epoch.validation_score);
    return epoch;
}

}  // namespace

Json to_json(const Epoch& epoch) {
    Json json{{"epoch", epoch.number}, {"loss", epoch.loss}, {"accuracy", epoch.accuracy}};
    if (epoch.validation_loss) json["validation_loss"] = *epoch.validation_loss;
    if (epoch.validation_accuracy) json["validation_accuracy"] = *epoch.validation_accuracy;
    if (epoch.validation_score) json["validation_score"] = *epoch.validation_score;
    return json;
}

bool better(const Epoch& epoch, const Epoch& than) {
    if (!epoch.validation_loss) return epoch.loss < than.loss;
    if (epoch.validation_score && *epoch.validation_score != *than.validation_score) {
        return *epoch.validation_score > *than.validation_score;
    }
    return *epoch.validation_loss < *than.validation_loss;
}

bool History::to_keep(const Epoch& epoch) const {
    if (last_ || best_epoch_ == 0 || !epoch.validation_loss) return true;
    const Epoch& kept = epochs_[static_cast<std::size_t>(best_epoch_ - 1)];
    if (settles_ && epoch.validation_score && *epoch.validation_score == *kept.validation_score) return true;
    return better(epoch, kept);
}

bool History::add(const Epoch& epoch) {
    const bool keep = to_keep(epoch);
    epochs_.push_back(epoch);
    if (keep) best_epoch_ = epoch.number;
    return keep;
}

double History::plateau_share() const {
    double share = 1;
    const Epoch* best_so_far = nullptr;
    int waited = 0;
    for (const Epoch& epoch : epochs_) {
        if (!best_so_far || better(epoch, *best_so_far)) {
            best_so_far = &epoch;
            waited = 0;
        } else if (++waited == kPlateauEpochs) {
            share /= 2;
            waited = 0;
        }
    }
    return share;
}

Json History::json() const {
    Json epochs = Json::array();
    for (const Epoch& epoch : epochs_) epochs.push_back(to_json(epoch));
    return {{"best_epoch", best_epoch_}, {"history", epochs}};
}

bool History::read(const Json& json, bool has_validation, bool has_score) {
    std::vector<Epoch> epochs;
    for (const Json& epoch : json.at("history")) epochs.push_back(epoch_from_json(epoch));
    const int best_epoch = json.at("best_epoch").get<int>();
    const bool fits = best_epoch >= 1 && best_epoch <= static_cast<int>(epochs.size()) &&
                      std::ranges::all_of(epochs, [&](const Epoch& epoch) {
                          return epoch.validation_loss.has_value() == has_validation &&
                                 epoch.validation_score.has_value() == has_score;
                      });
    if (!fits) return false;
    epochs_ = std::move(epochs);
    best_epoch_ = best_epoch;
    return true;
}

}  // namespace earshot::train
