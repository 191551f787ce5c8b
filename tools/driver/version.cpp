#include "tools/driver/version.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <CLI/Version.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string_view>

#include "frontend/split_fft.h"
#include "support/parallel.h"
#include "tools/driver/environment.h"

namespace earshot::tools {
namespace {

namespace fs = std::filesystem;

template <class Function>
Function* symbol(const char* library, const char* name) {
    void* handle = ::dlopen(library, RTLD_LAZY | RTLD_LOCAL);
    return handle ? reinterpret_cast<Function*>(::dlsym(handle, name)) : nullptr;
}

std::string text_version(const char* library, const char* name) {
    auto* version = symbol<const char*()>(library, name);
    return version ? version() : "not found";
}

std::string av_version(const char* library, const char* name) {
    auto* version = symbol<unsigned()>(library, name);
    if (!version) return "not found";
    const unsigned packed = version();
    return fmt::format("{}.{}.{}", packed >> 16, packed >> 8 & 0xff, packed & 0xff);
}

}  // namespace

std::string version_text(bool verbose) {
    std::string text = fmt::format("earshot {}\n", EARSHOT_VERSION);
    if (!verbose) return text;
    const auto line = [&](std::string_view name, std::string_view value) {
        text += fmt::format("{:<14}{}\n", name, value);
    };
    const auto compute = prepare_compute_environment();
    line("CLI11", CLI11_VERSION);
    line("fmt", fmt::format("{}.{}.{}", FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100));
    line("nlohmann/json", fmt::format("{}.{}.{}", NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR,
                                      NLOHMANN_JSON_VERSION_PATCH));
    line("libsndfile", text_version("libsndfile.so.1", "sf_version_string"));
    line("libavformat", av_version(EARSHOT_LIBAVFORMAT, "avformat_version"));
    line("libavcodec", av_version(EARSHOT_LIBAVCODEC, "avcodec_version"));
    line("libswresample", av_version(EARSHOT_LIBSWRESAMPLE, "swresample_version"));
    line("zlib", text_version("libz.so.1", "zlibVersion"));
    line("FFT kernel", split_kernels().name);
    line("LibTorch", EARSHOT_TORCH_VERSION);
    std::error_code unresolved;
    const auto blas =
        fs::canonical(compute.blas, unresolved);  // which of those that libblas.so.3 may stand for
    line("BLAS", unresolved ? "not found" : blas.string());
    if (compute.blas_kernel.empty()) {
        line("", "not OpenBLAS: training is many times slower (install libopenblas0-pthread)");
    } else {
        line("BLAS kernel", fmt::format("{} ({})", compute.blas_kernel, compute.reason));
    }
    line("processors", fmt::format("{}", available_processors()));
    line("threads", "one pool: OpenBLAS's, sized by --threads; LibTorch's own held at 1");
    line("denormals", "flushed to zero in every computing thread");
    return text;
}

}  // namespace earshot::tools
