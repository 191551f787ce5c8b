#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "audio/source.h"
#include "locate/event_locator.h"
#include "locate/locator.h"
#include "support/error.h"
#include "support/interrupt.h"
#include "support/json_lines.h"
#include "tools/locate/array_option.h"
#include "tools/locate/event_lines.h"
#include "tools/options.h"
#include "tools/source_options.h"
#include "tools/tool.h"

namespace earshot::tools {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kBlockFrames = 4096;

struct Options {
    std::string array;
    std::vector<std::string> inputs;
    std::string events;
    std::string output = "-";
    SourceOptions source;
    std::string method = "srp";
    FinderSettings finder;
    std::optional<double> temperature_c;
    double updates_hz = 10;
    Zones zones;
    bool unbuffered = false;
};

bool is_live(const std::string& input) { return input == "-"; }

/// In dry air; within 0.2 % of the full formula between -30 and 50 degrees.
double speed_of_sound(double temperature_c) { return 331.3 * std::sqrt(1 + temperature_c / 273.15); }

class Run {
 public:
    Run(const Options& options, Context& context)
        : options_(options),
          context_(context),
          geometry_(open_array(options.array)),
          inputs_(expand_inputs(options.inputs)),
          output_(options.output == "-" ? nullptr : open_text_output(options.output)),
          rows_(output_ ? *output_ : context.out, options.unbuffered || is_live(inputs_.front())) {
        options_.source.channels.kind = ChannelChoice::Kind::all;
        auto& finder = options_.finder;
        finder.method = parse_method(options.method);
        finder.speed_of_sound = options.temperature_c ? speed_of_sound(*options.temperature_c)
                                                      : geometry_.speed_of_sound.value_or(speed_of_sound(20));
        for (const auto& input : inputs_) refuse_terminal(input);
        if (!options.events.empty() && inputs_.size() != 1) {
            throw UsageError("--events are those of one recording (give one input)");
        }
        if (options.events == "-" && inputs_.front() == "-") {
            throw UsageError("standard input can be read once only, as sound or as events");
        }
    }

    Exit operator()() {
        for (const auto& input : inputs_) {
            try {
                locate(input);
            } catch (const UsageError&) {
                throw;
            } catch (const WriteError&) {
                throw;
            } catch (const Error& error) {
                if (inputs_.size() == 1) throw;
                const std::string what = error.what();
                context_.console.error(what.starts_with(input) ? what : fmt::format("{}: {}", input, what));
                ++failed_;
            }
        }
        context_.console.end_progress();
        if (output_) output_->close();
        if (failed_ == inputs_.size()) return Exit::failure;
        return failed_ > 0 || damaged_ ? Exit::partial : Exit::ok;
    }

 private:
    void locate(const std::string& input) {
        const auto source = open_source(input, options_.source);
        const auto format = source->format();
        if (format.channels < geometry_.channels) {
            throw Error(fmt::format("{}: {} channel{}, but the array {} has {} (is it the right --array?)",
                                    input, format.channels, format.channels == 1 ? "" : "s", options_.array,
                                    geometry_.channels));
        }
        if (geometry_.rate_hz && *geometry_.rate_hz != format.rate_hz) {
            context_.console.detail(fmt::format("{}: {} Hz, {} speaks of {} Hz", input, format.rate_hz,
                                                options_.array, *geometry_.rate_hz));
        }
        start_progress(*source);
        if (options_.events.empty()) {
            track(input, *source);
        } else {
            place_events(input, *source);
        }
        for (const auto& damage : source->damage()) {
            damaged_ = true;
            context_.console.warning(
                fmt::format("{}: damaged at {:.3f} s ({}); directions are of what could be decoded", input,
                            damage.position_s, damage.what));
            break;
        }
    }

    void start_progress(const Source& source) {
        std::optional<double> total_s;
        if (const auto frames = source.frames())
            total_s = std::ceil(static_cast<double>(*frames) / source.format().rate_hz);
        context_.console.start_progress("locate, s", total_s);
    }

    void track(const std::string& input, Source& source) {
        const auto format = source.format();
        Locator locator(geometry_, format.rate_hz, format.channels, options_.finder, options_.updates_hz);
        const Locator::Sink sink = [&](const Update& update) {
            Json row;
            if (inputs_.size() > 1) row["file"] = input;
            row["onset"] = rounded(options_.source.start_s + update.onset_s, 3);
            row["offset"] = rounded(options_.source.start_s + update.offset_s, 3);
            row["vad"] = update.active;
            append_position(row, update.position, options_.zones);
            row["track"] = update.track ? Json(*update.track) : Json(nullptr);
            rows_.write(row);
        };
        read(source, [&](std::span<const float> block, double) { locator.push(block, sink); });
        locator.finish(sink);
    }

    void place_events(const std::string& input, Source& source) {
        const auto format = source.format();
        EventLocator locator(geometry_, format.rate_hz, format.channels, options_.finder);
        EventLines lines(options_.events);
        std::deque<Json> waiting;  // rows of the events that are not placed yet
        const EventLocator::Sink sink = [&](std::size_t, const std::optional<Position>& position) {
            append_position(waiting.front(), position, options_.zones);
            rows_.write(waiting.front());
            waiting.pop_front();
        };
        const double start_s = options_.source.start_s;
        auto next = next_event(lines, input);
        read(source, [&](std::span<const float> block, double begin_s) {
            const double end_s =
                begin_s + static_cast<double>(block.size()) / format.channels / format.rate_hz;
            while (next && next->onset_s - start_s < end_s) {
                // A frame of leeway: times of events are rounded.
                if (next->onset_s - start_s < begin_s - 0.05 && !waiting.empty() &&
                    next->onset_s < last_onset_s_ - 0.05) {
                    throw Error(lines.where() +
                                ": before the event of an earlier line (sort events by onset)");
                }
                last_onset_s_ = next->onset_s;
                locator.add(next->onset_s - start_s, next->offset_s - start_s);
                waiting.push_back(std::move(next->row));
                next = next_event(lines, input);
            }
            locator.push(block, sink);
        });
        locator.finish(sink);
        for (; next; next = next_event(lines, input)) {
            append_position(next->row, {}, options_.zones);
            rows_.write(next->row);
        }
    }

    /// The next event of this recording.
    std::optional<GivenEvent> next_event(EventLines& lines, const std::string& input) {
        namespace fs = std::filesystem;
        while (auto event = lines.next()) {
            const auto file = event->row.find("file");
            const bool other = file != event->row.end() && file->is_string() && *file != "-" &&
                               input != "-" &&
                               fs::path(file->get<std::string>()).filename() != fs::path(input).filename();
            if (!other) return event;
        }
        return {};
    }

    template <class Use>
    void read(Source& source, const Use& use) {
        const auto format = source.format();
        std::int64_t frames = 0;
        try {
            for (auto block = source.read(kBlockFrames); !block.empty(); block = source.read(kBlockFrames)) {
                check_interrupt();
                use(block, static_cast<double>(frames) / format.rate_hz);
                frames += static_cast<std::int64_t>(block.size()) / format.channels;
                context_.console.progress(static_cast<double>(frames) / format.rate_hz);
            }
        } catch (const Interrupted&) {
            // The end of a stream, but not of a file, of which something would be missing.
            if (!is_live(inputs_.front())) throw;
        }
    }

    Options options_;
    Context& context_;
    ArrayGeometry geometry_;
    std::vector<std::string> inputs_;
    std::unique_ptr<Output> output_;
    JsonLines rows_;
    double last_onset_s_ = 0;
    std::size_t failed_ = 0;
    bool damaged_ = false;
};

CLI::Option* add_metres(CLI::App& app, const std::string& name, double& metres, const std::string& what) {
    return app.add_option(name, metres, what)
        ->type_name("M")
        ->check(CLI::Range(0.01, 1000.0))
        ->capture_default_str();
}

Runner declare(CLI::App& app) {
    auto options = std::make_shared<Options>();
    app.add_option("INPUT", options->inputs, "Files, directories, @lists, URLs or - (stdin)")
        ->required()
        ->type_name("...")
        ->configurable(false);
    app.add_option("--array", options->array, "Where the microphones are: a name, or a file")
        ->required()
        ->type_name("NAME|FILE");
    app.add_option("--events", options->events, "Say where these events come from (jsonl; - is stdin)")
        ->type_name("FILE")
        ->configurable(false);
    add_output(app, options->output, "File for the positions (default: stdout)");
    app.add_option("--method", options->method, "gcc (time differences), srp (steered power) or music")
        ->type_name("METHOD")
        ->check(CLI::IsMember({"gcc", "srp", "music"}))
        ->capture_default_str();
    app.add_option("--rate", options->updates_hz, "Positions a second")
        ->type_name("HZ")
        ->check(CLI::Range(0.1, 50.0))
        ->capture_default_str();
    app.add_option("--max-sources", options->finder.max_sources, "Sounds to tell apart at a time")
        ->type_name("N")
        ->check(CLI::Range(1, 8))
        ->capture_default_str();
    app.add_flag("--elevation", options->finder.elevation, "Also look above and below");
    app.add_option("--temperature", options->temperature_c,
                   "Of the air, degrees Celsius (default: the array file's\nspeed of sound, else 20)")
        ->type_name("C")
        ->check(CLI::Range(-60.0, 60.0));
    add_metres(app, "--near", options->zones.near_m, "Closer than this is near");
    add_metres(app, "--far", options->zones.far_m, "Farther than this is far");
    app.add_option("--center", options->zones.center_deg, "This close to straight ahead or behind is center")
        ->type_name("DEG")
        ->check(CLI::Range(0.0, 90.0))
        ->capture_default_str();
    add_source_span(app, options->source);
    add_unbuffered(app, options->unbuffered);
    return [options](Context& context) { return Run(*options, context)(); };
}

}  // namespace

const Tool tool{
    "locate", "Say where sounds come from.",
    "Examples:\n"
    "  earshot locate --array head-175mm evening.wav\n"
    "  earshot detect model/ evening.wav | earshot locate --array head-175mm evening.wav --events -",
    declare};

}  // namespace earshot::tools
