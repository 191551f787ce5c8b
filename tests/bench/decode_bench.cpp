// Ten minutes of 44.1 kHz stereo MP3 at 128 kbit/s: what a source costs beside the bare loop of libavcodec
// that it cannot do without. The same for FLAC and WAV, and for a source that decodes ahead.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <stdlib.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

#include "audio/libav.h"
#include "audio/source.h"

namespace {

using namespace earshot;

/// The recordings, made once and removed at the end.
class Recordings {
 public:
    Recordings() {
        std::string pattern = (std::filesystem::temp_directory_path() / "earshot-bench-XXXXXX").string();
        if (!::mkdtemp(pattern.data())) throw std::runtime_error("mkdtemp");
        directory_ = pattern;
        const auto left = "anoisesrc=c=pink:a=0.3:r=44100:d=600:s=1",
                   right = "anoisesrc=c=brown:a=0.3:r=44100:d=600:s=2";
        run(fmt::format("-f lavfi -i {} -f lavfi -i {} -filter_complex '[0][1]amerge=inputs=2' '{}'", left,
                        right, path("wav")));
        run(fmt::format("-i '{}' -b:a 128k '{}'", path("wav"), path("mp3")));
        run(fmt::format("-i '{}' '{}'", path("wav"), path("flac")));
    }
    ~Recordings() { std::filesystem::remove_all(directory_); }
    std::string path(const std::string& extension) const { return directory_ + "/a." + extension; }

 private:
    static void run(const std::string& arguments) {
        if (std::system(("ffmpeg -nostdin -v error -y " + arguments).c_str()) != 0)
            throw std::runtime_error("needs the ffmpeg program");
    }
    std::string directory_;
};

const std::string& recording(const std::string& extension) {
    static const Recordings recordings;
    static std::string path;
    return path = recordings.path(extension);
}

/// Opens, decodes every packet, looks at nothing.
void bare_libavcodec(benchmark::State& state, const char* extension) {
    const std::string& path = recording(extension);
    for (auto _ : state) {
        AVFormatContext* opened = nullptr;
        if (avformat_open_input(&opened, path.c_str(), nullptr, nullptr) < 0)
            throw std::runtime_error("open");
        const audio::LibavPtr<AVFormatContext> context(opened);
        avformat_find_stream_info(opened, nullptr);
        const AVCodecParameters* const parameters = opened->streams[0]->codecpar;
        const AVCodec* const decoder = avcodec_find_decoder(parameters->codec_id);
        const audio::LibavPtr<AVCodecContext> codec(avcodec_alloc_context3(decoder));
        avcodec_parameters_to_context(codec.get(), parameters);
        codec->thread_count = 1;
        avcodec_open2(codec.get(), decoder, nullptr);
        const audio::LibavPtr<AVPacket> packet(av_packet_alloc());
        const audio::LibavPtr<AVFrame> frame(av_frame_alloc());
        std::int64_t frames = 0;
        while (av_read_frame(opened, packet.get()) >= 0) {
            avcodec_send_packet(codec.get(), packet.get());
            av_packet_unref(packet.get());
            while (avcodec_receive_frame(codec.get(), frame.get()) >= 0) frames += frame->nb_samples;
        }
        benchmark::DoNotOptimize(frames);
    }
}

void source(benchmark::State& state, const char* extension, const audio::SourceOptions& options) {
    const std::string& path = recording(extension);
    for (auto _ : state) {
        const auto opened = audio::open_source(path, options);
        float sum = 0;
        for (auto block = opened->read(16'384); !block.empty(); block = opened->read(16'384)) sum += block[0];
        benchmark::DoNotOptimize(sum);
    }
    state.counters["x real time"] =
        benchmark::Counter(600.0 * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

audio::SourceOptions mono() { return {}; }
audio::SourceOptions mono_16k() {
    audio::SourceOptions options;
    options.rate_hz = 16'000;
    return options;
}
audio::SourceOptions mono_ahead() {
    audio::SourceOptions options;
    options.ahead = true;
    return options;
}
audio::SourceOptions last_five_seconds() {
    audio::SourceOptions options;
    options.start_s = 595;
    return options;
}

BENCHMARK_CAPTURE(bare_libavcodec, mp3, "mp3")->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime();
BENCHMARK_CAPTURE(source, mp3_mono, "mp3", mono())->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime();
BENCHMARK_CAPTURE(source, mp3_mono_ahead, "mp3", mono_ahead())
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime();
BENCHMARK_CAPTURE(source, mp3_mono_16k, "mp3", mono_16k())
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime();
BENCHMARK_CAPTURE(source, mp3_last_five_seconds, "mp3", last_five_seconds())
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime();
BENCHMARK_CAPTURE(bare_libavcodec, flac, "flac")->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime();
BENCHMARK_CAPTURE(source, flac_mono, "flac", mono())->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime();
BENCHMARK_CAPTURE(bare_libavcodec, wav, "wav")->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime();
BENCHMARK_CAPTURE(source, wav_mono, "wav", mono())->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime();

}  // namespace
