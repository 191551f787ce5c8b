#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <vector>

#include "support/console.h"

namespace earshot::batch {

/// The progress line of inputs that are worked on at the same time. Erased by the destructor. Members may be
/// called from any thread.
class BatchProgress {
 public:
    /// @param sizes  of the inputs, in the unit that the title names
    BatchProgress(Console& console, std::string title, std::vector<double> sizes);
    ~BatchProgress();
    BatchProgress(const BatchProgress&) = delete;
    BatchProgress& operator=(const BatchProgress&) = delete;

    /// This fraction of input i is done; a smaller one than before changes nothing.
    void set(std::size_t i, double fraction, const std::string& name);

 private:
    Console& console_;
    std::mutex mutex_;
    std::vector<double> sizes_, fractions_;
    double done_ = 0;
};

}  // namespace earshot::batch
