#pragma once

#include <string>

#include "live/live_json.h"
#include "live/program_runner.h"

namespace earshot::tools {

/// Runs a program for each event: EARSHOT_LABEL and the like in its environment, the event's line of JSON on
/// its standard input.
class EventPrograms : public live::LiveSink {
 public:
    /// @param command  the program and its arguments, as ProgramRunner takes them
    /// @param partial  also when an event starts
    /// @param mute     discard what programs print
    EventPrograms(const std::string& command, std::string device, bool partial, bool mute);

    void starts(const live::LiveEvent& event) override;
    void ends(const live::LiveEvent& event) override;

    void finish(double patience_s) { runner_.finish(patience_s); }
    live::ProgramRunner::Totals totals() const { return runner_.totals(); }

 private:
    void run(const live::LiveEvent& event, live::EventState state);

    std::string device_;
    bool partial_;
    live::ProgramRunner runner_;
};

}  // namespace earshot::tools
