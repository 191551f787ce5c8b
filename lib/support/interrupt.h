#pragma once

namespace earshot {

/// From now on the first SIGINT or SIGTERM requests an orderly shutdown, and another one at least half a
/// second later kills the process. (A signal sent both to us and to our process group arrives twice.)
void handle_interrupts();

/// Registers a function that the signal handler calls before the second signal kills, to restore the
/// terminal, for example. nullptr: none.
void before_kill(void (*restore)());

/// True once the user has asked to stop.
bool interrupted();

/// The signal that was received, 0 if none.
int interrupt_signal();

/// @throws Interrupted once the user has asked to stop. Long loops call it between steps, so that destructors
/// remove partial output.
void check_interrupt();

}  // namespace earshot
