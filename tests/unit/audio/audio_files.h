#pragma once

#include <sndfile.h>

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <numbers>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "audio/source.h"

namespace earshot {

/// A directory that is removed when the test ends.
class TemporaryDirectory {
 public:
    TemporaryDirectory() {
        std::string pattern = (std::filesystem::temp_directory_path() / "earshot-audio-XXXXXX").string();
        if (!::mkdtemp(pattern.data())) throw std::runtime_error("mkdtemp");
        path_ = pattern;
    }
    ~TemporaryDirectory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    std::string operator/(const std::string& name) const { return path_ + "/" + name; }
    const std::string& path() const { return path_; }

 private:
    std::string path_;
};

inline void write_bytes(const std::string& path, std::string_view bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
}

inline std::string read_bytes(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

/// Noise whose loudness swells and fades, so that a shift of one sample shows anywhere.
inline std::vector<float> noise(std::size_t frames, int channels, unsigned seed = 1) {
    std::mt19937 random(seed);
    std::uniform_real_distribution<float> value(-0.5f, 0.5f);
    std::vector<float> samples(frames * static_cast<std::size_t>(channels));
    for (float& sample : samples) sample = value(random);
    return samples;
}

inline std::vector<float> sine(double hz, std::size_t frames, int rate_hz, float amplitude = 0.5f) {
    std::vector<float> samples(frames);
    for (std::size_t i = 0; i < frames; ++i)
        samples[i] = amplitude * static_cast<float>(
                                     std::sin(2 * std::numbers::pi * hz * static_cast<double>(i) / rate_hz));
    return samples;
}

/// Writes with libsndfile itself. @param format  SF_FORMAT_WAV | SF_FORMAT_PCM_16 and the like
inline void write_sndfile(const std::string& path, std::span<const float> samples, audio::AudioFormat audio,
                          int format) {
    SF_INFO info{};
    info.samplerate = audio.rate_hz;
    info.channels = audio.channels;
    info.format = format;
    const std::unique_ptr<SNDFILE, int (*)(SNDFILE*)> file(sf_open(path.c_str(), SFM_WRITE, &info), sf_close);
    if (!file) throw std::runtime_error(sf_strerror(nullptr));
    sf_command(file.get(), SFC_SET_CLIPPING, nullptr, SF_TRUE);
    if (sf_write_float(file.get(), samples.data(), static_cast<sf_count_t>(samples.size())) !=
        static_cast<sf_count_t>(samples.size()))
        throw std::runtime_error(sf_strerror(file.get()));
}

inline constexpr int kWav16 = SF_FORMAT_WAV | SF_FORMAT_PCM_16;
inline constexpr int kWavFloat = SF_FORMAT_WAV | SF_FORMAT_FLOAT;

inline std::vector<float> read_all(audio::Source& source, std::size_t block = 4096) {
    std::vector<float> samples;
    for (auto got = source.read(block); !got.empty(); got = source.read(block))
        samples.insert(samples.end(), got.begin(), got.end());
    return samples;
}

inline std::vector<float> read_file(const std::string& path, const audio::SourceOptions& options = {}) {
    return read_all(*audio::open_source(path, options));
}

inline audio::SourceOptions all_channels() {
    audio::SourceOptions options;
    options.channels.kind = audio::ChannelChoice::Kind::all;
    return options;
}

}  // namespace earshot
