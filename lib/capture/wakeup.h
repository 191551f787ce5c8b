#pragma once

#include <chrono>

namespace earshot::capture {

/// One thread sleeps until another wakes it; a call that comes first is not lost. A signal wakes it too.
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
