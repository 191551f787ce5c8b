#include "detect/rejection.h"

#include <fmt/format.h>

#include "support/json_lines.h"

namespace earshot::detect {
namespace {

/// Writes the reason and its details into a row.
struct ReasonWriter {
    nlohmann::ordered_json& row;

    void operator()(const BelowThreshold& reason) const {
        row["reason"] = "threshold";
        row["threshold"] = rounded(reason.threshold, 4);
    }
    void operator()(const Unconfirmed& reason) const {
        row["reason"] = "confirm";
        row["windows"] = reason.hits;
        row["confirm"] = fmt::format("{}/{}", reason.wanted.hits, reason.wanted.windows);
    }
    void operator()(const TooShort& reason) const {
        row["reason"] = "short";
        row["min_duration"] = rounded(reason.min_duration_s, 3);
    }
    void operator()(const CoolingDown& reason) const {
        row["reason"] = "cool-down";
        row["until"] = rounded(reason.until_s, 3);
    }
    void operator()(const TooQuiet& reason) const {
        row["reason"] = "level";
        row["level"] = rounded(reason.level_dbfs, 1);
        row["min_level"] = rounded(reason.min_level_dbfs, 1);
    }
    void operator()(const Suppressed& reason) const {
        row["reason"] = "suppressed";
        row["near"] = reason.near;
        row["near_onset"] = rounded(reason.near_onset_s, 3);
        row["within"] = rounded(reason.within_s, 3);
    }
};

}  // namespace

nlohmann::ordered_json rejection_row(const std::string& file, const Rejection& rejection) {
    const auto& sound = rejection.sound;
    nlohmann::ordered_json row{{"file", file},
                               {"onset", rounded(sound.onset_s, 3)},
                               {"offset", rounded(sound.offset_s, 3)},
                               {"label", sound.label}};
    if (sound.score) row["score"] = rounded(*sound.score, 4);
    std::visit(ReasonWriter{row}, rejection.reason);
    return row;
}

}  // namespace earshot::detect
