#include "dataset/content_hash.h"

#include <fmt/format.h>
#include <unistd.h>
#include <xxhash.h>

#include <cerrno>
#include <vector>

#include "support/error.h"
#include "support/interrupt.h"
#include "support/open_input.h"

namespace earshot::dataset {
namespace {

constexpr std::size_t kBlockBytes = std::size_t{1} << 18;

std::string hex(XXH128_hash_t hash) { return fmt::format("{:016x}{:016x}", hash.high64, hash.low64); }

}  // namespace

struct ContentHasher::State {
    std::unique_ptr<XXH3_state_t, XXH_errorcode (*)(XXH3_state_t*)> xxh3{XXH3_createState(), XXH3_freeState};
};

ContentHasher::ContentHasher() : state_(std::make_unique<State>()) { XXH3_128bits_reset(state_->xxh3.get()); }

ContentHasher::~ContentHasher() = default;

void ContentHasher::add(std::string_view bytes) {
    XXH3_128bits_update(state_->xxh3.get(), bytes.data(), bytes.size());
}

std::string ContentHasher::hash() const { return hex(XXH3_128bits_digest(state_->xxh3.get())); }

std::string content_hash(std::string_view bytes) { return hex(XXH3_128bits(bytes.data(), bytes.size())); }

std::string file_hash(const std::string& path) {
    const Descriptor file = open_input(path);
    ContentHasher hasher;
    std::vector<char> block(kBlockBytes);
    while (true) {
        check_interrupt();
        const ssize_t got = ::read(file.get(), block.data(), block.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) throw system_error(fmt::format("cannot read {}", path));
        if (got == 0) return hasher.hash();
        hasher.add({block.data(), static_cast<std::size_t>(got)});
    }
}

}  // namespace earshot::dataset
