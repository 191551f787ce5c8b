#include "audio/writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "support/error.h"

namespace earshot::audio {
namespace {

constexpr std::size_t kMaxHeaderBytes = 256;  // longer than what comes before the samples

int format_of(const std::string& path, SampleEncoding encoding) {
    std::string extension = std::filesystem::path(path).extension().native();
    std::ranges::transform(extension, extension.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const int coding = encoding == SampleEncoding::pcm16   ? SF_FORMAT_PCM_16
                       : encoding == SampleEncoding::pcm24 ? SF_FORMAT_PCM_24
                                                           : SF_FORMAT_FLOAT;
    // RF64 becomes plain WAV on closing if it is small enough.
    if (extension == ".wav") return SF_FORMAT_RF64 | coding;
    if (extension == ".flac" && encoding == SampleEncoding::float32)
        throw UsageError(
            fmt::format("{}: FLAC holds 16 or 24 bits, not floats (write .wav for floats)", path));
    if (extension == ".flac") return SF_FORMAT_FLAC | coding;
    if (extension == ".ogg") return SF_FORMAT_OGG | SF_FORMAT_VORBIS;
    if (extension == ".opus") return SF_FORMAT_OGG | SF_FORMAT_OPUS;
    throw UsageError(
        fmt::format("{}: cannot write the format '{}' (use .wav, .flac, .ogg or .opus)", path, extension));
}

SF_INFO info_of(const std::string& path, AudioFormat format, SampleEncoding encoding) {
    SF_INFO info{};
    info.format = format_of(path, encoding);
    info.samplerate = format.rate_hz;
    info.channels = format.channels;
    if (sf_format_check(&info) == 0)
        throw UsageError(fmt::format("{}: {} Hz with {} channel{} is not supported by this format", path,
                                     format.rate_hz, format.channels, format.channels == 1 ? "" : "s"));
    return info;
}

/// The system's error if there is one, else libsndfile's.
WriteError write_error(const std::string& path, const char* said) {
    if (errno == 0) return WriteError(fmt::format("cannot write {}: {}", path, said));
    return WriteError(system_error(fmt::format("cannot write {}", path)).what());
}

/// libsndfile writes the creation time into the PEAK chunk of float files, and offers no way to leave it out
/// of RF64.
void clear_creation_time(const std::string& path) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    std::array<char, kMaxHeaderBytes> head{};
    file.read(head.data(), head.size());
    const auto chunk = std::string_view(head.data(), static_cast<std::size_t>(file.gcount())).find("PEAK");
    if (chunk == std::string_view::npos) return;
    file.clear();
    file.seekp(static_cast<std::streamoff>(chunk) + 12);  // behind its name, size and version
    file.write("\0\0\0\0", 4);
    file.close();
    if (!file) throw WriteError(fmt::format("cannot write {}", path));
}

}  // namespace

AudioWriter::AudioWriter(const std::string& path, AudioFormat format, SampleEncoding encoding)
    : path_(path), info_(info_of(path, format, encoding)), file_(path) {
    errno = 0;
    encoder_.reset(sf_open(file_.temporary_path().c_str(), SFM_WRITE, &info_));
    if (!encoder_) throw write_error(path, sf_strerror(nullptr));
    sf_command(encoder_.get(), SFC_SET_CLIPPING, nullptr, SF_TRUE);
    sf_command(encoder_.get(), SFC_RF64_AUTO_DOWNGRADE, nullptr, SF_TRUE);
}

AudioWriter::~AudioWriter() = default;

void AudioWriter::write(std::span<const float> interleaved) {
    const auto frames =
        static_cast<sf_count_t>(interleaved.size() / static_cast<std::size_t>(info_.channels));
    errno = 0;
    if (sf_writef_float(encoder_.get(), interleaved.data(), frames) != frames)
        throw write_error(path_, sf_strerror(encoder_.get()));
}

void AudioWriter::close() {
    errno = 0;
    const int status = sf_close(encoder_.release());
    if (status != SF_ERR_NO_ERROR) throw write_error(path_, sf_error_number(status));
    if ((info_.format & SF_FORMAT_SUBMASK) == SF_FORMAT_FLOAT) clear_creation_time(file_.temporary_path());
    file_.close();
}

}  // namespace earshot::audio
