#include "dataset/frame_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "support/error.h"

namespace earshot::dataset {
namespace {

constexpr std::size_t kOpenFiles = 64;

std::int64_t change_time_ns(const struct stat& info) {
    return std::int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec;
}

/// @return false if the file ends too early
bool read_at(int descriptor, std::uint64_t offset, std::span<float> to, const std::string& name) {
    auto bytes = std::as_writable_bytes(to);
    while (!bytes.empty()) {
        const ssize_t got = ::pread(descriptor, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) throw system_error(fmt::format("cannot read {}", name));
        if (got == 0) return false;
        bytes = bytes.subspan(static_cast<std::size_t>(got));
        offset += static_cast<std::uint64_t>(got);
    }
    return true;
}

Error changed(const std::string& path) {
    return Error(fmt::format("{}: changed while it was in use (start again)", path));
}

}  // namespace

FrameStore::~FrameStore() {
    for (const auto& [matrix, descriptor] : open_) ::close(descriptor);
}

std::size_t FrameStore::add(std::vector<float> frames) {
    resident_ += frames.size() * sizeof(float);
    matrices_.push_back({std::move(frames), {}, 0, 0, 0});
    return matrices_.size() - 1;
}

std::size_t FrameStore::add(const npz::NpzReader& npz,
                            const std::function<void(std::span<const float>)>& inspect) {
    const std::size_t bytes = npz.header("samples").count * sizeof(float);
    if (resident_ + bytes <= resident_bytes_) {
        std::vector<float> values;
        values.reserve(bytes / sizeof(float));
        npz.stream<float>("samples", [&](std::span<const float> block) {
            inspect(block);
            values.insert(values.end(), block.begin(), block.end());
        });
        return add(std::move(values));
    }
    Matrix matrix;
    if (const auto offset = npz.offset<float>("samples")) {
        struct stat info {};
        if (::stat(npz.name().c_str(), &info) != 0)
            throw system_error(fmt::format("cannot read {}", npz.name()));
        matrix.path = npz.name();
        matrix.offset = *offset;
        matrix.file_bytes = static_cast<std::uint64_t>(info.st_size);
        matrix.changed_ns = change_time_ns(info);
        npz.stream<float>("samples", inspect);
    } else {
        if (!spill_) spill_ = std::make_unique<TemporaryFile>();
        matrix.offset = spill_->size();
        npz.stream<float>("samples", [&](std::span<const float> block) {
            inspect(block);
            spill_->write({reinterpret_cast<const char*>(block.data()), block.size_bytes()});
        });
        spill_->flush();
    }
    matrices_.push_back(std::move(matrix));
    return matrices_.size() - 1;
}

void FrameStore::read(std::size_t number, std::uint64_t first, std::span<float> to) const {
    const Matrix& matrix = matrices_.at(number);
    if (!matrix.values.empty()) {
        if (first + to.size() > matrix.values.size()) throw Error("frame store: read past the end");
        std::ranges::copy(std::span(matrix.values).subspan(first, to.size()), to.begin());
        return;
    }
    const std::uint64_t offset = matrix.offset + first * sizeof(float);
    if (matrix.path.empty()) {
        if (!read_at(spill_->descriptor(), offset, to, "a temporary file")) {
            throw Error("frame store: read past the end");
        }
        return;
    }
    const std::lock_guard lock(mutex_);
    if (!read_at(descriptor(number), offset, to, matrix.path)) throw changed(matrix.path);
}

int FrameStore::descriptor(std::size_t number) const {
    const auto found = std::ranges::find(open_, number, &std::pair<std::size_t, int>::first);
    if (found != open_.end()) return found->second;
    const Matrix& matrix = matrices_[number];
    const int descriptor = ::open(matrix.path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) throw system_error(fmt::format("cannot open {}", matrix.path));
    open_.emplace_back(number, descriptor);
    if (open_.size() > kOpenFiles) {
        ::close(open_.front().second);
        open_.pop_front();
    }
    struct stat info {};
    const bool same = ::fstat(descriptor, &info) == 0 && change_time_ns(info) == matrix.changed_ns &&
                      static_cast<std::uint64_t>(info.st_size) == matrix.file_bytes;
    if (!same) throw changed(matrix.path);
    return descriptor;
}

}  // namespace earshot::dataset
