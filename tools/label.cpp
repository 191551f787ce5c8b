#include <utility>
#include <vector>

#include "support/error.h"
#include "tools/label/subcommands.h"
#include "tools/tool.h"

namespace earshot::tools {
namespace {

Runner declare(CLI::App& app) {
    app.require_subcommand(1);
    std::vector<std::pair<const CLI::App*, Runner>> runners;
    for (const auto& [name, summary, footer, declare_options] : label_subcommands) {
        auto* subcommand = app.add_subcommand(name, summary);
        subcommand->footer(footer);
        runners.emplace_back(subcommand, declare_options(*subcommand));
    }
    return [runners](Context& context) {
        for (const auto& [subcommand, run] : runners) {
            if (subcommand->parsed()) return run(context);
        }
        throw UsageError("no subcommand");  // which require_subcommand has ruled out
    };
}

}  // namespace

const Tool tool{"label", "Convert, check, count and cut labels: what sounds when in a recording.",
                "earshot-formats(5) describes the label files. Examples:\n"
                "  earshot label check recordings/\n"
                "  earshot label convert labels.json -o labels.txt --audio night.mp3",
                declare};

}  // namespace earshot::tools
