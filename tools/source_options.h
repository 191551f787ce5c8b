#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "audio/source.h"

namespace earshot::tools {

/// --channels, --start, --duration, --raw: what is read of each input, spelled the same in every command.
/// A default of `all` channels is for commands that copy sound; the others, which make frames, refuse it.
void add_source(CLI::App& app, audio::SourceOptions& options);

/// The same without --channels, for commands that know which channels they need.
void add_source_span(CLI::App& app, audio::SourceOptions& options);
/// --channels alone, likewise.
void add_channels(CLI::App& app, audio::ChannelChoice& channels);
/// --raw alone.
void add_raw(CLI::App& app, std::optional<audio::RawFormat>& raw, const std::string& what);

}  // namespace earshot::tools
