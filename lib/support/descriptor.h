#pragma once

#include <unistd.h>

#include <utility>

namespace earshot {

/// Owns a file descriptor.
class Descriptor {
 public:
    Descriptor() = default;
    explicit Descriptor(int number) : number_(number) {}
    ~Descriptor() { reset(); }
    Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }

    int get() const { return number_; }
    explicit operator bool() const { return number_ >= 0; }
    /// @return false if closing failed: data may be lost
    bool reset() { return number_ < 0 || ::close(std::exchange(number_, -1)) == 0; }

 private:
    int number_ = -1;
};

}  // namespace earshot
