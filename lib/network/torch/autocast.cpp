#include "network/torch/autocast.h"

#include <ATen/autocast_mode.h>

namespace earshot::network {
namespace {

#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
bool enabled() { return at::autocast::is_autocast_enabled(at::kCPU); }
void enable(bool on) {
    at::autocast::set_autocast_enabled(at::kCPU, on);
    at::autocast::set_autocast_dtype(at::kCPU, at::kBFloat16);
}
#else
bool enabled() { return at::autocast::is_cpu_enabled(); }
void enable(bool on) {
    at::autocast::set_cpu_enabled(on);
    at::autocast::set_autocast_cpu_dtype(at::kBFloat16);
}
#endif

}  // namespace

bool bfloat16_is_faster() {
#if defined(__x86_64__)
    return at::globalContext().hasMKLDNN() && __builtin_cpu_supports("avx512bf16");
#else
    return false;
#endif
}

AutocastScope::AutocastScope(bool bfloat16) : before_(enabled()) {
    at::autocast::increment_nesting();
    enable(bfloat16);
}

AutocastScope::~AutocastScope() {
    // The cache holds the rounded weights while any scope lives.
    if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
    enable(before_);
}

bool multiplies_in_bfloat16() { return enabled(); }

void multiply(torch::Tensor& out, const torch::Tensor& a, const torch::Tensor& b, double scale, bool add) {
    if (a.scalar_type() == torch::kFloat32) {
        at::addmm_out(out, out, a, b, add ? 1 : 0, scale);
    } else if (add) {
        out.add_(at::mm(a, b), scale);
    } else {
        out.copy_(at::mm(a, b));
        if (scale != 1) out.mul_(scale);
    }
}

}  // namespace earshot::network
