#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "model/augmenter.h"
#include "model/training_set.h"
#include "model/window_plan.h"

namespace earshot {

/// Windows in memory, in the order of the plan.
struct WindowBatch {
    std::vector<float> values;          // count() x K·D
    std::vector<std::int64_t> examples; // that each window belongs to
    std::size_t count() const { return examples.size(); }
};

/// Reads the windows of a plan, a batch at a time, always one batch ahead of who uses them: on a thread of its own,
/// which does the augmentation too. At most three batches are in memory.
class WindowLoader {
 public:
    /// Everything referred to must outlive the loader.
    /// @param batch      windows at a time
    /// @param augmenter  what is done to each window; null for nothing
    /// @param seed       of the augmentation
    WindowLoader(const TrainingSet& set, const std::vector<WindowPlace>& plan, std::size_t batch,
                 const Augmenter* augmenter = nullptr, std::uint64_t seed = 0);
    ~WindowLoader();
    WindowLoader(const WindowLoader&) = delete;
    WindowLoader& operator=(const WindowLoader&) = delete;

    /// The next batch, valid until the next call; null at the end. @throws Error where frames cannot be read
    const WindowBatch* next();

 private:
    void work();
    void fill(WindowBatch& batch, std::size_t first);
    void read(const WindowPlace& place, std::span<float> window) const;

    const TrainingSet& set_;
    const std::vector<WindowPlace>& plan_;
    std::size_t batch_;
    const Augmenter* augmenter_;
    std::uint64_t seed_;
    std::vector<float> source_;  // of a window, before augmentation

    std::mutex mutex_;
    std::condition_variable changed_;
    WindowBatch ready_, current_;
    bool is_ready_ = false, finished_ = false, stop_ = false;
    std::exception_ptr failure_;
    std::jthread thread_;  // last: it uses all of the above
};

}  // namespace earshot
