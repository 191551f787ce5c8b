#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <utility>

namespace earshot {

/// Values on their way from threads that push to threads that pop, first in, first out, not more than fit.
/// Every member may be called from any thread.
template <class T>
class BoundedQueue {
 public:
    /// @param capacity  in units of what push() says that a value takes up
    explicit BoundedQueue(std::size_t capacity) : capacity_(capacity) {}

    /// Waits until the value fits. One larger than the capacity fits into an empty queue.
    /// @return false if the queue is closed; the value is dropped
    bool push(T value, std::size_t size = 1) {
        std::unique_lock lock(mutex_);
        popped_.wait(lock, [&] { return closed_ || fits(size); });
        return add(std::move(value), size);
    }

    /// Never waits. @return false if the queue is full or closed; the value is then left as it was
    bool try_push(T&& value, std::size_t size = 1) {
        const std::lock_guard lock(mutex_);
        return fits(size) && add(std::move(value), size);
    }

    /// Waits for a value; nothing once the queue is closed and all values are taken.
    /// @throws what fail() was told, after the values pushed before it
    std::optional<T> pop() {
        std::unique_lock lock(mutex_);
        pushed_.wait(lock, [&] { return closed_ || !values_.empty(); });
        if (values_.empty() && failure_) std::rethrow_exception(failure_);
        return take();
    }

    /// Never waits, never throws. Nothing if the queue is empty.
    std::optional<T> try_pop() {
        const std::lock_guard lock(mutex_);
        return take();
    }

    /// Ends it, from either side: whoever waits goes on, further pushes are refused, what is in it can be
    /// popped.
    void close() { fail(nullptr); }

    /// close() by a pusher that an exception has stopped.
    void fail(std::exception_ptr failure) {
        const std::lock_guard lock(mutex_);
        if (!failure_) failure_ = std::move(failure);
        closed_ = true;
        pushed_.notify_all();
        popped_.notify_all();
    }

 private:
    bool fits(std::size_t size) const { return values_.empty() || size == 0 || size_ + size <= capacity_; }

    bool add(T&& value, std::size_t size) {
        if (closed_) return false;
        values_.emplace_back(std::move(value), size);
        size_ += size;
        pushed_.notify_one();
        return true;
    }

    std::optional<T> take() {
        if (values_.empty()) return std::nullopt;
        std::optional<T> value(std::move(values_.front().first));
        size_ -= values_.front().second;
        values_.pop_front();
        popped_.notify_all();  // all: a large value may not fit where a small one does
        return value;
    }

    const std::size_t capacity_;
    std::mutex mutex_;
    std::condition_variable pushed_, popped_;
    std::deque<std::pair<T, std::size_t>> values_;  // with their sizes
    std::size_t size_ = 0;                          // of all of them
    bool closed_ = false;
    std::exception_ptr failure_;
};

}  // namespace earshot
