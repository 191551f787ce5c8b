#pragma once

#include <string>

#include "audio/source.h"
#include "locate/beamformer.h"
#include "locate/position.h"
#include "tools/locate/event_lines.h"

namespace earshot::tools {

/// Saves the sound of located events, each listened to in its direction.
class EventAudio {
 public:
    /// @param directory  made if it is not there
    EventAudio(std::string directory, locate::Beam beam, const locate::ArrayGeometry& geometry,
               double speed_of_sound);

    /// Writes RECORDING-NUMBER-LABEL.wav, one channel, at the recording's rate.
    /// @param input    the recording, which is read again from the event's onset on
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
