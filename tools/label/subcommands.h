#pragma once

#include <array>

#include "tools/tool.h"

namespace earshot::tools {

Runner declare_label_convert(CLI::App& app);
Runner declare_label_check(CLI::App& app);
Runner declare_label_stats(CLI::App& app);
Runner declare_label_cut(CLI::App& app);

struct LabelSubcommand {
    const char* name;
    const char* summary;
    const char* footer;  // examples
    Runner (*declare)(CLI::App& app);
};

inline constexpr std::array label_subcommands{
    LabelSubcommand{"convert", "Write labels in another format",
                    "Formats: labels-json, audacity, dcase, raven, csv, word-bounds, waveform-json, jsonl.\n"
                    "Examples:\n"
                    "  earshot label convert labels.txt -o labels.json\n"
                    "  earshot label convert labels.csv --audio clips/ --to dcase > events.tsv",
                    declare_label_convert},
    LabelSubcommand{"check", "Check labels against their recordings",
                    "Status 3 if a recording has a fault: no labels, labels past its end, an unknown label.\n"
                    "Examples:\n"
                    "  earshot label check recordings/ --known background,cry\n"
                    "  earshot label check night.mp3 --labels night.txt --gaps",
                    declare_label_check},
    LabelSubcommand{"stats", "Count labels and add up their time",
                    "Examples:\n"
                    "  earshot label stats recordings/\n"
                    "  earshot label stats --json events.tsv",
                    declare_label_stats},
    LabelSubcommand{"cut", "Cut labelled segments into separate files",
                    "Writes one file per segment to DIR, then labels.csv, which gives the label of each.\n"
                    "Examples:\n"
                    "  earshot label cut night.mp3 --labels night.txt -o clips/\n"
                    "  earshot label cut recordings/ --only cry --format flac -o cries/",
                    declare_label_cut},
};

}  // namespace earshot::tools
