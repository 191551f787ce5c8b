// decode_floor FILE: decodes the first stream with libavcodec on one thread, looks at nothing, and prints the
// processor seconds and wall seconds that took. What any program must spend on a recording.

#include <cstdio>
#include <ctime>
#include <memory>

#include "audio/libav.h"

namespace {

using earshot::audio::LibavPtr;

double seconds(clockid_t clock) {
    timespec now{};
    clock_gettime(clock, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// Samples a channel, or -1.
long long decode(const char* path) {
    AVFormatContext* opened = nullptr;
    if (avformat_open_input(&opened, path, nullptr, nullptr) < 0) return -1;
    const LibavPtr<AVFormatContext> file(opened);
    if (avformat_find_stream_info(opened, nullptr) < 0) return -1;
    const AVCodecParameters* const parameters = opened->streams[0]->codecpar;
    const AVCodec* const decoder = avcodec_find_decoder(parameters->codec_id);
    const LibavPtr<AVCodecContext> codec(avcodec_alloc_context3(decoder));
    avcodec_parameters_to_context(codec.get(), parameters);
    codec->thread_count = 1;
    if (avcodec_open2(codec.get(), decoder, nullptr) < 0) return -1;
    const LibavPtr<AVPacket> packet(av_packet_alloc());
    const LibavPtr<AVFrame> frame(av_frame_alloc());
    long long samples = 0;
    while (av_read_frame(opened, packet.get()) >= 0) {
        avcodec_send_packet(codec.get(), packet.get());
        av_packet_unref(packet.get());
        while (avcodec_receive_frame(codec.get(), frame.get()) >= 0) samples += frame->nb_samples;
    }
    return samples;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    const double wall = seconds(CLOCK_MONOTONIC), processor = seconds(CLOCK_PROCESS_CPUTIME_ID);
    const long long samples = decode(argv[1]);
    if (samples <= 0) return 1;
    std::printf("%.6f %.6f %lld\n", seconds(CLOCK_PROCESS_CPUTIME_ID) - processor,
                seconds(CLOCK_MONOTONIC) - wall, samples);
}
