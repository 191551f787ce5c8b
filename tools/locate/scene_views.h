#pragma once

#include <optional>
#include <string>

#include "scene/scene.h"
#include "support/output.h"

namespace earshot::tools {

/// Which views of a scene to show.
struct SceneViews {
    bool summary = false, heatmap = false, json = false;
    std::optional<double> recent_s;
    std::string label;  // of this one only; empty: of all

    bool any() const { return summary || heatmap || recent_s; }
};

/// As text for people: a table, polar plots and charts of the week; or as one JSON object.
void show_scene(const scene::Scene& scene, const SceneViews& views, Output& out);

}  // namespace earshot::tools
