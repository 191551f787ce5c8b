#pragma once

#include <string>

#include "audio/source.h"
#include "locate/beamformer.h"
#include "locate/position.h"
#include "tools/locate/event_lines.h"

namespace earshot::tools {

/// Saves the sound of located events, beamformed in their direction.
class EventAudio {
 public:
    /// @param directory  created if it does not exist
    EventAudio(std::string directory, locate::Beam beam, const locate::ArrayGeometry& geometry,
               double speed_of_sound);

    /// Writes RECORDING-NUMBER-LABEL.wav, one channel, at the recording's rate.
    /// @param input    the recording, which is reopened at the event's onset
    /// @param options  how it was opened
    /// @return  the file's path
    std::string save(const std::string& input, audio::SourceOptions options, const GivenEvent& event,
                     const locate::Fix& fix);

 private:
    std::string directory_;
    locate::Beam beam_;
    const locate::ArrayGeometry& geometry_;
    double speed_of_sound_;
    int count_ = 0;
};

}  // namespace earshot::tools
