#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <map>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "train/augmenter.h"
#include "train/random.h"
#include "train/training_set.h"
#include "train/window_plan.h"

namespace earshot::train {

/// Windows in memory, in the order of the plan.
struct WindowBatch {
    std::vector<float> values;           // count() x K·D
    std::vector<std::int64_t> examples;  // the one that each window belongs to
    // Target::events: of each window, count() x steps x TrainingSet::learnt(); and as a whole, by weak labels
    std::vector<dataset::Activity::State> activity, weak;
    std::size_t count() const { return examples.size(); }
};

/// Reads and augments the windows of a plan in advance, batch by batch, on its own threads. Each thread works
/// on one batch, one more may wait for the caller, and the caller holds another. The batches don't depend on
/// the number of threads.
class WindowLoader {
 public:
    /// Everything referred to must outlive the loader.
    /// @param batch      windows in a batch
    /// @param augmenter  changes each window; null: nothing does
    /// @param seed       for the augmentation
    WindowLoader(const TrainingSet& set, const std::vector<WindowPlace>& plan, std::size_t batch,
                 const Augmenter* augmenter = nullptr, std::uint64_t seed = 0, int threads = 1);
    ~WindowLoader();
    WindowLoader(const WindowLoader&) = delete;
    WindowLoader& operator=(const WindowLoader&) = delete;

    /// The next batch, valid until the next call; null at the end. @throws Error where frames cannot be read
    const WindowBatch* next();

 private:
    void work();
    /// What a thread needs to change windows.
    struct Room {
        std::vector<float> source, background;
        std::vector<dataset::Activity::State> activity;  // of the background
    };
    void fill(WindowBatch& batch, std::size_t first, Room& room) const;
    std::int64_t learn(const WindowPlace& place, std::span<float> window, Room& room, Random& random) const;
    void overlay(std::span<float> window, std::span<dataset::Activity::State> activity, Room& room,
                 Random& random) const;
    void read_activity(const WindowPlace& place, std::int64_t frames,
                       std::span<dataset::Activity::State> states) const;
    void read(const WindowPlace& place, std::span<float> window) const;
    const TrainingSet::Said& said_of(const WindowPlace& place) const;

    const TrainingSet& set_;
    const std::vector<WindowPlace>& plan_;
    std::size_t batch_;
    const Augmenter* augmenter_;
    std::uint64_t seed_;
    std::vector<WindowPlace> backgrounds_;  // windows of the plan that the augmenter may overlay

    std::mutex mutex_;
    std::condition_variable changed_;
    std::map<std::size_t, WindowBatch> ready_;  // by number
    std::vector<WindowBatch> spare_;            // to reuse their memory
    WindowBatch current_;
    std::size_t ahead_;                  // batches that may wait or be in progress
    std::size_t taken_ = 0, given_ = 0;  // batches taken by threads, and given to the caller
    bool stop_ = false;
    std::exception_ptr failure_;
    std::vector<std::jthread> threads_;  // last: they use all of the above
};

}  // namespace earshot::train
