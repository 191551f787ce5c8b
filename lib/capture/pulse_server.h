#pragma once

#include <fmt/format.h>
#include <pulse/pulseaudio.h>

#include <chrono>
#include <functional>
#include <memory>
#include <new>
#include <string>
#include <utility>

#include "support/error.h"

namespace earshot::capture {

struct PulseDeleter {
    void operator()(pa_mainloop* loop) const { pa_mainloop_free(loop); }
    void operator()(pa_context* context) const {
        pa_context_disconnect(context);
        pa_context_unref(context);
    }
    void operator()(pa_stream* stream) const {
        pa_stream_disconnect(stream);
        pa_stream_unref(stream);
    }
    void operator()(pa_operation* operation) const { pa_operation_unref(operation); }
};
template <class T>
using PulsePtr = std::unique_ptr<T, PulseDeleter>;

/// A connection to the server, driven by the thread that uses it.
class PulseServer {
 public:
    PulseServer(std::string name, std::function<bool()> stop)
        : name_(std::move(name)), stop_(std::move(stop)), loop_(pa_mainloop_new()) {
        if (!loop_) throw std::bad_alloc();
        context_.reset(pa_context_new(pa_mainloop_get_api(loop_.get()), "earshot"));
        if (!context_) throw std::bad_alloc();
        if (pa_context_connect(context_.get(), nullptr, PA_CONTEXT_NOAUTOSPAWN, nullptr) < 0)
            fail("no sound server");
        wait_until([&] { return pa_context_get_state(context_.get()) == PA_CONTEXT_READY; });
    }

    pa_context* context() const { return context_.get(); }

    /// Handles what has come, or waits for something.
    void turn(std::chrono::microseconds longest) {
        if (pa_mainloop_prepare(loop_.get(), static_cast<int>(longest.count())) < 0 ||
            pa_mainloop_poll(loop_.get()) < 0 || pa_mainloop_dispatch(loop_.get()) < 0)
            fail("the sound server does not answer");
        if (!PA_CONTEXT_IS_GOOD(pa_context_get_state(context_.get()))) fail("no sound server");
    }

    template <class Done>
    void wait_until(Done done) {
        const auto end = std::chrono::steady_clock::now() + kAnswer;
        while (!done()) {
            if (std::chrono::steady_clock::now() > end)
                throw Error(name_ + ": the sound server does not answer");
            if (stop_ && stop_()) throw Error(name_ + ": given up");
            turn(std::chrono::milliseconds(200));
        }
    }

    [[noreturn]] void fail(const std::string& what) const {
        throw Error(fmt::format("{}: {} ({})", name_, what, pa_strerror(pa_context_errno(context_.get()))));
    }

 private:
    static constexpr auto kAnswer = std::chrono::seconds(10);

    std::string name_;
    std::function<bool()> stop_;
    PulsePtr<pa_mainloop> loop_;
    PulsePtr<pa_context> context_;
};

}  // namespace earshot::capture
