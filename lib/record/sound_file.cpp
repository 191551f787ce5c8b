#include "record/sound_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sndfile.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>
#include <vector>

#include "audio/wav.h"
#include "support/descriptor.h"

namespace earshot::record {
namespace {

using Container = SoundCoding::Container;
constexpr std::array<std::pair<std::string_view, Container>, 5> kContainers{{{"wav", Container::wav},
                                                                             {"flac", Container::flac},
                                                                             {"ogg", Container::ogg},
                                                                             {"opus", Container::opus},
                                                                             {"raw", Container::raw}}};

[[noreturn]] void fail(const std::string& path) {
    const bool full = errno == ENOSPC || errno == EDQUOT || errno == EFBIG;
    const std::string what = system_error(fmt::format("cannot write {}", path)).what();
    if (full) throw NoSpace(what);
    throw WriteError(what);
}

Descriptor create(const std::string& path) {
    Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    if (!file) fail(path);
    ::flock(file.get(),
            LOCK_EX | LOCK_NB);  // for is_abandoned(); optional, since some file systems have no locks
    return file;
}

void sync(const Descriptor& file, const std::string& path) {
    if (::fsync(file.get()) != 0) fail(path);
}

/// WAV, or headerless samples.
class PcmFile : public SoundFile {
 public:
    PcmFile(const std::string& path, audio::AudioFormat format, const SoundCoding& coding)
        : path_(path), format_(format), coding_(coding), file_(create(path)) {
        if (coding.container == Container::wav)
            header_bytes_ = append(audio::wav_header(format_, coding_.encoding, {}, true));
        if (failed_ != 0) ::unlink(path_.c_str());
        check_written();
    }

    void write(std::span<const float> interleaved) override {
        buffer_.clear();
        audio::append_pcm(interleaved, coding_.encoding, buffer_);
        data_bytes_ += append({buffer_.data(), buffer_.size()});
        check_written();
    }

    void finish() override {
        if (coding_.container == Container::wav) {
            audio::repair_wav(path_);
        } else {
            sync(file_, path_);
        }
        if (!file_.reset()) fail(path_);
    }

    std::int64_t bytes() const override { return header_bytes_ + data_bytes_; }
    std::int64_t frames() const override {
        return data_bytes_ / (format_.channels * audio::bytes_per_sample(coding_.encoding));
    }

 private:
    /// @return bytes that were written, fewer if it failed
    std::int64_t append(std::string_view bytes) {
        std::int64_t written = 0;
        while (!bytes.empty()) {
            const ssize_t got = ::write(file_.get(), bytes.data(), bytes.size());
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) {
                failed_ = errno;
                break;
            }
            written += got;
            bytes.remove_prefix(static_cast<std::size_t>(got));
        }
        return written;
    }

    void check_written() {
        if (failed_ == 0) return;
        errno = std::exchange(failed_, 0);
        fail(path_);
    }

    const std::string path_;
    const audio::AudioFormat format_;
    const SoundCoding coding_;
    Descriptor file_;
    std::int64_t header_bytes_ = 0, data_bytes_ = 0;
    int failed_ = 0;
    std::vector<char> buffer_;
};

int sndfile_format(const SoundCoding& coding) {
    switch (coding.container) {
        case Container::flac:
            return SF_FORMAT_FLAC |
                   (coding.encoding == audio::SampleEncoding::pcm16 ? SF_FORMAT_PCM_16 : SF_FORMAT_PCM_24);
        case Container::ogg:
            return SF_FORMAT_OGG | SF_FORMAT_VORBIS;
        case Container::opus:
            return SF_FORMAT_OGG | SF_FORMAT_OPUS;
        case Container::wav:
        case Container::raw:
            break;
    }
    return 0;
}

SF_INFO sndfile_info(const SoundCoding& coding, audio::AudioFormat format) {
    SF_INFO info{};
    info.format = sndfile_format(coding);
    info.samplerate = format.rate_hz;
    info.channels = format.channels;
    return info;
}

/// What libsndfile encodes.
class EncodedFile : public SoundFile {
 public:
    EncodedFile(const std::string& path, audio::AudioFormat format, const SoundCoding& coding)
        : path_(path), channels_(format.channels), file_(create(path)) {
        SF_INFO info = sndfile_info(coding, format);
        encoder_.reset(sf_open_fd(file_.get(), SFM_WRITE, &info, SF_FALSE));
        if (!encoder_) {
            ::unlink(path.c_str());
            throw WriteError(fmt::format("cannot write {}: {}", path, sf_strerror(nullptr)));
        }
        sf_command(encoder_.get(), SFC_SET_CLIPPING, nullptr, SF_TRUE);
    }

    void write(std::span<const float> interleaved) override {
        const auto frames = static_cast<sf_count_t>(interleaved.size()) / channels_;
        errno = 0;
        const auto written = sf_writef_float(encoder_.get(), interleaved.data(), frames);
        frames_ += std::max<sf_count_t>(written, 0);
        if (written != frames || sf_error(encoder_.get()) != SF_ERR_NO_ERROR) fail(path_);
    }

    void finish() override {
        errno = 0;
        if (sf_close(encoder_.release()) != SF_ERR_NO_ERROR) fail(path_);
        sync(file_, path_);
        if (!file_.reset()) fail(path_);
    }

    std::int64_t bytes() const override {
        struct stat info {};
        return file_ && ::fstat(file_.get(), &info) == 0 ? info.st_size : 0;
    }
    std::int64_t frames() const override { return frames_; }

 private:
    struct Close {
        void operator()(SNDFILE* file) const { sf_close(file); }
    };
    const std::string path_;
    const int channels_;
    Descriptor file_;
    std::unique_ptr<SNDFILE, Close> encoder_;
    std::int64_t frames_ = 0;
};

}  // namespace

std::string_view SoundCoding::extension() const {
    switch (container) {
        case Container::wav:
            return ".wav";
        case Container::flac:
            return ".flac";
        case Container::ogg:
            return ".ogg";
        case Container::opus:
            return ".opus";
        case Container::raw:
            break;
    }
    return ".raw";
}

Container parse_container(std::string_view name) {
    for (const auto& [known, container] : kContainers) {
        if (name == known) return container;
    }
    throw UsageError(fmt::format("'{}': unknown format (use wav, flac, ogg, opus or raw)", name));
}

void check_coding(const SoundCoding& coding, audio::AudioFormat format) {
    if (coding.container == Container::flac && coding.encoding == audio::SampleEncoding::float32)
        throw UsageError("FLAC holds 16 or 24 bits, not floats (--bits 24, or --format wav)");
    if (coding.container == Container::wav || coding.container == Container::raw) return;
    const SF_INFO info = sndfile_info(coding, format);
    if (sf_format_check(&info) == 0)
        throw UsageError(fmt::format("{} Hz with {} channel{} is not supported by {} ({})", format.rate_hz,
                                     format.channels, format.channels == 1 ? "" : "s",
                                     coding.extension().substr(1),
                                     coding.container == Container::opus ? "--rate 48000" : "--format wav"));
    constexpr std::array kOpusRates{8000, 12000, 16000, 24000, 48000};
    if (coding.container == Container::opus &&
        std::ranges::find(kOpusRates, format.rate_hz) == kOpusRates.end())
        throw UsageError(fmt::format("Opus does not support {} Hz (--rate 48000)", format.rate_hz));
}

bool is_abandoned(const std::string& path) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    return file && (::flock(file.get(), LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK);
}

std::unique_ptr<SoundFile> create_sound_file(const std::string& path, audio::AudioFormat format,
                                             const SoundCoding& coding) {
    if (coding.container == Container::wav || coding.container == Container::raw)
        return std::make_unique<PcmFile>(path, format, coding);
    return std::make_unique<EncodedFile>(path, format, coding);
}

}  // namespace earshot::record
