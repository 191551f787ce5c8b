#include "detect/recording_scores_json.h"

namespace earshot::detect {

void to_json(nlohmann::ordered_json& json, const RecordingScores& scores) {
    json = {{"windows", scores.windows}, {"scores", scores.scores}};
}

void from_json(const nlohmann::ordered_json& json, RecordingScores& scores) {
    json.at("windows").get_to(scores.windows);
    json.at("scores").get_to(scores.scores);
}

}  // namespace earshot::detect
