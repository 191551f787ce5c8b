#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>
#include <vector>

#include "audio/length.h"
#include "dataset/catalogue.h"
#include "label/label_file.h"
#include "label/statistics.h"
#include "record/archive_reader.h"
#include "support/counted.h"
#include "support/error.h"
#include "support/interrupt.h"
#include "support/json_lines.h"
#include "support/utf8.h"
#include "tools/label/archive_stats.h"
#include "tools/label/subcommands.h"
#include "tools/options.h"

namespace earshot::tools {
namespace {

struct StatsOptions {
    std::vector<std::string> inputs;
    std::optional<std::string> labels;
    std::string day;
    bool json = false;
};

/// Counts one input: a label file, or recordings with their labels.
class Counter {
 public:
    explicit Counter(Console& console) : console_(console) {}

    void add_label_file(const std::string& path) {
        const auto labels = label::read_labels(path);
        for (const auto& warning : labels.warnings) console_.warning(warning);
        for (const auto& [key, timeline] : labels.recordings) add(timeline);
    }

    void add_recordings(const std::string& input, const std::optional<std::string>& labels) {
        auto catalogue = dataset::find_recordings({&input, 1}, {labels, {}});
        for (const auto& warning : catalogue.warnings) console_.warning(warning);
        console_.start_progress("stats", static_cast<double>(catalogue.entries.size()));
        for (std::size_t i = 0; i < catalogue.entries.size(); ++i) {
            check_interrupt();
            console_.progress(static_cast<double>(i), catalogue.entries[i].audio);
            add_recording(catalogue.entries[i]);
        }
        console_.end_progress();
    }

    const label::LabelStatistics& statistics() const { return statistics_; }
    std::size_t recordings() const { return recordings_; }
    bool complete() const { return complete_; }

 private:
    void add(const label::Timeline& timeline) {
        statistics_.add(timeline);
        ++recordings_;
    }

    void add_recording(dataset::CatalogueEntry& recording) {
        try {
            if (!recording.timeline) throw Error(fmt::format("{}: {}", recording.audio, recording.problem));
            // Only open-ended labels need the recording, since decoding takes time.
            const bool open = std::ranges::any_of(recording.timeline->events, [](const label::Event& event) {
                return std::isinf(event.offset_s);
            });
            if (open) recording.timeline->clip(audio::measure_length(recording.audio).seconds);
            add(*recording.timeline);
        } catch (const Error& error) {
            console_.error(error.what());
            complete_ = false;
        }
    }

    Console& console_;
    label::LabelStatistics statistics_;
    std::size_t recordings_ = 0;
    bool complete_ = true;
};

std::string number(double value, int decimals) {
    return std::isnan(value) ? "-" : fmt::format("{:.{}f}", value, decimals);
}

void write_table(const label::LabelStatistics& statistics, Output& out) {
    auto rows = statistics.rows();
    rows.push_back(statistics.sum());
    rows.back().label = "all";
    std::size_t width = 5;
    for (const auto& row : rows) width = std::max(width, utf32_from_utf8(row.label).size());
    const auto line = [&](const std::string& label, const std::string& count, const std::string& total,
                          const std::string& median, const std::string& share) {
        const std::string padding(width - std::min(width, utf32_from_utf8(label).size()), ' ');
        out.write(
            fmt::format("{}{}  {:>7}  {:>11}  {:>9}  {:>6}\n", label, padding, count, total, median, share));
    };
    line("label", "count", "total s", "median s", "share");
    for (const auto& row : rows) {
        line(row.label, fmt::to_string(row.count), number(row.total_s, 3), number(row.median_s, 3),
             std::isnan(row.share) ? "-" : number(100 * row.share, 1) + "%");
    }
}

void write_json(const label::LabelStatistics& statistics, Output& out) {
    JsonLines lines(out);
    for (const auto& row : statistics.rows()) {
        lines.write({{"label", row.label},
                     {"count", row.count},
                     {"open", row.open},
                     {"total_s", rounded(row.total_s, 6)},
                     {"median_s", rounded(row.median_s, 6)},
                     {"share", rounded(row.share, 6)}});
    }
}

Exit run_stats(const StatsOptions& options, Context& context) {
    if (options.inputs.size() == 1 && !options.labels && record::is_archive(options.inputs[0]))
        return write_archive_stats(options.inputs[0], options.day, options.json, context);
    if (!options.day.empty()) throw UsageError("--day is for one archive of earshot record");
    Counter counter(context.console);
    std::ranges::for_each(options.inputs, refuse_terminal);
    for (const auto& input : options.inputs) {
        const bool of_audio = options.labels || input.starts_with('@') || audio::is_url(input) ||
                              std::filesystem::is_directory(input) || audio::is_audio_file(input);
        if (of_audio) {
            counter.add_recordings(input, options.labels);
        } else {
            counter.add_label_file(input);
        }
    }
    const auto& statistics = counter.statistics();
    if (const auto open = statistics.sum().open; open > 0) {
        context.console.warning(
            fmt::format("{} event{} to the end of a recording of unknown length; no time is counted for {} "
                        "(give the recordings instead)",
                        open, open == 1 ? " lasts" : "s last", open == 1 ? "it" : "them"));
    }
    options.json ? write_json(statistics, context.out) : write_table(statistics, context.out);
    context.console.detail(counted(counter.recordings(), "recording"));
    return counter.complete() ? Exit::ok : Exit::partial;
}

}  // namespace

Runner declare_label_stats(CLI::App& app) {
    auto options = std::make_shared<StatsOptions>();
    app.add_option("input", options->inputs,
                   "Label files, recordings, directories of them, @LIST, or an archive")
        ->type_name("FILE|DIR")
        ->required();
    app.add_option("--labels", options->labels, "Label file for all recordings (default: search beside each)")
        ->type_name("FILE");
    app.add_option("--day", options->day, "Day to plot, for an archive of earshot record (default: the last)")
        ->type_name("DATE");
    app.add_flag("--json", options->json, "Write JSON Lines");
    return [options](Context& context) { return run_stats(*options, context); };
}

}  // namespace earshot::tools
