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
    EventAudio(std::string directory, Beam beam, const ArrayGeometry& geometry, double speed_of_sound);

    /// Writes RECORDING-NUMBER-LABEL.wav, one channel, at the recording's rate.
    /// @param input    the recording, which is read again from the event's onset on
    /// @param options  how it was opened
    /// @return  the file's path
    std::string save(const std::string& input, SourceOptions options, const GivenEvent& event,
                     const Fix& fix);

 private:
    std::string directory_;
    Beam beam_;
    const ArrayGeometry& geometry_;
    double speed_of_sound_;
    int count_ = 0;
};

}  // namespace earshot::tools
