#pragma once

#include <gmock/gmock.h>

#include <string>

#include "support/error.h"

namespace earshot {

/// What the error says that `action` throws; a failed test if it throws none.
template <class Action>
std::string error_of(Action&& action) {
    try {
        action();
    } catch (const Error& error) {
        return error.what();
    }
    ADD_FAILURE() << "no error";
    return {};
}

}  // namespace earshot
