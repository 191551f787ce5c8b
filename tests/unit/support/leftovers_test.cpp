#include "support/leftovers.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "support/output.h"

namespace earshot {
namespace {

namespace fs = std::filesystem;

// A process looks through a directory once, so each test has its own.
class Leftovers : public testing::Test {
 protected:
    Leftovers() {
        std::string name = fs::temp_directory_path() / "earshot-test-XXXXXX";
        if (!::mkdtemp(name.data())) throw std::runtime_error("cannot make " + name);
        directory_ = name;
    }
    ~Leftovers() override { fs::remove_all(directory_); }

    std::string target() const { return directory_ / "r.csv"; }
    void make(const std::string& name) const { std::ofstream(directory_ / name) << "half"; }
    std::set<std::string> names() const {
        std::set<std::string> found;
        for (const auto& entry : fs::directory_iterator(directory_)) found.insert(entry.path().filename());
        return found;
    }

    fs::path directory_;
};

using Names = std::set<std::string>;

TEST_F(Leftovers, OfAKilledRunAreRemovedByTheNextOnTheSameTarget) {
    const pid_t child = ::fork();
    if (child == 0) {
        AtomicFile file(target());
        file.write("half");
        ::raise(SIGKILL);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    ASSERT_EQ(names().size(), 1U);
    const auto left = *names().begin();
    EXPECT_TRUE(left.starts_with(".r.csv.~")) << left;
    write_text(directory_ / "other.csv", "x");
    EXPECT_EQ(names(), (Names{left, "other.csv"}));  // another target's
    write_text(target(), "whole");
    EXPECT_EQ(names(), (Names{"other.csv", "r.csv"}));
}

TEST_F(Leftovers, OfARunThatIsStillAtWorkStay) {
    int ready[2], go[2];
    ASSERT_EQ(::pipe(ready) + ::pipe(go), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        AtomicFile file(target());
        file.write("first");
        char byte = 0;
        const bool told = ::write(ready[1], "x", 1) == 1 && ::read(go[0], &byte, 1) == 1;
        file.close();
        ::_exit(told ? 0 : 1);
    }
    char byte = 0;
    ASSERT_EQ(::read(ready[0], &byte, 1), 1);
    remove_leftovers(target());
    EXPECT_EQ(names().size(), 1U);
    ASSERT_EQ(::write(go[1], "x", 1), 1);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    EXPECT_EQ(read_text(target()), "first");
    for (const int descriptor : {ready[0], ready[1], go[0], go[1]}) ::close(descriptor);
}

TEST_F(Leftovers, OfThisProcessStay) {
    AtomicFile first(target());
    first.write("1");
    AtomicFile second(target());
    second.write("2");
    EXPECT_EQ(names().size(), 2U);
    first.close();
    second.close();
    EXPECT_EQ(names(), Names{"r.csv"});
    EXPECT_EQ(read_text(target()), "2");
}

TEST_F(Leftovers, AreOnlyWhatHasTheVeryName) {
    const Names others{".r.csv.backup", ".r.csv.~backups", ".r.csv.~ab.def",  ".r.csv.~abcde",
                       "r.csv.~abcdef", ".r.csv~abcdef",   ".r2.csv.~abcdef", ".~abcdef"};
    for (const auto& name : others) make(name);
    make(".r.csv.~abcdef");
    write_text(target(), "whole");
    Names expected = others;
    expected.insert("r.csv");
    EXPECT_EQ(names(), expected);
}

TEST_F(Leftovers, MayBeDirectoriesButNoLinksAreFollowed) {
    fs::create_directories(directory_ / "kept/in");
    fs::create_directories(directory_ / ".m.~abcdef/deeper");
    std::ofstream(directory_ / ".m.~abcdef/deeper/weights.npz") << "half";
    fs::create_symlink(directory_ / "kept", directory_ / ".m.~ghijkl");
    remove_leftovers(directory_ / "m");
    EXPECT_EQ(names(), (Names{".m.~ghijkl", "kept"}));
    EXPECT_TRUE(fs::exists(directory_ / "kept/in"));
}

TEST_F(Leftovers, AreLockedFromTheirMakingToTheirEnd) {
    const auto path = directory_ / ".x.~abcdef";
    make(".x.~abcdef");
    auto lock = lock_temporary(path);
    ASSERT_TRUE(lock);
    const Descriptor other(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    EXPECT_NE(::flock(other.get(), LOCK_EX | LOCK_NB), 0);
    lock.reset();
    EXPECT_EQ(::flock(other.get(), LOCK_EX | LOCK_NB), 0);
    EXPECT_FALSE(lock_temporary(directory_ / ".x.~gone00"));
}

}  // namespace
}  // namespace earshot
