#pragma once

#include <cstddef>
#include <memory>
#include <new>

namespace earshot::frontend {

/// Zeroed floats that begin on a cache line, so that no vector straddles two.
class AlignedFloats {
 public:
    explicit AlignedFloats(std::size_t size)
        : data_(static_cast<float*>(::operator new(size * sizeof(float), kAlignment))) {
        std::uninitialized_value_construct_n(data_.get(), size);
    }

    float* data() { return data_.get(); }
    const float* data() const { return data_.get(); }
    float& operator[](std::size_t i) { return data_[i]; }
    float operator[](std::size_t i) const { return data_[i]; }

 private:
    static constexpr std::align_val_t kAlignment{64};
    struct Delete {
        void operator()(float* data) const { ::operator delete(data, kAlignment); }
    };
    std::unique_ptr<float[], Delete> data_;
};

}  // namespace earshot::frontend
