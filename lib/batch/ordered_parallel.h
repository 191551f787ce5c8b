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

/// Runs work(index, worker) for every index in [0, count) on `jobs` threads and passes each result to
/// done(index, result) on the calling thread, in order of index, whatever order they finish in.
/// At most four results per job wait for an earlier one, so memory does not grow with count.
/// An exception from work or done stops the batch and is rethrown here; of several, the one of the lowest
/// index. With one job everything runs on the calling thread.
template <class Work, class Done>
void ordered_parallel(std::size_t count, int jobs, Work&& work, Done&& done) {
    using Result = std::invoke_result_t<Work&, std::size_t, int>;
    if (jobs <= 1 || count <= 1) {
        for (std::size_t i = 0; i < count; ++i) done(i, work(i, 0));
        return;
    }
    struct Slot {
        std::optional<Result> result;
        std::exception_ptr error;
    };
    std::mutex mutex;
    std::condition_variable changed;
    std::map<std::size_t, Slot> finished;
    std::size_t next = 0;  // first index not yet taken
    std::size_t want = 0;  // first index not yet handed to done
    bool stop = false;
    const std::size_t window = 4 * static_cast<std::size_t>(jobs);

    auto loop = [&](int worker) {
        flush_denormals_to_zero();
        std::unique_lock lock(mutex);
        while (true) {
            changed.wait(lock, [&] { return stop || next >= count || next < want + window; });
            if (stop || next >= count) return;
            const std::size_t index = next++;
            lock.unlock();
            Slot slot;
            try {
                slot.result.emplace(work(index, worker));
            } catch (...) {
                slot.error = std::current_exception();
            }
            lock.lock();
            finished.emplace(index, std::move(slot));
            changed.notify_all();
        }
    };
    std::vector<std::jthread> threads;
    for (int worker = 0; worker < jobs; ++worker) threads.emplace_back(loop, worker);

    std::exception_ptr failure;
    {
        std::unique_lock lock(mutex);
        while (want < count && !failure) {
            changed.wait(lock, [&] { return finished.contains(want); });
            Slot slot = std::move(finished.extract(want).mapped());
            lock.unlock();
            try {
                if (slot.error) std::rethrow_exception(slot.error);
                done(want, std::move(*slot.result));
            } catch (...) {
                failure = std::current_exception();
            }
            lock.lock();
            ++want;
            changed.notify_all();
        }
        stop = true;
        changed.notify_all();
    }
    threads.clear();
    if (failure) std::rethrow_exception(failure);
}

}  // namespace earshot::batch
