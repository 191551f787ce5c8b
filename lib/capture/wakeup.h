#pragma once

#include <chrono>

namespace earshot::capture {

/// Lets one thread sleep until another wakes it. A wake() before wait() is not lost. Signals wake it too.
class Wakeup {
 public:
    Wakeup();
    ~Wakeup();
    Wakeup(const Wakeup&) = delete;
    Wakeup& operator=(const Wakeup&) = delete;

    void wake();
    void wait(std::chrono::milliseconds longest);

 private:
    int descriptor_;
};

}  // namespace earshot::capture
