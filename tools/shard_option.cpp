#include "tools/shard_option.h"

#include <string>

namespace earshot::tools {

void add_shard(CLI::App& app, batch::Shard& shard) {
    app.add_option_function<std::string>(
           "--shard", [&shard](const std::string& text) { shard = batch::parse_shard(text); },
           "Process only part I of N, such as 1/8")
        ->type_name("I/N");
}

}  // namespace earshot::tools
