#include "audio/sndfile_decoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "audio/samples.h"
#include "support/error.h"

namespace earshot::audio {
namespace {

/// Samples of all channels per read; small enough to stay in the L1 cache while they are mixed.
constexpr std::size_t kSndfileBlockSamples = 8192;

ByteInput& bytes_of(void* user) { return *static_cast<ByteInput*>(user); }

sf_count_t seek_bytes(sf_count_t offset, int whence, void* user) {
    ByteInput& input = bytes_of(user);
    if (whence == SEEK_CUR) offset += input.position();
    if (whence == SEEK_END) offset += input.size().value_or(0);
    return input.seek(offset) ? offset : -1;
}

sf_count_t read_bytes(void* destination, sf_count_t count, void* user) {
    auto* to = static_cast<std::byte*>(destination);
    sf_count_t have = 0;
    while (have < count) {
        const std::int64_t got = bytes_of(user).read({to + have, static_cast<std::size_t>(count - have)});
        if (got <= 0) break;
        have += got;
    }
    return have;
}

SF_VIRTUAL_IO virtual_io() {
    SF_VIRTUAL_IO io{};
    io.get_filelen = [](void* user) -> sf_count_t { return bytes_of(user).size().value_or(0); };
    io.seek = seek_bytes;
    io.read = read_bytes;
    io.write = [](const void*, sf_count_t, void*) -> sf_count_t { return 0; };
    io.tell = [](void* user) -> sf_count_t { return bytes_of(user).position(); };
    return io;
}

}  // namespace

SndfileDecoder::SndfileDecoder(std::unique_ptr<ByteInput> input, const ChannelChoice& choice)
    : input_(std::move(input)), chunk_(find_pcm_chunk(*input_)), choice_(choice) {
    SF_VIRTUAL_IO io = virtual_io();
    file_.reset(sf_open_virtual(&io, SFM_READ, &info_, input_.get()));
    input_->throw_if_failed();
    if (!file_) throw Error(fmt::format("{}: {}", input_->name(), sf_strerror(nullptr)));
    format_ = {info_.samplerate, chosen_channels(choice_, info_.channels, input_->name())};
    const int coding = info_.format & SF_FORMAT_SUBMASK;
    may_be_non_finite_ = coding == SF_FORMAT_FLOAT || coding == SF_FORMAT_DOUBLE;
    buffer_.resize(std::max(kSndfileBlockSamples, static_cast<std::size_t>(info_.channels)));
}

std::span<const float> SndfileDecoder::read(std::size_t max_frames) {
    const auto channels = static_cast<std::size_t>(info_.channels);
    const std::size_t want = std::min(max_frames, buffer_.size() / channels);
    if (ended_ || want == 0) return {};
    const sf_count_t got = sf_readf_float(file_.get(), buffer_.data(), static_cast<sf_count_t>(want));
    input_->throw_if_failed();
    if (got <= 0) {
        check_end();
        return {};
    }
    const auto samples = std::span(buffer_).first(static_cast<std::size_t>(got) * channels);
    if (may_be_non_finite_) damage_.clean(samples, seconds(position_));
    position_ += got;
    return choose_channels(samples, info_.channels, choice_);
}

void SndfileDecoder::check_end() {
    ended_ = true;
    const std::int64_t missing =
        chunk_ && chunk_->bytes ? chunk_->begin + *chunk_->bytes - *input_->size() : 0;
    if (sf_error(file_.get()) != SF_ERR_NO_ERROR) {
        damage_.add(seconds(position_), sf_strerror(file_.get()));
    } else if (missing > 0) {
        damage_.add(seconds(position_),
                    fmt::format("ends here, {} bytes short of what its header promises", missing));
    } else if (position_ < info_.frames) {
        const double short_s = seconds(info_.frames - position_);
        damage_.add(seconds(position_),
                    fmt::format("ends here, {:.3f} s short of what its header promises", short_s));
    }
}

void SndfileDecoder::skip_to(std::int64_t frame) {
    if (frame <= position_) return;
    const std::int64_t reached = sf_seek(file_.get(), std::min<sf_count_t>(frame, info_.frames), SEEK_SET);
    input_->throw_if_failed();
    if (reached < 0) throw Error(fmt::format("{}: cannot seek to {:.3f} s", input_->name(), seconds(frame)));
    position_ = reached;
}

}  // namespace earshot::audio
