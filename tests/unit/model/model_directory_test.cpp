#include "model/model_directory.h"

#include <gtest/gtest.h>

#include <fstream>

#include "support/output.h"
#include "unit/model/fixtures.h"

namespace earshot::model {
namespace {

namespace fs = std::filesystem;
using test::error_of;
using test::TemporaryDirectory;

void publish(const std::string& path, bool replace, const std::string& text) {
    ModelDirectory directory(path, replace);
    write_text(directory.temporary_path() + "/model.json", text);
    directory.publish();
}

std::size_t entries(const fs::path& path) {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(path), fs::directory_iterator()));
}

TEST(ModelDirectory, appears_whole_when_published) {
    const TemporaryDirectory sandbox;
    {
        ModelDirectory directory(sandbox / "m", false);
        write_text(directory.temporary_path() + "/model.json", "new");
        EXPECT_FALSE(fs::exists(sandbox / "m"));
        directory.publish();
    }
    EXPECT_EQ(read_text(sandbox / "m/model.json"), "new");
    EXPECT_EQ(entries(sandbox.path()), 1U);
}

TEST(ModelDirectory, leaves_nothing_if_not_published) {
    const TemporaryDirectory sandbox;
    { ModelDirectory directory(sandbox / "m", false); }
    EXPECT_EQ(entries(sandbox.path()), 0U);
}

TEST(ModelDirectory, replaces_a_model_only_when_asked) {
    const TemporaryDirectory sandbox;
    publish(sandbox / "m", false, "old");
    EXPECT_NE(
        error_of([&] { publish(sandbox / "m", false, "new"); }).find("m: exists (replace it with --force)"),
        std::string::npos);
    EXPECT_EQ(read_text(sandbox / "m/model.json"), "old");
    publish(sandbox / "m", true, "new");
    EXPECT_EQ(read_text(sandbox / "m/model.json"), "new");
    EXPECT_EQ(entries(sandbox.path()), 1U);
}

TEST(ModelDirectory, never_replaces_what_is_no_model) {
    const TemporaryDirectory sandbox;
    fs::create_directory(sandbox / "music");
    write_text(sandbox / "music/song.wav", "x");
    EXPECT_NE(error_of([&] { publish(sandbox / "music", true, "new"); }).find("exists and is not a model"),
              std::string::npos);
    EXPECT_NE(error_of([&] { publish(sandbox / "music/song.wav", true, "new"); }).find("is not a directory"),
              std::string::npos);
    EXPECT_EQ(read_text(sandbox / "music/song.wav"), "x");
}

TEST(ModelDirectory, takes_an_empty_directory_and_a_trailing_slash) {
    const TemporaryDirectory sandbox;
    fs::create_directory(sandbox / "m");
    publish(sandbox / "m/", false, "new");
    EXPECT_EQ(read_text(sandbox / "m/model.json"), "new");
}

TEST(ModelDirectory, follows_a_link_to_a_model) {
    const TemporaryDirectory sandbox;
    publish(sandbox / "real", false, "old");
    fs::create_symlink("real", sandbox / "link");
    publish(sandbox / "link", true, "new");
    EXPECT_TRUE(fs::is_symlink(sandbox / "link"));
    EXPECT_EQ(read_text(sandbox / "real/model.json"), "new");
}

TEST(ModelDirectory, says_where_it_cannot_write) {
    const TemporaryDirectory sandbox;
    const auto message = error_of([&] { publish(sandbox / "no/such/place/m", false, "new"); });
    EXPECT_NE(message.find("cannot write"), std::string::npos);
    EXPECT_NE(message.find("No such file or directory"), std::string::npos);
}

}  // namespace
}  // namespace earshot::model
