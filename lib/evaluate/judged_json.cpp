#include "evaluate/judged_json.h"

namespace earshot::evaluate {

void to_json(nlohmann::ordered_json& json, const JudgedRecording& judged) {
    if (!judged.problem.empty()) {
        json = {{"problem", judged.problem}};
        return;
    }
    json = {{"left_out", judged.left_out}, {"frontend_checked", judged.frontend_checked},
            {"onsets", judged.onsets_s},   {"truths", judged.truths},
            {"scores", judged.scores},     {"damage", judged.damage}};
}

void from_json(const nlohmann::ordered_json& json, JudgedRecording& judged) {
    if (json.contains("problem")) {
        json["problem"].get_to(judged.problem);
        return;
    }
    json.at("left_out").get_to(judged.left_out);
    json.at("frontend_checked").get_to(judged.frontend_checked);
    json.at("onsets").get_to(judged.onsets_s);
    json.at("truths").get_to(judged.truths);
    json.at("scores").get_to(judged.scores);
    json.at("damage").get_to(judged.damage);
}

}  // namespace earshot::evaluate
