#include "support/background_output.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>
#include <thread>

#include "support/error.h"

namespace earshot {
namespace {

struct Pipe {
    std::array<int, 2> ends{};
    Pipe() {
        if (::pipe(ends.data()) != 0) throw system_error("pipe");
    }
    ~Pipe() {
        close_reader();
        ::close(ends[1]);
    }
    void close_reader() {
        if (ends[0] >= 0) ::close(std::exchange(ends[0], -1));
    }
    std::string read(std::size_t size) {
        std::string text(size, '\0');
        std::size_t have = 0;
        while (have < size) {
            const auto got = ::read(ends[0], text.data() + have, size - have);
            if (got <= 0) break;
            have += static_cast<std::size_t>(got);
        }
        text.resize(have);
        return text;
    }
};

TEST(BackgroundOutput, writing_does_not_wait_for_a_reader_and_loses_nothing) {
    Pipe pipe;
    BackgroundOutput output(pipe.ends[1], "pipe");
    std::string all;
    for (int line = 0; all.size() < 300'000; ++line) {  // a pipe holds 64 KiB
        const auto text = std::to_string(line) + "\n";
        output.write(text);  // would hang here
        all += text;
    }
    std::string got;
    std::thread reader([&] { got = pipe.read(all.size()); });
    output.close();
    reader.join();
    EXPECT_EQ(got, all);
}

TEST(BackgroundOutput, who_writes_nothing_learns_too_that_the_reader_has_gone) {
    Pipe pipe;
    BackgroundOutput output(pipe.ends[1], "pipe");
    output.check();
    pipe.close_reader();
    EXPECT_THROW(output.check(), BrokenPipe);
}

TEST(BackgroundOutput, a_reader_who_has_gone_and_a_full_disk_are_told_to_the_writer) {
    std::signal(SIGPIPE, SIG_IGN);
    Pipe pipe;
    pipe.close_reader();
    BackgroundOutput output(pipe.ends[1], "pipe");
    const auto write_on = [](Output& to) {
        for (int i = 0; i < 1000; ++i) {
            to.write("line\n");
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        to.close();
    };
    EXPECT_THROW(write_on(output), BrokenPipe);

    std::FILE* const full = std::fopen("/dev/full", "w");
    ASSERT_NE(full, nullptr);
    {
        BackgroundOutput to_disk(::fileno(full), "disk");
        EXPECT_THROW(write_on(to_disk), WriteError);
    }
    std::fclose(full);
}

TEST(BackgroundOutput, dropping_it_does_not_wait_for_a_reader) {
    Pipe pipe;
    const auto begin = std::chrono::steady_clock::now();
    {
        BackgroundOutput output(pipe.ends[1], "pipe");
        output.write(std::string(200'000, 'x'));
    }
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

}  // namespace
}  // namespace earshot
