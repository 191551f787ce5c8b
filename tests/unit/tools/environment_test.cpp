#include "tools/driver/environment.h"

#include <gtest/gtest.h>

namespace earshot::tools {
namespace {

constexpr Processor kOld{}, kAvx2{.avx2 = true}, kAvx512{.avx2 = true, .avx512 = true};

TEST(BetterKernel, HelpsOnlyWhereOpenBlasUnderratesTheProcessor) {
    EXPECT_EQ(better_kernel("Prescott", kAvx512), "SkylakeX");
    EXPECT_EQ(better_kernel("Prescott", kAvx2), "Haswell");
    EXPECT_EQ(better_kernel("Sandybridge", kAvx2), "Haswell");
    EXPECT_EQ(better_kernel("Prescott", kOld), "");  // it is one
    EXPECT_EQ(better_kernel("Sandybridge", kOld), "");
}

TEST(BetterKernel, LeavesModernAndUnknownKernelsAlone) {
    for (const char* detected :
         {"Haswell", "Zen", "SkylakeX", "Cooperlake", "Sapphirerapids", "neoversen1", ""}) {
        EXPECT_EQ(better_kernel(detected, kAvx512), "") << detected;
        EXPECT_EQ(better_kernel(detected, kAvx2), "") << detected;
    }
}

}  // namespace
}  // namespace earshot::tools
