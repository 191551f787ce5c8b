#pragma once

#include "batch/batch.h"
#include "tools/tool.h"

namespace earshot::tools {

inline Exit exit_of(batch::BatchStatus status) {
    switch (status) {
        case batch::BatchStatus::ok:
            return Exit::ok;
        case batch::BatchStatus::partial:
            return Exit::partial;
        case batch::BatchStatus::failure:
            break;
    }
    return Exit::failure;
}

}  // namespace earshot::tools
