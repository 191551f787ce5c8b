#pragma once

namespace earshot {

/// From now on the first SIGINT or SIGTERM asks for an orderly end; another one, half a second or more later,
/// kills. (One sent to us and to our process group arrives twice.)
void handle_interrupts();

/// Called, in the signal's handler, before the second signal kills: for what must not be left behind.
/// nullptr: none.
void before_kill(void (*restore)());

/// True once the user has asked to stop.
bool interrupted();

/// The signal that was received, 0 if none.
int interrupt_signal();

/// @throws Interrupted once the user has asked to stop. Long loops call it between pieces of work, so
/// that destructors remove what is half-written.
void check_interrupt();

}  // namespace earshot
