#include "support/output.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "support/error.h"

namespace earshot {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class OutputTest : public testing::Test {
 protected:
    void SetUp() override {
        directory_ =
            fs::path(testing::TempDir()) /
            ("earshot-output-" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
        fs::create_directories(directory_);
    }
    void TearDown() override { fs::remove_all(directory_); }

    static std::string contents(const fs::path& path) {
        std::ifstream file(path, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    std::size_t files() const {
        return static_cast<std::size_t>(std::distance(fs::directory_iterator(directory_), {}));
    }

    fs::path directory_;
};

TEST_F(OutputTest, FileAppearsOnlyWhenClosed) {
    const auto path = directory_ / "x.txt";
    AtomicFile file(path);
    file.write("half");
    file.flush();
    EXPECT_FALSE(fs::exists(path));
    file.write(" and half");
    file.close();
    EXPECT_EQ(contents(path), "half and half");
    EXPECT_EQ(files(), 1u);
}

TEST_F(OutputTest, AbandonedFileLeavesWhatWasThere) {
    const auto path = directory_ / "x.txt";
    std::ofstream(path) << "old";
    {
        AtomicFile file(path);
        file.write(std::string(1 << 20, 'n'));
    }
    EXPECT_EQ(contents(path), "old");
    EXPECT_EQ(files(), 1u);
}

TEST_F(OutputTest, FileHasTheModeThatTheUmaskAsksFor) {
    const auto path = directory_ / "x.txt";
    const mode_t before = ::umask(027);
    write_text(path, "x");
    ::umask(before);
    struct stat info {};
    ASSERT_EQ(::stat(path.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0640u);
}

TEST_F(OutputTest, BlocksOfAllSizesArriveInOrder) {
    const auto path = directory_ / "x.bin";
    std::string expected;
    AtomicFile file(path);
    for (std::size_t size : {0, 1, 65535, 1, 65536, 200000, 7, 65537}) {
        const std::string block(size, static_cast<char>('a' + expected.size() % 26));
        file.write(block);
        expected += block;
    }
    file.close();
    EXPECT_EQ(contents(path), expected);
}

TEST_F(OutputTest, RefusesDirectoriesAndMissingParents) {
    EXPECT_THROW(AtomicFile{directory_.string()}, Error);
    try {
        AtomicFile file(directory_ / "missing" / "x");
        FAIL() << "a parent that does not exist";
    } catch (const Error& error) {
        EXPECT_THAT(error.what(), HasSubstr("cannot write"));
        EXPECT_THAT(error.what(), HasSubstr("No such file or directory"));
    }
}

TEST_F(OutputTest, FullDiskIsAnErrorOnceNotTwice) {
    DescriptorOutput full(::open("/dev/full", O_WRONLY | O_CLOEXEC), "standard output", true);
    full.write("x");
    EXPECT_THROW(full.flush(), Error);
    EXPECT_NO_THROW(full.close());  // what failed is not written again
    const auto device = open_output("/dev/full");
    device->write("x");
    EXPECT_THROW(device->close(), Error);
    EXPECT_TRUE(fs::is_character_file("/dev/full"));  // and not replaced
}

TEST_F(OutputTest, ReaderThatHasGoneIsABrokenPipe) {
    const auto before = std::signal(SIGPIPE, SIG_IGN);
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    ::close(ends[0]);
    DescriptorOutput output(ends[1], "standard output", true);
    output.write("x");
    EXPECT_THROW(output.flush(), BrokenPipe);
    std::signal(SIGPIPE, before);
}

TEST_F(OutputTest, ReadTextRefusesMoreThanItMayHold) {
    const auto path = directory_ / "x.txt";
    write_text(path, std::string(100000, 'x'));
    EXPECT_EQ(read_text(path).size(), 100000u);
    EXPECT_THROW(read_text(path, 99999), Error);
    EXPECT_THROW(read_text(directory_ / "missing"), Error);
    EXPECT_THROW(read_text(directory_), Error);
}

}  // namespace
}  // namespace earshot
