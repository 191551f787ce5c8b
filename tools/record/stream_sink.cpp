#include "tools/record/stream_sink.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "audio/wav.h"
#include "record/recovery.h"
#include "support/error.h"
#include "support/time_text.h"

namespace earshot::tools {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kLongestFill_s = 60;
constexpr std::size_t kSilence = 8192;

/// The hidden name of a file that is being recorded.
std::string part_of(const std::string& path) {
    const fs::path target(path);
    return (target.parent_path() / fmt::format(".{}.part", target.filename().native())).native();
}

/// PATH with a suffix before its extension that makes the name unused.
fs::path name_beside(const fs::path& path) {
    for (int n = 1;; ++n) {
        const auto name =
            fmt::format("{}.recovered-{}{}", path.stem().native(), n, path.extension().native());
        if (auto beside = path.parent_path() / name; !fs::exists(beside)) return beside;
    }
}

}  // namespace

void StreamSink::push(const capture::BlockTime& time, std::span<const float> samples) {
    if (time.gap) fill(*time.gap, time.utc);
    write(samples);
    frames_ += static_cast<std::int64_t>(samples.size()) / format_.channels;
}

void StreamSink::fill(const capture::Gap& gap, UtcTime until) {
    const double seconds = static_cast<double>(gap.frames) / format_.rate_hz;
    const bool filled =
        gap.cause != capture::GapCause::paused && gap.frames <= kLongestFill_s * format_.rate_hz;
    if (gap.cause != capture::GapCause::paused)
        console_.warning(fmt::format("{:.3f} s before {} are {} ({})", seconds, utc_text(until),
                                     filled ? "silence" : "left out", capture::gap_cause_name(gap.cause)));
    if (!filled) return;
    static const std::vector<float> silence(kSilence);
    for (std::int64_t left = gap.frames * format_.channels; left > 0;) {
        const auto count = std::min<std::int64_t>(
            left, static_cast<std::int64_t>(kSilence) / format_.channels * format_.channels);
        write(std::span(silence).first(static_cast<std::size_t>(count)));
        left -= count;
    }
    frames_ += gap.frames;
}

std::string StreamSink::summary() const { return clock_text(static_cast<double>(frames_) / format_.rate_hz); }

FileSink::FileSink(const std::string& path, audio::AudioFormat format, const record::SoundCoding& coding,
                   Console& console)
    : StreamSink(format, console), path_(path), part_(part_of(path)) {
    if (fs::exists(part_)) {
        if (!record::is_abandoned(part_))
            throw Error(fmt::format("{}: another process is recording to it", path_));
        const auto recovered = name_beside(path_);
        if (record::complete_part(part_, recovered.native()))
            console.warning(
                fmt::format("{}: recovered from a recording that was cut off", recovered.native()));
    }
    file_ = record::create_sound_file(part_, format, coding);
}

void FileSink::write(std::span<const float> samples) {
    try {
        file_->write(samples);
    } catch (const record::NoSpace& error) {
        keep_what_fits(error);
    }
}

/// After a full disk: what was recorded until then becomes the file, but never overwrites another one.
void FileSink::keep_what_fits(const record::NoSpace& error) {
    const bool has_sound = file_->frames() > 0;
    file_->finish();
    if (!has_sound) {
        ::unlink(part_.c_str());
        throw error;
    }
    if (!fs::exists(path_)) {
        rename_part(path_);
        throw error;
    }
    const auto fragment = name_beside(path_).native();
    rename_part(fragment);
    throw record::NoSpace(
        fmt::format("{} (the file is unchanged; what was recorded is in {})", error.what(), fragment));
}

void FileSink::close() {
    file_->finish();
    rename_part(path_);
}

void FileSink::rename_part(const std::string& path) {
    if (::rename(part_.c_str(), path.c_str()) != 0)
        throw WriteError(system_error(fmt::format("cannot write {}", path)).what());
}

PipeSink::PipeSink(Output& out, audio::AudioFormat format, const record::SoundCoding& coding,
                   Console& console)
    : StreamSink(format, console), out_(out), encoding_(coding.encoding) {
    if (coding.container != record::SoundCoding::Container::wav) return;
    out_.write(audio::wav_header(format, encoding_, {}, false));
    out_.flush();
}

void PipeSink::write(std::span<const float> samples) {
    bytes_.clear();
    audio::append_pcm(samples, encoding_, bytes_);
    out_.write({bytes_.data(), bytes_.size()});
    out_.flush();
}

}  // namespace earshot::tools
