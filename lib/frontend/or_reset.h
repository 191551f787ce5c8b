#pragma once

namespace earshot::frontend {

/// Calls action(); if it throws, resets the front end.
template <class FrontendType, class Action>
void or_reset(FrontendType& frontend, const Action& action) {
    try {
        action();
    } catch (...) {
        frontend.reset();
        throw;
    }
}

}  // namespace earshot::frontend
