#include "support/error.h"
#include "tools/tool.h"

namespace earshot::tools {
namespace {

Runner declare(CLI::App&) {
    return [](Context&) -> Exit { throw Error("not written yet"); };
}

}  // namespace

const Tool tool{"train", "", "", declare};

}  // namespace earshot::tools
