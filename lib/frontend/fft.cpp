#include "frontend/fft.h"

#include <variant>

#include "frontend/chirp_fft.h"
#include "frontend/split_fft.h"

namespace earshot::frontend {

struct RealFft::Plan {
    explicit Plan(std::size_t size) {
        if (SplitFft::takes(size, SplitFft::Kind::real))
            fft.emplace<SplitFft>(size, SplitFft::Kind::real);
        else
            fft.emplace<ChirpFft>(size);
    }
    std::variant<std::monostate, SplitFft, ChirpFft> fft;
};

RealFft::RealFft(std::size_t size) : size_(size), plan_(std::make_unique<Plan>(size)) {}
RealFft::~RealFft() = default;
RealFft::RealFft(RealFft&&) noexcept = default;
RealFft& RealFft::operator=(RealFft&&) noexcept = default;

void RealFft::power(std::span<const float> signal, std::span<float> power) {
    if (auto* split = std::get_if<SplitFft>(&plan_->fft))
        split->power(signal.data(), power.data());
    else
        std::get<ChirpFft>(plan_->fft).power(signal, power);
}

}  // namespace earshot::frontend
