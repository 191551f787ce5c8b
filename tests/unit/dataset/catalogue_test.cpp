#include "dataset/catalogue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "support/error.h"
#include "unit/dataset/scratch.h"

namespace earshot::dataset {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

/// An archive on disk; paths are relative to it.
class CatalogueTest : public testing::Test {
 protected:
    void put(const std::string& path, const std::string& text) const {
        std::filesystem::create_directories(std::filesystem::path(scratch_ / path).parent_path());
        std::ofstream(scratch_ / path) << text;
    }

    /// A recording is known by its content; what it sounds like does not matter here.
    void audio(const std::string& path) const { put(path, std::string("RIFF\x24\0\0\0WAVEfmt ", 16)); }

    Catalogue find(std::vector<std::string> inputs, const CatalogueOptions& options = {}) const {
        for (auto& input : inputs) input = scratch_ / input;
        return find_recordings(inputs, options);
    }

    static std::vector<std::string> names(const Catalogue& catalogue) {
        std::vector<std::string> names;
        for (const auto& entry : catalogue.entries) names.push_back(entry.name);
        return names;
    }

    /// The first label of each recording, "?" where there is none.
    static std::vector<std::string> firsts(const Catalogue& catalogue) {
        std::vector<std::string> labels;
        for (const auto& entry : catalogue.entries) {
            labels.push_back(entry.timeline ? entry.timeline->events.at(0).label : "?");
        }
        return labels;
    }

    Scratch scratch_;
};

TEST_F(CatalogueTest, a_sample_directory_gives_name_and_group) {
    audio("in/one/audio.wav");
    put("in/one/labels.json", R"({"00:00": "a"})");
    const auto catalogue = find({"in"});
    ASSERT_EQ(catalogue.entries.size(), 1u);
    EXPECT_EQ(catalogue.entries[0].name, "one");
    EXPECT_EQ(catalogue.entries[0].group, scratch_ / "in/one");
    EXPECT_EQ(catalogue.entries[0].audio, scratch_ / "in/one/audio.wav");
}

TEST_F(CatalogueTest, labels_are_the_sorted_union) {
    audio("in/one/audio.wav");
    audio("in/two/audio.wav");
    put("in/one/labels.json", R"({"00:00": "c", "00:05": "a"})");
    put("in/two/labels.json", R"({"00:00": "b", "00:05": "a"})");
    EXPECT_THAT(find({"in"}).labels(), ElementsAre("a", "b", "c"));
}

TEST_F(CatalogueTest, labels_beside_go_before_those_of_the_directory) {
    audio("in/x.wav");
    audio("in/y.wav");
    put("in/x.txt", "0\t1\tbeside\n");
    put("in/labels.csv", "file,label\nx.wav,table\ny.wav,table\n");
    EXPECT_THAT(firsts(find({"in"})), ElementsAre("beside", "table"));
}

TEST_F(CatalogueTest, labels_above_the_named_directory_are_not_looked_for) {
    audio("in/sub/x.wav");
    put("in/labels.csv", "file,label\nx.wav,a\n");
    EXPECT_THAT(firsts(find({"in"})), ElementsAre("a"));
    EXPECT_THAT(firsts(find({"in/sub"})), ElementsAre("?"));
}

TEST_F(CatalogueTest, folders_are_classes_only_where_there_are_no_label_files) {
    audio("in/a/1.wav");
    audio("in/b/1.wav");
    EXPECT_THAT(firsts(find({"in"})), ElementsAre("a", "b"));
    put("in/a/1.txt", "0\t1\tdog\n");
    const auto catalogue = find({"in"});
    EXPECT_THAT(firsts(catalogue), ElementsAre("dog", "?"));
    EXPECT_THAT(catalogue.entries[1].problem, HasSubstr("no labels found"));
}

TEST_F(CatalogueTest, one_folder_is_no_class) {
    audio("in/sample_1/audio.wav");
    EXPECT_THAT(firsts(find({"in"})), ElementsAre("?"));
}

TEST_F(CatalogueTest, recordings_of_one_name_get_names_that_do_not_depend_on_the_rest) {
    for (const auto* path : {"in/a/x.wav", "in/a-x.wav", "in/b.wav", "in/b.flac"}) audio(path);
    put("in/labels.csv", "file,label\na/x.wav,1\na-x.wav,2\nb.wav,3\nb.flac,4\n");
    const auto all = names(find({"in"}));
    EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), 4u);
    EXPECT_THAT(all, ElementsAre(StartsWith("a-x-"), StartsWith("a-x-"), StartsWith("b-"), StartsWith("b-")));
    audio("in/c.wav");
    const auto more = names(find({"in"}));
    EXPECT_EQ(std::vector(more.begin(), more.begin() + 4), all);
}

TEST_F(CatalogueTest, a_hidden_name_is_made_visible) {
    audio(".x.wav");
    put(".x.txt", "0\t1\ta\n");
    EXPECT_THAT(names(find({".x.wav"})), ElementsAre("_.x"));
}

TEST_F(CatalogueTest, an_unreadable_label_file_is_the_recording_s_problem_unless_it_was_named) {
    audio("in/x.wav");
    put("in/x.json", "{\"00:75\": \"a\"}");
    EXPECT_THAT(find({"in"}).entries[0].problem, HasSubstr("00:75"));
    CatalogueOptions named;
    named.labels = scratch_ / "in/x.json";
    EXPECT_THROW(find({"in"}, named), Error);
}

TEST_F(CatalogueTest, labels_of_no_recording_are_warned_of_once) {
    audio("in/x.wav");
    put("in/labels.csv", "file,label\nx.wav,1\ny.wav,1\nz.wav,1\n");
    EXPECT_THAT(find({"in"}).warnings, ElementsAre(HasSubstr("'y.wav' and 1 more are not a recording here")));
}

TEST_F(CatalogueTest, a_group_column_goes_before_the_recording) {
    audio("in/x.wav");
    audio("in/y.wav");
    put("in/labels.csv", "file,label,night\nx.wav,1,mon\ny.wav,1,\n");
    CatalogueOptions by_night;
    by_night.group_column = "night";
    const auto catalogue = find({"in"}, by_night);
    EXPECT_EQ(catalogue.entries[0].group, "mon");
    EXPECT_TRUE(catalogue.entries[0].group_chosen);
    EXPECT_FALSE(catalogue.entries[1].timeline);  // nobody says which night that was
    EXPECT_THAT(catalogue.entries[1].problem, HasSubstr("no column 'night' for its group"));
}

TEST_F(CatalogueTest, standard_input_and_urls_look_for_no_labels) {
    const std::vector<std::string> inputs{"-", "http://host/live/night.mp3"};
    const auto catalogue = find_recordings(inputs, {});
    EXPECT_THAT(names(catalogue), ElementsAre("stdin", "night"));
    EXPECT_THAT(firsts(catalogue), ElementsAre("?", "?"));
    EXPECT_THAT(catalogue.warnings, IsEmpty());
}

}  // namespace
}  // namespace earshot::dataset
