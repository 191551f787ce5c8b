#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <utility>

#include "audio/source.h"
#include "capture/live_source.h"
#include "support/error.h"
#include "tools/help.h"
#include "tools/options.h"
#include "tools/record/archive_sink.h"
#include "tools/record/control.h"
#include "tools/record/list.h"
#include "tools/record/record_options.h"
#include "tools/record/session.h"
#include "tools/record/stream_sink.h"
#include "tools/source_options.h"
#include "tools/tool.h"

namespace earshot::tools {
namespace {

namespace fs = std::filesystem;
using Container = record::SoundCoding::Container;

void check(const RecordOptions& options) {
    const auto fail = [](const char* what) { throw UsageError(what); };
    if (options.segments.empty()) {
        if (options.file.empty())
            fail("no output given (name a FILE, - for standard output, or --segments DIR)");
        if (options.keep == "sound") fail("--keep sound needs segments (give --segments DIR)");
        if (options.capture.raw)
            fail("--raw needs standard input as the source (earshot record - --segments DIR)");
    } else {
        if (!options.file.empty() && options.file != "-")
            fail("--segments cannot be combined with a FILE (only with -, which reads standard input)");
        if (options.reads_standard_input() && options.device)
            fail("--device and - (standard input) cannot be combined");
    }
    const bool rolls = options.recorder.pre_roll_s || options.recorder.post_roll_s;
    if (options.keep == "all" && (rolls || options.gate.above_db))
        fail("--pre-roll, --post-roll and --above-floor need --keep sound");
    if (options.recorder.pre_roll_s.value_or(0) > 60)
        fail("--pre-roll must be at most 60s, since it is kept in memory");
    if (options.recorder.segment_s < 0.1 || options.recorder.segment_s > 86400)
        fail("--segment must be from 100ms to 1d");
    if (options.duration_s && *options.duration_s <= 0) fail("--duration must be above 0");
    if (options.file == "-" && options.segments.empty() && ::isatty(STDOUT_FILENO) == 1)
        fail("will not write sound to a terminal (name a FILE, or write to a pipe)");
}

record::SoundCoding coding_of(const RecordOptions& options) {
    record::SoundCoding coding;
    std::string format = options.format;
    const bool to_file = options.segments.empty() && options.file != "-";
    if (format.empty() && to_file) {
        format = fs::path(options.file).extension().native();
        if (format.empty())
            throw UsageError(fmt::format(
                "{}: cannot tell the format without an extension (give --format wav)", options.file));
        format.erase(0, 1);
    }
    coding.container = format.empty() ? Container::wav : record::parse_container(format);
    coding.encoding = options.bits == "16"   ? audio::SampleEncoding::pcm16
                      : options.bits == "24" ? audio::SampleEncoding::pcm24
                                             : audio::SampleEncoding::float32;
    const bool pcm = coding.container == Container::wav || coding.container == Container::raw;
    if (!to_file && options.segments.empty() && !pcm)
        throw UsageError("a pipe can carry only wav or raw (name a FILE for flac, ogg or opus)");
    if (!options.segments.empty() && coding.container == Container::raw)
        throw UsageError("segments need a header (--format wav, flac, ogg or opus)");
    if (to_file && !options.force && fs::exists(options.file))
        throw UsageError(fmt::format("{}: exists (replace it with --force)", options.file));
    return coding;
}

capture::CaptureOptions capture_options(const RecordOptions& options, Console& console) {
    capture::CaptureOptions capture = options.capture;
    capture.block_s =
        options.file == "-" && options.segments.empty() ? 0.02 : 0.1;  // a pipe may be heard live
    capture.reconnect = !options.no_reconnect;
    capture.paced = !options.fast;
    capture.notify = [&console](const capture::CaptureNotice& notice) { console.warning(notice.text); };
    return capture;
}

Exit record_segments(const RecordOptions& options, const record::SoundCoding& coding, Context& context) {
    auto archive_options = options.archive;
    archive_options.directory = options.segments;
    archive_options.coding = coding;
    if (options.max_bytes > 0) archive_options.max_bytes = static_cast<std::int64_t>(options.max_bytes);
    archive_options.min_free_bytes = static_cast<std::int64_t>(options.min_free_bytes);
    record::Archive archive(archive_options, [&](const std::string& text) { context.console.warning(text); });

    auto recorder = options.recorder;
    recorder.device = options.reads_standard_input() ? "" : options.input();
    if (options.keep == "sound") recorder.gate = options.gate;
    if (recorder.pre_roll_s || recorder.post_roll_s) {
        recorder.pre_roll_s = recorder.pre_roll_s.value_or(0);
        recorder.post_roll_s = recorder.post_roll_s.value_or(0);
    }
    Control control(options.control, context.console);
    const auto source = capture::open_device(options.input(), capture_options(options, context.console));
    record::check_coding(coding, source->format());
    ArchiveSink sink(archive, recorder, source->format(), context.console);
    record_session(*source, sink, control, options, context.console);
    const record::RecorderStatistics& statistics = sink.statistics();
    if (statistics.segments == 0 && statistics.no_room_frames > 0)
        throw WriteError(fmt::format("{}: no segment was kept, because the disk was full", options.segments));
    context.console.detail(sink.summary());
    return Exit::ok;
}

Exit record_stream(const RecordOptions& options, const record::SoundCoding& coding, Context& context) {
    Control control(options.control, context.console);
    const auto source = capture::open_device(options.input(), capture_options(options, context.console));
    const audio::AudioFormat format = source->format();
    record::check_coding(coding, format);
    std::unique_ptr<Sink> sink;
    if (options.file == "-") {
        sink = std::make_unique<PipeSink>(context.out, format, coding, context.console);
    } else {
        sink = std::make_unique<FileSink>(options.file, format, coding, context.console);
    }
    record_session(*source, *sink, control, options, context.console);
    return Exit::ok;
}

Exit run(const RecordOptions& options, Context& context) {
    if (options.list) return list_devices(context);
    check(options);
    if (options.reads_standard_input()) refuse_terminal("-");
    const record::SoundCoding coding = coding_of(options);
    return options.segments.empty() ? record_stream(options, coding, context)
                                    : record_segments(options, coding, context);
}

void declare_sound(CLI::App& app, RecordOptions& options) {
    app.add_option("--device", options.device, "default, alsa:NAME, pulse:NAME, lavfi:GRAPH or a URL")
        ->type_name("NAME");
    app.add_flag("--list-devices", options.list, "List the available devices");
    app.add_option("--rate", options.capture.rate_hz, "Sampling rate to record at (default: the device's)")
        ->type_name("HZ")
        ->check(CLI::Range(100, 1'536'000));
    app.add_option("--device-channels", options.capture.device_channels,
                   "Number of channels to request from the device (default: all)")
        ->type_name("N")
        ->check(CLI::Range(1, 256));
    add_channels(app, options.capture.channels);
    add_raw(app, options.capture.raw, "Standard input is headerless PCM, for example s16le,16000,1");
    add_time(app, "--buffer", options.capture.buffer_s, "Length of sound to buffer for a slow disk or pipe");
    app.add_flag("--no-reconnect", options.no_reconnect, "Stop with status 1 when the device is lost");
    app.add_flag("--fast", options.fast, "Read lavfi as fast as possible rather than in real time");
    add_time(app, "--duration", options.duration_s, "Stop after this time");
}

void declare_segments(CLI::App& app, RecordOptions& options) {
    app.add_option("--segments", options.segments, "Record into an archive of segments of equal length")
        ->type_name("DIR");
    add_time(app, "--segment", options.recorder.segment_s, "Length of a segment");
    app.add_option("--keep", options.keep, "Keep all segments, or only those with sound")
        ->type_name("all|sound")
        ->check(CLI::IsMember({"all", "sound"}))
        ->capture_default_str();
    app.add_option("--threshold", options.gate.threshold_dbfs, "Level above which a segment has sound")
        ->type_name("DBFS")
        ->check(CLI::Range(-200.0, 0.0))
        ->capture_default_str();
    app.add_option("--hysteresis", options.gate.hysteresis_db, "Sound ends this far below the threshold")
        ->type_name("DB")
        ->check(CLI::Range(0.0, 100.0))
        ->capture_default_str();
    app.add_option("--above-floor", options.gate.above_db, "Sound must also be this far above the background")
        ->type_name("DB")
        ->check(CLI::Range(0.0, 100.0));
    add_time(app, "--pre-roll", options.recorder.pre_roll_s, "Keep only sound, with this much before it");
    add_time(app, "--post-roll", options.recorder.post_roll_s, "Keep only sound, with this much after it");
    add_time(app, "--max-age", options.archive.max_age_s, "Delete days older than this, such as 30d");
    app.add_option("--max-size", options.max_bytes,
                   "Delete the oldest segments above this total size, such as 50G")
        ->type_name("SIZE")
        ->transform(CLI::AsSizeValue(false));
    app.add_option("--min-free", options.min_free_bytes,
                   "Stop keeping segments while less disk space is free (default: 100M)")
        ->type_name("SIZE")
        ->transform(CLI::AsSizeValue(false));
}

Runner declare(CLI::App& app) {
    auto options = std::make_shared<RecordOptions>();
    options->capture.channels.kind = audio::ChannelChoice::Kind::all;
    app.add_option("FILE", options->file, "File to write, or - for stdout; with --segments, - reads stdin")
        ->type_name("")
        ->configurable(false);
    declare_sound(app, *options);
    declare_segments(app, *options);
    app.add_option("--format", options->format,
                   "wav, flac, ogg, opus or raw (default: from FILE's extension, else wav)")
        ->type_name("FORMAT");
    app.add_option("--bits", options->bits, "Sample format: 16, 24 or float")
        ->type_name("BITS")
        ->check(CLI::IsMember({"16", "24", "float"}))
        ->capture_default_str();
    app.add_option("--control", options->control,
                   "Pause or resume by {\"recording\": true} or false in this file")
        ->type_name("FILE");
    add_force(app, options->force);
    return [options](Context& context) { return run(*options, context); };
}

}  // namespace

const Tool tool{"record", "Record sound from devices and streams.",
                "Examples:\n"
                "  earshot record --segments archive/ --keep sound --max-age 30d\n"
                "  ssh pi earshot record --device default - | earshot detect model/ -",
                declare};

}  // namespace earshot::tools
