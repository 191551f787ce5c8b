#include "network/compute_threads.h"

#include <gtest/gtest.h>

#include <cfenv>

#include "model/scorer.h"
#include "network/torch/libtorch.h"
#include "support/denormals.h"

namespace earshot::network {
namespace {

// Products of 1e-20 and 1e-20 are denormal in float32. Every thread that has a part of this matrix product
// must make zeros of them; without the flush each sum would be 256e-40. Needs OPENBLAS_NUM_THREADS=1 in the
// environment, as the driver sets it, for OpenBLAS starts its threads when it is loaded if it may.
TEST(ComputeThreads, all_flush_denormals_to_zero) {
    const auto tiny = torch::full({1024, 256}, 1e-20F);
    const auto product = [&] { return torch::mm(tiny, tiny.t()); };
    set_compute_threads(1);
    std::fesetenv(FE_DFL_ENV);  // another test of this process may have flushed them
    EXPECT_GT(product().max().item<float>(), 0) << "the test shows nothing: denormals are flushed already";
    flush_denormals_to_zero();
    set_compute_threads(4);
    EXPECT_EQ((product() != 0).sum().item<std::int64_t>(), 0);
}

TEST(ComputeThreads, libtorch_keeps_to_one_thread) {
    set_compute_threads(4);
    EXPECT_EQ(at::get_num_threads(), 1);
}

}  // namespace
}  // namespace earshot::network
