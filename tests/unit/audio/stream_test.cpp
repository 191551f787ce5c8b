// Standard input, pipes, URLs, and recordings much larger than memory should ever hold.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <array>
#include <thread>

#include "support/error.h"
#include "unit/audio/audio_files.h"
#include "unit/audio/encode.h"

namespace earshot::audio {
namespace {

using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::StartsWith;

TEST(StandardInput, IsReadAsAnyFormatFromAPipeOrAFile) {
    const TemporaryDirectory directory;
    const auto samples = noise(30'000, 1);
    for (const auto& [name, format] : {std::pair{"a.wav", kWavFloat},
                                       {"a.aiff", SF_FORMAT_AIFF | SF_FORMAT_FLOAT},
                                       {"a.au", SF_FORMAT_AU | SF_FORMAT_FLOAT}}) {
        const std::string path = directory / name;
        write_sndfile(path, samples, {16000, 1}, format);
        const Pipe pipe(read_bytes(path));
        const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
        for (const int descriptor : {pipe.reading_end(), file}) {
            const ScopedStandardInput input(descriptor);
            EXPECT_THAT(read_file("-"), ElementsAreArray(samples)) << name;
        }
        ::close(file);
    }
}

TEST(StandardInput, AFileIsReadFromWhereItStands) {
    const TemporaryDirectory directory;
    write_sndfile(directory / "a.wav", noise(100, 1), {16000, 1}, kWavFloat);
    write_bytes(directory / "two", "first line\n" + read_bytes(directory / "a.wav"));
    const int descriptor = ::open((directory / "two").c_str(), O_RDONLY | O_CLOEXEC);
    ::lseek(descriptor, 11, SEEK_SET);
    const ScopedStandardInput input(descriptor);
    EXPECT_THAT(read_file("-"), ElementsAreArray(noise(100, 1)));
    ::close(descriptor);
}

TEST(StandardInput, ErrorsCallItByItsName) {
    const Pipe empty("");
    const ScopedStandardInput input(empty.reading_end());
    try {
        open_source("-", {});
        FAIL();
    } catch (const Error& error) {
        EXPECT_STREQ(error.what(), "standard input: empty file, no sound in it");
    }
}

TEST(RawInput, EveryCodingIsReadAsItsNumbersSay) {
    const std::vector<float> wanted{0.5f, -0.25f, 0, -1};
    for (const auto& [encoding, bytes] :
         {std::pair{"u8", std::string("\xc0\x60\x80\x00", 4)},
          {"s8", std::string("\x40\xe0\x00\x80", 4)},
          {"s16le", std::string("\x00\x40\x00\xe0\x00\x00\x00\x80", 8)},
          {"s16be", std::string("\x40\x00\xe0\x00\x00\x00\x80\x00", 8)},
          {"s24le", std::string("\x00\x00\x40\x00\x00\xe0\x00\x00\x00\x00\x00\x80", 12)},
          {"s32be", std::string("\x40\0\0\0\xe0\0\0\0\0\0\0\0\x80\0\0\0", 16)},
          {"f32le", std::string("\0\0\0\x3f\0\0\x80\xbe\0\0\0\0\0\0\x80\xbf", 16)}}) {
        const Pipe pipe(bytes);
        SourceOptions options;
        options.raw = RawFormat{encoding, 8000, 1};
        EXPECT_THAT(read_file(pipe.path(), options), ElementsAreArray(wanted)) << encoding;
    }
}

TEST(Trim, OfAPipeSkipsWhatItCannotSeek) {
    const TemporaryDirectory directory;
    const auto samples = noise(16'000, 1);
    write_sndfile(directory / "a.wav", samples, {16000, 1}, kWavFloat);
    const Pipe pipe(read_bytes(directory / "a.wav"));
    SourceOptions options;
    options.start_s = 0.75;
    options.duration_s = 0.125;
    EXPECT_THAT(read_file(pipe.path(), options), ElementsAreArray(std::span(samples).subspan(12'000, 2000)));
}

TEST(Trim, BeyondTheEndIsAnErrorAndNoDurationIsNothing) {
    const TemporaryDirectory directory;
    const std::string path = directory / "a.wav";
    write_sndfile(path, noise(16'000, 1), {16000, 1}, kWav16);
    SourceOptions options;
    options.start_s = 1.5;
    try {
        open_source(path, options);
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.what(), path + ": is 1.000 s long, so nothing is left after 1.500 s");
    }
    options.start_s = 0.5;
    options.duration_s = 10;
    EXPECT_EQ(open_source(path, options)->frames(), 8000);
    EXPECT_EQ(read_file(path, options).size(), 8000u);
    options.duration_s = 0;
    EXPECT_TRUE(read_file(path, options).empty());
    options.duration_s = -1;
    EXPECT_THROW(open_source(path, options), UsageError);
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kMemoryIsMeasurable = false;  // a sanitizer keeps what is freed
#else
constexpr bool kMemoryIsMeasurable = true;
#endif

/// Runs in a process of its own and says by how many KiB the peak of its memory grew during the second step.
long growth_kib(const std::function<void()>& first, const std::function<void()>& second) {
    const auto peak = [] {
        rusage usage{};
        ::getrusage(RUSAGE_SELF, &usage);
        return usage.ru_maxrss;
    };
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) throw std::runtime_error("pipe");
    const pid_t child = ::fork();
    if (child == 0) {
        long growth = -1;
        try {
            first();
            const long before = peak();
            second();
            growth = peak() - before;
        } catch (...) {
        }
        ::_exit(::write(ends[1], &growth, sizeof growth) == sizeof growth ? 0 : 1);
    }
    ::close(ends[1]);
    long growth = -1;
    EXPECT_EQ(::read(ends[0], &growth, sizeof growth), static_cast<ssize_t>(sizeof growth));
    ::close(ends[0]);
    ::waitpid(child, nullptr, 0);
    return growth;
}

void read_through(const std::string& path, std::size_t frames_wanted, const SourceOptions& options) {
    const auto source = open_source(path, options);
    std::size_t frames = 0;
    for (auto block = source->read(16'384); !block.empty(); block = source->read(16'384))
        frames += block.size();
    if (frames != frames_wanted) throw std::runtime_error("another length");
}

std::string little_endian(std::uint64_t value, int bytes) {
    std::string text;
    for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i) & 0xff);
    return text;
}

/// RF64 (EBU Tech 3306) of silence, mono, 16 bits, as a file with a hole.
void write_sparse_rf64(const std::string& path, std::uint64_t frames, int rate_hz) {
    const std::uint64_t bytes = 2 * frames;
    std::string header = "RF64" + little_endian(0xFFFFFFFF, 4) + "WAVE";
    header += "ds64" + little_endian(28, 4) + little_endian(bytes + 72, 8) + little_endian(bytes, 8) +
              little_endian(frames, 8) + little_endian(0, 4);
    header += "fmt " + little_endian(16, 4) + little_endian(1, 2) + little_endian(1, 2) +
              little_endian(static_cast<std::uint64_t>(rate_hz), 4) +
              little_endian(2 * static_cast<std::uint64_t>(rate_hz), 4) + little_endian(2, 2) +
              little_endian(16, 2);
    header += "data" + little_endian(0xFFFFFFFF, 4);
    write_bytes(path, header);
    std::filesystem::resize_file(path, header.size() + bytes);
}

TEST(Memory, TenHoursCostWhatAMinuteCosts) {
    if (!kMemoryIsMeasurable) GTEST_SKIP() << "not with a sanitizer";
    const TemporaryDirectory directory;
    constexpr int kRate_hz = 16'000;
    constexpr std::uint64_t kMinute = 60 * kRate_hz, kTenHours = 600 * kMinute;
    write_sparse_rf64(directory / "minute.wav", kMinute, kRate_hz);
    write_sparse_rf64(directory / "hours.wav", kTenHours, kRate_hz);
    SourceOptions options;
    options.ahead = true;
    const long growth = growth_kib([&] { read_through(directory / "minute.wav", kMinute, options); },
                                   [&] { read_through(directory / "hours.wav", kTenHours, options); });
    EXPECT_GE(growth, 0);
    EXPECT_LE(growth, 1024);
}

TEST(Memory, AnEndlessMp3StreamCostsWhatAMinuteCosts) {
    if (!kMemoryIsMeasurable) GTEST_SKIP() << "not with a sanitizer";
    const TemporaryDirectory directory;
    write_sndfile(directory / "a.wav", noise(60 * 16'000, 1), {16000, 1}, kWav16);
    encode(directory / "a.wav", directory / "a.mp3", "-b:a 32k -write_xing 0 -id3v2_version 0");
    const std::string minute = read_bytes(directory / "a.mp3");
    const auto drain = [&](int minutes) {
        const Pipe pipe(minute, minutes);
        SourceOptions options;
        options.rate_hz = 8000;
        const auto source = open_source(pipe.path(), options);
        std::size_t frames = 0;
        for (auto block = source->read(4096); !block.empty(); block = source->read(4096))
            frames += block.size();
        if (frames < static_cast<std::size_t>(minutes) * 59 * 8000) throw std::runtime_error("too short");
    };
    const long growth = growth_kib([&] { drain(1); }, [&] { drain(30); });
    EXPECT_GE(growth, 0);
    EXPECT_LE(growth, 2048);
}

/// 162 bytes took 1.5 GB: libav made room for what the chunks of a torn header claim.
TEST(Memory, AHeaderOfAFewBytesCannotTakeGigabytes) {
    if (!kMemoryIsMeasurable) GTEST_SKIP();
    const TemporaryDirectory directory;
    std::string wav = "RIFF\xde\x22" + std::string("\0\0WAVEfmt \x28\0\0\0\xfe\xff\1\0", 18);
    wav += little_endian(44'100, 4) + little_endian(176'400, 4) + little_endian(4, 2) + little_endian(32, 2);
    wav += little_endian(22, 2) + little_endian(32, 2) + little_endian(4, 4) + little_endian(3, 2);
    wav += std::string("\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71", 14);
    wav += "fact" + little_endian(4, 4) + little_endian(2205, 4);
    wav += "LIST" + little_endian(0xffffffe6, 4) + "INFOISFT" + little_endian(14, 4) + "]" +
           std::string("\0Lavf59.27.1z0", 13);
    wav += std::string("\0data", 5) + little_endian(0x22007461, 4) + std::string(40, '\x3f');
    write_bytes(directory / "a.wav", wav);
    const auto refuse = [&](const std::string& path) {
        try {
            read_file(path);
        } catch (const Error&) {
        }
    };
    const long growth = growth_kib([&] { refuse(directory / "none.wav"); },
                                   [&] {
                                       refuse(directory / "a.wav");
                                       const Pipe pipe(wav);
                                       refuse(pipe.path());
                                   });
    EXPECT_GE(growth, 0);
    EXPECT_LE(growth, 100 * 1024);  // libav itself takes some 30 MB
}

/// Answers every request on a loopback port with one reply.
class HttpServer {
 public:
    explicit HttpServer(std::string reply)
        : reply_(std::move(reply)), socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* const generic = reinterpret_cast<sockaddr*>(&address);
        if (::bind(socket_, generic, size) != 0 || ::listen(socket_, 4) != 0)
            throw std::runtime_error("listen");
        ::getsockname(socket_, generic, &size);
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this] { serve(); });
    }
    ~HttpServer() {
        ::shutdown(socket_, SHUT_RDWR);
        thread_.join();
        ::close(socket_);
    }
    std::string url(const std::string& name) const {
        return fmt::format("http://127.0.0.1:{}/{}", port_, name);
    }

 private:
    void serve() {
        for (int peer = ::accept(socket_, nullptr, nullptr); peer >= 0;
             peer = ::accept(socket_, nullptr, nullptr)) {
            std::string request;
            std::array<char, 1024> block{};
            while (request.find("\r\n\r\n") == std::string::npos) {
                const ssize_t got = ::recv(peer, block.data(), block.size(), 0);
                if (got <= 0) break;
                request.append(block.data(), static_cast<std::size_t>(got));
            }
            ::send(peer, reply_.data(), reply_.size(), MSG_NOSIGNAL);
            ::close(peer);
        }
    }
    std::string reply_;
    int socket_;
    int port_ = 0;
    std::thread thread_;
};

std::string reply_with(const std::string& body, std::size_t length) {
    return fmt::format(
               "HTTP/1.1 200 OK\r\nContent-Type: audio/wav\r\nContent-Length: {}\r\nConnection: "
               "close\r\n\r\n",
               length) +
           body;
}

TEST(Url, IsReadAsAFileIs) {
    const TemporaryDirectory directory;
    const auto samples = noise(20'000, 1);
    write_sndfile(directory / "a.wav", samples, {16000, 1}, kWavFloat);
    const auto bytes = read_bytes(directory / "a.wav");
    const HttpServer server(reply_with(bytes, bytes.size()));
    EXPECT_THAT(read_file(server.url("a.wav")), ElementsAreArray(samples));
}

TEST(Url, ErrorsStartWithIt) {
    const HttpServer server("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    try {
        open_source(server.url("a.wav"), {});
        FAIL();
    } catch (const Error& error) {
        EXPECT_THAT(error.what(), StartsWith(server.url("a.wav") + ": "));
        EXPECT_THAT(error.what(), HasSubstr("404"));
    }
}

/// Takes connections, and goes on sending `again` to each, or nothing.
class EndlessServer {
 public:
    explicit EndlessServer(std::string again)
        : again_(std::move(again)), socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* const generic = reinterpret_cast<sockaddr*>(&address);
        if (::bind(socket_, generic, size) != 0 || ::listen(socket_, 4) != 0)
            throw std::runtime_error("listen");
        ::getsockname(socket_, generic, &size);
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this] { serve(); });
    }
    ~EndlessServer() {
        ::shutdown(socket_, SHUT_RDWR);
        thread_.join();
        ::close(socket_);
    }
    std::string url() const { return fmt::format("http://127.0.0.1:{}/a.wav", port_); }

 private:
    void serve() {
        const int peer = ::accept(socket_, nullptr, nullptr);
        const std::string start = "HTTP/1.1 200 OK\r\n";
        if (!again_.empty()) ::send(peer, start.data(), start.size(), MSG_NOSIGNAL);
        // Ends when the other side has gone.
        char request = 0;
        while (again_.empty() ? ::recv(peer, &request, 1, 0) > 0
                              : ::send(peer, again_.data(), again_.size(), MSG_NOSIGNAL) > 0)
            if (!again_.empty()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
        ::close(peer);
    }
    std::string again_;
    int socket_;
    int port_ = 0;
    std::thread thread_;
};

/// Either kept a batch waiting for ever.
TEST(Url, AServerThatStallsOrSendsHeadersWithoutEndIsGivenUp) {
    for (const char* again : {"", "X-More: to come\r\n"}) {
        const EndlessServer server(again);
        const auto begin = std::chrono::steady_clock::now();
        try {
            open_source(server.url(), {});
            FAIL();
        } catch (const Error& error) {
            EXPECT_EQ(error.what(), server.url() + ": no answer for 10 s") << again;
        }
        EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(30));
    }
}

TEST(Url, ALostConnectionIsNoQuietEnd) {
    const TemporaryDirectory directory;
    write_sndfile(directory / "a.wav", noise(100'000, 1), {16000, 1}, kWav16);
    const auto bytes = read_bytes(directory / "a.wav");
    const HttpServer server(reply_with(bytes.substr(0, 100'000), bytes.size()));
    bool told = false;
    try {
        const auto source = open_source(server.url("a.wav"), {});
        read_all(*source);
        told = !source->damage().empty();
    } catch (const Error& error) {
        told = true;
    }
    EXPECT_TRUE(told);
}

}  // namespace
}  // namespace earshot::audio
