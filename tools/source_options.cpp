#include "tools/source_options.h"

#include <fmt/format.h>

#include "support/error.h"
#include "tools/options.h"

namespace earshot::tools {
namespace {

/// An option whose text `parse` turns into a value, or into an error of usage.
template <class Value, class Parse>
CLI::Option* add_parsed(CLI::App& app, const std::string& name, Value& value, Parse parse,
                        const std::string& what) {
    return app.add_option_function<std::string>(
        name,
        [&value, parse, name](const std::string& text) {
            try {
                value = parse(text);
            } catch (const Error& error) {
                throw CLI::ValidationError(name, error.what());
            }
        },
        what);
}

}  // namespace

void add_channels(CLI::App& app, audio::ChannelChoice& channels) {
    const bool all = channels.kind == audio::ChannelChoice::Kind::all;
    const auto parse = [all](std::string_view text) {
        const auto choice = audio::parse_channels(text);
        if (!all && choice.kind == audio::ChannelChoice::Kind::all) {
            throw Error("frames need a single channel (mix, left, right, or a number)");
        }
        return choice;
    };
    add_parsed(app, "--channels", channels, parse,
               fmt::format("{}mix (their mean), left, right, or a number", all ? "all, " : ""))
        ->type_name("WHICH")
        ->default_str(all ? "all" : "mix");
}

void add_raw(CLI::App& app, std::optional<audio::RawFormat>& raw, const std::string& what) {
    add_parsed(app, "--raw", raw, audio::parse_raw, what)->type_name("FORMAT,RATE,CHANNELS");
}

void add_source(CLI::App& app, audio::SourceOptions& options) {
    add_channels(app, options.channels);
    add_source_span(app, options);
}

void add_source_span(CLI::App& app, audio::SourceOptions& options) {
    add_time(app, "--start", options.start_s, "Start at this time of each input")->type_name("TIME");
    add_time(app, "--duration", options.duration_s, "Read at most this much of each input")
        ->type_name("TIME");
    add_raw(app, options.raw, "Inputs are headerless PCM, for example s16le,16000,1");
}

}  // namespace earshot::tools
