#pragma once

namespace earshot::frontend {

/// Calls action(); whatever it throws leaves the front end as new.
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
