#pragma once

#include <sched.h>

#include <algorithm>
#include <thread>

namespace earshot {

/// Number of processors that this process may use: fewer than the machine has in a container or under
/// taskset.
inline int available_processors() {
    cpu_set_t allowed;
    if (::sched_getaffinity(0, sizeof allowed, &allowed) == 0) return CPU_COUNT(&allowed);
    return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

}  // namespace earshot
