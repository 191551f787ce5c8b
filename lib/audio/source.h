#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace earshot::audio {

struct AudioFormat {
    int rate_hz = 0;
    int channels = 0;
    bool operator==(const AudioFormat&) const = default;
};

/// A place where the input could not be decoded. What could be is delivered; nothing is invented in between,
/// so that what follows a hole comes earlier than it was. Samples that are not finite numbers count as damage
/// too; they alone are replaced, by 0, so that no consumer need look for them.
struct Damage {
    double position_s;  // from the start of the recording
    std::string what;   // "invalid data", "file ends in the middle of a block", ...
};

/// Anything that yields blocks of samples: a file, standard input, a URL, or a source around a source.
/// Not thread-safe: one reader.
class Source {
 public:
    virtual ~Source() = default;
    Source() = default;
    Source(const Source&) = delete;
    Source& operator=(const Source&) = delete;

    virtual AudioFormat format() const = 0;

    /// The next samples, interleaved, full scale ±1 (floats may exceed it): 1 to max_frames frames (a frame
    /// here is one sample of every channel), as many as are available. Empty at the end, and only then. The
    /// view holds until the next call.
    /// @param max_frames  at least 1
    /// @throws Error if nothing more can be read for a reason other than the recording's end or damage,
    ///         Interrupted if the user asked to stop while it waited for a pipe or a connection
    virtual std::span<const float> read(std::size_t max_frames) = 0;

    /// As read(), but into the caller's memory, which saves a copy where sound is converted on the way.
    /// @param destination  room for at least one frame
    /// @return samples written, 0 at the end
    virtual std::size_t read_into(std::span<float> destination);

    /// Length in frames if the container tells it to the sample, else nothing. A damaged recording may have
    /// fewer.
    virtual std::optional<std::int64_t> frames() const = 0;

    /// What was found damaged up to here; complete once read() has returned empty.
    virtual std::span<const Damage> damage() const = 0;
};

/// Which channels a source delivers.
struct ChannelChoice {
    enum class Kind { all, mix, one };
    Kind kind = Kind::mix;
    int index = 0;  // from 0, for Kind::one
};
/// `all`, `mix` (their mean), `left`, `right`, or a number from 1.
ChannelChoice parse_channels(std::string_view text);

/// Headerless PCM: `FORMAT,RATE,CHANNELS`, FORMAT being u8, s16le, s16be, s24le, s32le, f32le, f64le and the
/// like.
struct RawFormat {
    std::string encoding;
    int rate_hz = 0;
    int channels = 0;
};
RawFormat parse_raw(std::string_view text);

struct SourceOptions {
    double start_s = 0;                // sample-exact, MP3 and Opus included
    std::optional<double> duration_s;  // less at the end of the recording
    ChannelChoice channels;
    std::optional<int> rate_hz;    // resampled to this; the input's own rate if not given
    std::optional<RawFormat> raw;  // the input has no header
    std::function<bool()> stop;    // true to give up waiting for a pipe; an interrupt does if not given
    bool ahead = false;            // decode on a thread of its own, a few blocks ahead of the reader
};

/// Opens `-` (standard input), a URL, or a file of any format, recognised by its content.
/// What can seek is sought in, and the samples are those that reading from the start would give: MP3, Vorbis,
/// FLAC and PCM bit for bit, Opus and AAC within 1e-4 but for the noise that an AAC decoder makes up. Without
/// an index or exact times (a pipe, WebM) what comes before start_s is decoded.
/// @throws Error("clip.txt: not audio ...") and the like; the message starts with the path
/// @throws UsageError for times that are negative or a rate that is out of range
std::unique_ptr<Source> open_source(const std::string& path, const SourceOptions& options);

/// A recording to process, or an argument that leads to none.
struct Input {
    std::string path;
    std::string problem;  // why there is nothing to read, for people; empty if there is
};

/// Recordings to process, in a stable order: a directory becomes the audio files in it, recursively and
/// sorted by path, hidden ones left out, symbolic links followed but no directory entered twice; `@list.txt`
/// the lines of a text file (empty ones and # comments skipped; relative to where the command runs);
/// everything else stays. What does not exist or holds no audio stands in its place with its problem, so that
/// a batch can do the rest.
std::vector<Input> find_inputs(std::span<const std::string> words);

/// The same where all are needed. @throws Error for the first problem
std::vector<std::string> expand_inputs(std::span<const std::string> words);

/// True for what bears an extension of audio, so that a recording which is damaged beyond recognition is
/// named rather than passed over, and for what is audio by content.
bool is_audio_file(const std::string& path);

/// True for `scheme://...`.
bool is_url(std::string_view path);

}  // namespace earshot::audio
