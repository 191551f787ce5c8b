#include "tools/driver/version.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <CLI/Version.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "audio/libav.h"
#include "support/error.h"
#include "support/processors.h"
#include "tools/driver/environment.h"

namespace earshot::tools {
namespace {

namespace fs = std::filesystem;

template <class Symbol>
Symbol* symbol(const char* library, const char* name) {
    void* handle = ::dlopen(library, RTLD_LAZY | RTLD_LOCAL);
    return handle ? reinterpret_cast<Symbol*>(::dlsym(handle, name)) : nullptr;
}

std::string text_version(const char* library, const char* name) {
    auto* version = symbol<const char*()>(library, name);
    return version ? version() : "not found";
}

std::string av_version(const audio::libav::LazyFunction<unsigned()>& version) {
    try {
        const unsigned packed = version();
        return fmt::format("{}.{}.{}", packed >> 16, packed >> 8 & 0xff, packed & 0xff);
    } catch (const Error&) {
        return "not found";
    }
}

/// The library that train multiplies matrices with, and which of its kernels.
void append_blas(std::vector<std::pair<std::string, std::string>>& versions) {
    const auto compute = prepare_compute_environment();
    std::error_code unresolved;
    const auto blas =
        fs::canonical(compute.blas, unresolved);  // which of the libraries that libblas.so.3 may point to
    versions.emplace_back("BLAS", unresolved ? "not found" : blas.string());
    versions.emplace_back("BLAS kernel",
                          compute.blas_kernel.empty()
                              ? "not OpenBLAS: training is many times slower (install libopenblas0-pthread)"
                              : fmt::format("{} ({})", compute.blas_kernel, compute.reason));
}

}  // namespace

std::vector<std::pair<std::string, std::string>> library_versions() {
    const char* fftw = symbol<const char>("libfftw3f.so.3", "fftwf_version");
    std::vector<std::pair<std::string, std::string>> versions{
        {"CLI11", CLI11_VERSION},
        {"fmt", fmt::format("{}.{}.{}", FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100)},
        {"nlohmann/json", fmt::format("{}.{}.{}", NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR,
                                      NLOHMANN_JSON_VERSION_PATCH)},
        {"libsndfile", text_version("libsndfile.so.1", "sf_version_string")},
        {"libavformat", av_version(audio::libav::avformat_version)},
        {"libavcodec", av_version(audio::libav::avcodec_version)},
        {"libopus", text_version("libopus.so.0", "opus_get_version_string")},
        {"libswresample", av_version(audio::libav::swresample_version)},
        {"zlib", text_version("libz.so.1", "zlibVersion")},
        {"FFTW", fftw ? fftw : "not found"},
        {"LibTorch", EARSHOT_TORCH_VERSION}};
    if (EARSHOT_TRAIN) append_blas(versions);
    return versions;
}

std::string version_text(bool verbose) {
    std::string text = fmt::format("earshot {}\n", EARSHOT_VERSION);
    if (!verbose) return text;
    auto lines = library_versions();
    lines.emplace_back("processors", std::to_string(available_processors()));
    if (EARSHOT_TRAIN)
        lines.emplace_back("threads", "one pool: OpenBLAS's, sized by --threads; LibTorch's own held at 1");
    lines.emplace_back("denormals", "flushed to zero in every computing thread");
    for (const auto& [name, value] : lines) text += fmt::format("{:<14}{}\n", name, value);
    return text;
}

}  // namespace earshot::tools
