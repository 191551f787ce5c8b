#pragma once

namespace earshot::network {

/// Sets the number of threads that matrix products of this process use, and keeps LibTorch's own pool at one.
void set_compute_threads(int threads);

}  // namespace earshot::network
