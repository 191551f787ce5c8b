#pragma once

#include <string>

#include "support/descriptor.h"

namespace earshot {

/// The name, for mkostemp and mkdtemp, of a temporary file or directory beside `target`: `.r.csv.~XXXXXX`.
std::string temporary_name(const std::string& target);

/// Locks a temporary file or directory that has just been made, for as long as the process and the result
/// live.
/// @return nothing where another run has removed it, taking it for a leftover before it was locked: make
/// another
/// @throws WriteError if it cannot be opened
Descriptor lock_temporary(const std::string& path);

/// Removes what runs that were killed left beside `target`: temporaries of that name that are ours and that
/// no process has locked. Only on local file systems: on a network's, a lock may not be seen from another
/// machine. A directory is looked through once per process, so that a batch of many outputs costs no more
/// than one.
void remove_leftovers(const std::string& target);

}  // namespace earshot
