#pragma once

#include "audio/source.h"
#include "label/timeline.h"
#include "support/output.h"

namespace earshot::label {

/// Writes the sound of each event as a waveform: {"waveforms": [[...], ...], "labels": [...], "fs": rate}.
/// Samples are written as the shortest decimals that read back as the same float. Sound between events is
/// skipped; memory does not grow with their length.
/// @param source  one channel, from its beginning
/// @throws Error if events overlap, are empty, or begin after the recording's end
void write_waveform_json(const Timeline& timeline, audio::Source& source, Output& out);

}  // namespace earshot::label
