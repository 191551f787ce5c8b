#include "scene/scene_file.h"

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <random>
#include <thread>

#include "support/error.h"
#include "support/output.h"

using namespace earshot;
using namespace earshot::scene;
namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::ThrowsMessage;

namespace {

class InFile : public testing::Test {
 protected:
    void SetUp() override { fs::create_directories(directory); }
    void TearDown() override { fs::remove_all(directory); }

    static void learn(SceneFile& file, int events) {
        for (int i = 0; i < events; ++i)
            file.scene().observe({"label" + std::to_string(i % 50), i % 360, {}, 0});
    }

    const fs::path directory = fs::temp_directory_path() / ("earshot-scene-" + std::to_string(::getpid()));
    const std::string path = directory / "scene.json";
};

TEST_F(InFile, IsKept) {
    {
        SceneFile file(path, {});
        EXPECT_FALSE(file.warning());
        learn(file, 100);
        file.save();
    }
    EXPECT_EQ(SceneFile(path, {}).scene().summary()["label7"]["observations"], 2);
    EXPECT_EQ(read_scene(path).summary()["label7"]["observations"], 2);
}

TEST_F(InFile, IsNotWrittenWhenNothingWasLearned) {
    {
        SceneFile file(path, {});
        learn(file, 1);
        file.save();
    }
    const auto before = fs::last_write_time(path);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    SceneFile file(path, {});
    file.save();
    EXPECT_EQ(fs::last_write_time(path), before);
}

TEST_F(InFile, IsSetAsideWhenItIsNoScene) {
    for (int i = 1; i <= 2; ++i) {
        write_text(path, "{\"scene_map\": {\"tv\": {\"1\": 3");
        SceneFile file(path, {});
        const auto aside = path + ".damaged-" + std::to_string(i);
        ASSERT_TRUE(file.warning());
        EXPECT_THAT(*file.warning(), HasSubstr(aside));
        EXPECT_EQ(read_text(aside), "{\"scene_map\": {\"tv\": {\"1\": 3");
        learn(file, 1);
        file.save();
    }
    EXPECT_THAT([&] { read_scene(path + ".damaged-1"); },
                ThrowsMessage<Error>(HasSubstr("not a scene: not valid JSON: line 1, column")));
    EXPECT_THAT([&] { read_scene(path + "x"); }, ThrowsMessage<Error>(HasSubstr("no such scene")));
}

TEST_F(InFile, BelongsToOneProcess) {
    SceneFile file(path, {});
    learn(file, 10);
    file.save();
    EXPECT_THAT([&] { SceneFile second(path, {}); },
                ThrowsMessage<Error>(HasSubstr("another earshot locate")));
    EXPECT_EQ(read_scene(path).summary().size(), 10U) << "readers need no lock";
}

TEST_F(InFile, StaysWholeWhenTheDiskIsFull) {
    SceneFile file(path, {});
    learn(file, 10);
    file.save();
    const auto before = read_text(path);
    learn(file, 5000);
    rlimit old{};
    ::getrlimit(RLIMIT_FSIZE, &old);
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{1000, old.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &small);
    EXPECT_THROW(file.save(), Error);
    ::setrlimit(RLIMIT_FSIZE, &old);
    std::signal(SIGXFSZ, handler);
    EXPECT_EQ(read_text(path), before);
    file.save();
    EXPECT_EQ(read_scene(path).summary().size(), 50U) << "and is written when space is free again";
}

TEST_F(InFile, IsWholeWheneverTheProcessIsKilled) {
    std::mt19937 random(1);
    std::uniform_int_distribution<int> delay_us(0, 30000);
    for (int round = 0; round < 30; ++round) {
        const auto child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            SceneFile file(path, {});
            while (true) {
                learn(file, 500);
                file.save();
            }
        }
        std::this_thread::sleep_for(std::chrono::microseconds(3000 + delay_us(random)));
        ::kill(child, SIGKILL);
        ASSERT_EQ(::waitpid(child, nullptr, 0), child);
        if (!fs::exists(path)) continue;  // killed before the first
        const SceneFile file(path, {});
        EXPECT_FALSE(file.warning()) << *file.warning();
    }
    EXPECT_TRUE(fs::exists(path));
}

TEST_F(InFile, IsWholeForReadersWhileItIsWritten) {
    SceneFile file(path, {});
    learn(file, 500);
    file.save();
    std::jthread writer([&](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            learn(file, 500);
            file.save();
        }
    });
    for (int i = 0; i < 100; ++i) EXPECT_EQ(read_scene(path).summary().size(), 50U);
}

/// Like SceneThreads, with the file: under ThreadSanitizer a race fails it.
TEST_F(InFile, MayBeLearnedReadAndSavedByEightThreads) {
    SceneFile file(path, {});
    learn(file, 50);
    file.save();
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 8; ++t) {
            threads.emplace_back([&, t] {
                for (int i = 0; i < 40; ++i) {
                    learn(file, 10);
                    t % 2 == 0 ? file.save() : file.save_now_and_then();
                    EXPECT_GT(read_scene(path).summary().size(), 0U);
                }
            });
        }
    }
    file.save();
    EXPECT_EQ(read_scene(path).summary(), file.scene().summary());
}

}  // namespace
