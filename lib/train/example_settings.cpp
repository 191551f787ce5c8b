#include "support/setting.h"
#include "train/training_set.h"

namespace earshot::train {

std::vector<Setting> example_settings(ExampleOptions& options) {
    return {
        Setting("window", time_of(options.window_s), "TIME",
                "Sound that the network sees at once (0: one frame)")
            .basic(),
        {"window-hop", time_of(options.window_hop_s), "TIME",
         "Time from one window to the next (0: no overlap)"},
        Setting("target",
                choice_of<model::Target>(options.target, {{"frame", model::Target::frame},
                                                          {"recording", model::Target::recording},
                                                          {"events", model::Target::events}}),
                "WHAT", "What labels are of: windows, recordings, or moments (events)")
            .basic(),
        {"padding",
         choice_of<windows::Padding>(options.padding, {{"minimum", windows::Padding::minimum},
                                                       {"mean", windows::Padding::mean},
                                                       {"edge", windows::Padding::edge}}),
         "HOW", "How to pad a recording shorter than a window"},
        {"unknown", any_text(options.unknown), "LABEL", "Answer this if no label reaches its threshold"},
    };
}

}  // namespace earshot::train
