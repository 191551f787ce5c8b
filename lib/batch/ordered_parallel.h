#pragma once

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <type_traits>
#include <vector>

#include "support/denormals.h"

namespace earshot::batch {

/// What the threads of ordered_parallel() share: the next index, and the results that wait for earlier ones.
template <class Result>
class ResultsInOrder {
 public:
    struct Slot {
        std::optional<Result> result;
        std::exception_ptr error;
    };

    /// @param window  how many indices may be taken ahead of the lowest that advance() has not passed
    ResultsInOrder(std::size_t count, std::size_t window) : count_(count), window_(window) {}

    /// An index to work on, once the window has room; none at the end or after stop().
    std::optional<std::size_t> take() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return stopped_ || next_ >= count_ || next_ < want_ + window_; });
        if (stopped_ || next_ >= count_) return {};
        return next_++;
    }

    void put(std::size_t index, Slot slot) {
        const std::lock_guard lock(mutex_);
        finished_.emplace(index, std::move(slot));
        changed_.notify_all();
    }

    /// The result of the lowest index that advance() has not passed, once it is there.
    /// @throws what its work threw
    Result wait() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return finished_.contains(want_); });
        Slot slot = std::move(finished_.extract(want_).mapped());
        lock.unlock();
        if (slot.error) std::rethrow_exception(slot.error);
        return std::move(*slot.result);
    }

    void advance() {
        const std::lock_guard lock(mutex_);
        ++want_;
        changed_.notify_all();
    }

    void stop() {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
        changed_.notify_all();
    }

 private:
    const std::size_t count_, window_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::map<std::size_t, Slot> finished_;
    std::size_t next_ = 0;  // first index not yet taken
    std::size_t want_ = 0;  // first index that advance() has not passed
    bool stopped_ = false;
};

/// Runs work(index, worker) for every index in [0, count) on `jobs` threads and passes each result to
/// done(index, result) on the calling thread, in order of index, whatever order they finish in.
/// At most four results per job wait for an earlier one, so memory does not grow with count.
/// An exception from work or done stops the batch and is rethrown here; of several, the one of the lowest
/// index. With one job everything runs on the calling thread.
template <class Work, class Done>
void ordered_parallel(std::size_t count, int jobs, Work&& work, Done&& done) {
    using Results = ResultsInOrder<std::invoke_result_t<Work&, std::size_t, int>>;
    if (jobs <= 1 || count <= 1) {
        for (std::size_t i = 0; i < count; ++i) done(i, work(i, 0));
        return;
    }
    Results results(count, 4 * static_cast<std::size_t>(jobs));
    const auto loop = [&](int worker) {
        flush_denormals_to_zero();
        while (const auto index = results.take()) {
            typename Results::Slot slot;
            try {
                slot.result.emplace(work(*index, worker));
            } catch (...) {
                slot.error = std::current_exception();
            }
            results.put(*index, std::move(slot));
        }
    };
    std::vector<std::jthread> threads;
    // Whatever ends this call ends the threads, before they are joined.
    struct Stop {
        Results& results;
        ~Stop() { results.stop(); }
    } const stop{results};
    for (int worker = 0; worker < jobs; ++worker) threads.emplace_back(loop, worker);
    for (std::size_t i = 0; i < count; ++i) {
        done(i, results.wait());
        results.advance();
    }
}

}  // namespace earshot::batch
