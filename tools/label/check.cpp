#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "audio/length.h"
#include "batch/batch.h"
#include "dataset/catalogue.h"
#include "label/findings.h"
#include "support/counted.h"
#include "support/error.h"
#include "support/json_lines.h"
#include "tools/label/subcommands.h"
#include "tools/options.h"

namespace earshot::tools {
namespace {

struct CheckOptions {
    std::vector<std::string> inputs;
    std::optional<std::string> labels;
    std::vector<std::string> known;
    bool gaps = false;
    double tolerance_s = 0.05;
    bool json = false;
};

/// Writes findings as text or JSON Lines, and counts them.
class Report {
 public:
    Report(Output& out, bool json) : out_(out), json_(json) {}

    void add(const std::string& audio, const label::Finding& finding, double length_s) {
        write(audio, finding.is_fault(), label::finding_name(finding.kind), finding.label, finding.onset_s,
              finding.offset_s, finding_text(finding, length_s));
    }
    /// A fault of the recording as a whole, or from a position on.
    void add_fault(const std::string& audio, std::string_view kind, double onset_s, const std::string& text) {
        write(audio, true, kind, "", onset_s, NAN, text);
    }

    std::size_t faults() const { return faults_; }
    std::size_t remarks() const { return remarks_; }

 private:
    static std::string finding_text(const label::Finding& finding, double length_s) {
        const auto span = fmt::format("{:.3f}-{:.3f} s", finding.onset_s, finding.offset_s);
        switch (finding.kind) {
            case label::FindingKind::past_end:
                return fmt::format("'{}' at {} is past the end, {:.3f} s", finding.label, span, length_s);
            case label::FindingKind::unknown_label:
                return fmt::format("'{}' at {} is not a known label", finding.label, span);
            case label::FindingKind::overlap:
                return fmt::format("{} overlap at {}", finding.label, span);
            case label::FindingKind::gap:
                return fmt::format("no label at {}", span);
            case label::FindingKind::no_duration:
                return fmt::format("'{}' at {} has no duration", finding.label, span);
        }
        return span;
    }

    void write(const std::string& audio, bool fault, std::string_view kind, const std::string& label,
               double onset_s, double offset_s, const std::string& text) {
        ++(fault ? faults_ : remarks_);
        if (!json_) {
            out_.write(fmt::format("{}: {}: {}\n", audio, fault ? "fault" : "remark", text));
            return;
        }
        JsonLines(out_).write(
            {{"file", audio},
             {"fault", fault},
             {"kind", kind},
             {"label", label.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(label)},
             {"onset", rounded(onset_s, 6)},
             {"offset", rounded(offset_s, 6)},
             {"text", text}});
    }

    Output& out_;
    bool json_;
    std::size_t faults_ = 0, remarks_ = 0;
};

void check_recording(const dataset::CatalogueEntry& recording, const label::CheckRules& rules,
                     Report& report) {
    if (recording.missing) return report.add_fault(recording.audio, "missing", NAN, recording.problem);
    if (!recording.timeline) return report.add_fault(recording.audio, "no-labels", NAN, recording.problem);
    audio::Length length;
    try {
        length = audio::decode_length(recording.audio);
    } catch (const Error& error) {
        return report.add_fault(recording.audio, "unreadable", NAN, reason(error, recording.audio));
    }
    for (const auto& damage : length.damage) {
        report.add_fault(recording.audio, "damaged", damage.position_s,
                         fmt::format("at {:.3f} s: {}", damage.position_s, damage.what));
    }
    for (const auto& finding : label::check_timeline(*recording.timeline, length.seconds, rules)) {
        report.add(recording.audio, finding, length.seconds);
    }
}

Exit run_check(const CheckOptions& options, Context& context) {
    std::ranges::for_each(options.inputs, refuse_terminal);
    const auto catalogue = dataset::find_recordings(options.inputs, {options.labels, {}});
    if (std::ranges::all_of(catalogue.entries, &dataset::CatalogueEntry::missing)) {
        for (const auto& entry : catalogue.entries)
            context.console.error(fmt::format("{}: {}", entry.audio, entry.problem));
        return Exit::failure;
    }
    for (const auto& warning : catalogue.warnings) context.console.warning(warning);
    label::CheckRules rules{options.tolerance_s, options.gaps, {}};
    if (!options.known.empty()) rules.known = options.known;

    Report report(context.out, options.json);
    const auto& entries = catalogue.entries;
    batch::Batch batch(batch::names_of(entries, &dataset::CatalogueEntry::audio), {"check", {}, ""},
                       context.console);
    batch.run<batch::Nothing>(
        1,
        [&](std::size_t i, int, batch::Outcome<batch::Nothing>&) {
            check_recording(entries[i], rules, report);
        },
        [](std::size_t, batch::Nothing) {});
    context.console.note(fmt::format("{}: {}, {}", counted(entries.size(), "recording"),
                                     counted(report.faults(), "fault"), counted(report.remarks(), "remark")));
    return report.faults() > 0 ? Exit::partial : Exit::ok;
}

}  // namespace

Runner declare_label_check(CLI::App& app) {
    auto options = std::make_shared<CheckOptions>();
    app.add_option("input", options->inputs, "Recordings, directories of them, or @LIST")
        ->type_name("AUDIO|DIR")
        ->required();
    app.add_option("--labels", options->labels, "Label file for all recordings (default: search beside each)")
        ->type_name("FILE");
    app.add_option("--known", options->known, "Allowed labels; any other is a fault")
        ->type_name("LABEL,...")
        ->delimiter(',')
        ->allow_extra_args(false);
    app.add_flag("--gaps", options->gaps, "Report time that no label covers");
    add_time(app, "--tolerance", options->tolerance_s,
             "Ignore gaps, and labels past the end, up to this long");
    app.add_flag("--json", options->json, "Write JSON Lines");
    return [options](Context& context) { return run_check(*options, context); };
}

}  // namespace earshot::tools
