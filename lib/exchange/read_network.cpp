#include "exchange/read_network.h"

#include <fmt/format.h>

#include "support/error.h"
#include "support/output.h"

namespace earshot::exchange {
namespace {

constexpr std::size_t kMaxFileBytes = std::size_t{1} << 30;

bool is_tflite(std::string_view bytes) { return bytes.size() >= 8 && bytes.substr(4, 4) == "TFL3"; }

/// Runs action() on the content of a file. Its errors name the file.
template <class Action>
auto of_file(const std::string& path, const Action& action) {
    const std::string bytes = read_text(path, kMaxFileBytes);
    try {
        return action(bytes);
    } catch (const Error& error) {
        throw Error(fmt::format("{}: {}", path, error.what()));
    }
}

}  // namespace

Shape frames_of_input(const Shape& shape) {
    Shape sizes = shape;
    while (sizes.size() > 2 && sizes.front() == 1) sizes.erase(sizes.begin());
    while (sizes.size() > 2 && sizes.back() == 1) sizes.pop_back();
    if (sizes.size() != 2 || sizes[0] < 1 || sizes[1] < 1)
        throw Error(
            fmt::format("its input is {}, should be frames [1, K, D] or samples [1, N]", shape_text(shape)));
    return sizes;
}

ForeignNetwork read_network(const std::string& path, const ReadOptions& options) {
    return of_file(path, [&](const std::string& bytes) {
        return is_tflite(bytes) ? read_tflite(bytes, options) : read_onnx(bytes, options);
    });
}

ForeignSizes read_sizes(const std::string& path, std::int64_t frames) {
    return of_file(path, [&](const std::string& bytes) {
        return is_tflite(bytes) ? tflite_sizes(bytes, frames) : onnx_sizes(bytes, frames);
    });
}

}  // namespace earshot::exchange
