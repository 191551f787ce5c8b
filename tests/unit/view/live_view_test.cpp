// What a LiveView draws, on a screen that is a grid of text, and what keys do.
#include "view/live_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <condition_variable>
#include <deque>
#include <limits>
#include <mutex>
#include <numbers>
#include <optional>
#include <thread>

#include "support/utf8.h"

namespace earshot::view {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// The latest picture that was shown, and keys to be pressed. From any thread.
class Grid {
 public:
    struct Cell {
        char32_t glyph = U' ';
        Style style = Style::normal;
        int upper = -1, lower = -1;  // of heat
    };
    Grid(int height, int width, bool has_unicode, int heats)
        : rows(height), columns(width), unicode(has_unicode), shades(heats) {}
    const int rows, columns;
    const bool unicode;
    const int shades;

    void press(int key) {
        const std::lock_guard lock(mutex);
        keys.push_back(key);
    }
    /// Waits until all that happened before has been drawn.
    void settle() {
        std::unique_lock lock(mutex);
        const int wanted = shown_count + 2;
        shown.wait(lock, [&] { return keys.empty() && shown_count >= wanted; });
    }
    std::string line(int row) {
        const std::lock_guard lock(mutex);
        std::u32string glyphs;
        for (const Cell& cell : visible[static_cast<std::size_t>(row)]) glyphs += cell.glyph;
        glyphs.erase(glyphs.find_last_not_of(U' ') + 1);
        return utf8_from_utf32(glyphs);
    }
    /// The first line that has this text, -1 if none.
    int find(const std::string& text) {
        for (int row = 0; row < rows; ++row)
            if (line(row).find(text) != std::string::npos) return row;
        return -1;
    }
    int count(int row, char32_t glyph) {
        const std::lock_guard lock(mutex);
        return static_cast<int>(
            std::ranges::count(visible[static_cast<std::size_t>(row)], glyph, &Cell::glyph));
    }
    Cell at(int row, int column) {
        const std::lock_guard lock(mutex);
        return visible[static_cast<std::size_t>(row)][static_cast<std::size_t>(column)];
    }

    std::mutex mutex;
    std::condition_variable shown;
    int shown_count = 0;
    std::vector<std::vector<Cell>> visible;
    std::deque<int> keys;
};

class GridScreen : public Screen {
 public:
    explicit GridScreen(Grid& grid) : grid_(grid) { clear(); }
    int rows() const override { return grid_.rows; }
    int columns() const override { return grid_.columns; }
    bool unicode() const override { return grid_.unicode; }
    int shades() const override { return grid_.shades; }
    void clear() override {
        drawn_.assign(static_cast<std::size_t>(grid_.rows),
                      std::vector<Grid::Cell>(static_cast<std::size_t>(grid_.columns)));
    }
    int put(int row, int column, std::string_view text, Style style) override {
        if (row < 0 || row >= rows() || column < 0) return column;
        for (const char32_t glyph : utf32_from_utf8(text)) {
            if (column >= columns()) break;
            drawn_[static_cast<std::size_t>(row)][static_cast<std::size_t>(column++)] = {glyph, style, -1,
                                                                                         -1};
        }
        return column;
    }
    void cell(int row, int column, int upper, int lower) override {
        ASSERT_LT(row, rows());
        ASSERT_LT(column, columns());
        ASSERT_LT(std::max(upper, lower), shades());
        drawn_[static_cast<std::size_t>(row)][static_cast<std::size_t>(column)] = {U'▀', Style::normal, upper,
                                                                                   lower};
    }
    void show() override {
        const std::lock_guard lock(grid_.mutex);
        grid_.visible = drawn_;
        ++grid_.shown_count;
        grid_.shown.notify_all();
    }
    int key(int wait_ms) override {
        if (wait_ms > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        const std::lock_guard lock(grid_.mutex);
        if (grid_.keys.empty()) return none;
        const int key = grid_.keys.front();
        grid_.keys.pop_front();
        return key;
    }

 private:
    Grid& grid_;
    std::vector<std::vector<Grid::Cell>> drawn_;
};

class Control : public ViewControl {
 public:
    void quit() override { done.emplace_back("quit"); }
    void pause(bool on) override {
        paused = on;
        done.emplace_back(on ? "pause" : "go on");
    }
    void set_threshold(std::size_t label, double threshold) override {
        done.push_back(fmt_threshold(label, threshold));
    }
    std::string save() override { return "saved it"; }
    capture::CaptureStatistics statistics() const override {
        capture::CaptureStatistics now;
        now.overruns = overruns;
        now.buffered_s = 0.25;
        return now;
    }
    bool is_paused() const override { return paused; }
    bool is_lost() const override { return lost; }

    static std::string fmt_threshold(std::size_t label, double threshold) {
        return std::to_string(label) + " " + std::to_string(std::lround(100 * threshold));
    }
    std::vector<std::string> done;
    std::atomic<bool> paused = false, lost = false;
    std::atomic<int> overruns = 0;
};

class LiveViewTest : public testing::Test {
 protected:
    void open(int rows = 40, int columns = 100, bool unicode = true, int shades = 0) {
        grid_.emplace(rows, columns, unicode, shades);
        ViewOptions options;
        options.device = "pulse:desk";
        options.model = "birds";
        options.rate_hz = 8000;
        options.labels = {"robin", "wren", "crow", "noise"};
        options.thresholds = {0.5, 0.25, 0.5, std::numeric_limits<double>::quiet_NaN()};
        view_.emplace(options, control_, std::make_unique<GridScreen>(*grid_));
    }
    /// One key after the other, and what they ask for is done.
    void press(std::initializer_list<int> keys) {
        for (const int key : keys) {
            grid_->press(key);
            grid_->settle();
            view_->turn();
        }
        grid_->settle();
    }
    static live::LiveEvent event(const std::string& label, double onset_s, double offset_s, double score) {
        return {{onset_s, offset_s, label, score}, UtcTime(std::chrono::hours(473'000))};
    }

    Control control_;
    std::optional<Grid> grid_;  // outlives the view
    std::optional<LiveView> view_;
};

TEST_F(LiveViewTest, TheTitleSaysWhatIsHeardAndWhatWasLost) {
    open();
    view_->samples(0, {}, std::vector<float>(8000 * 65));
    grid_->settle();
    EXPECT_THAT(grid_->line(0), StartsWith("earshot  8000 Hz  birds  pulse:desk"));
    EXPECT_THAT(grid_->line(0), HasSubstr("0 overruns  lag 0.25 s  01:05"));
    control_.overruns = 1;
    control_.lost = true;
    grid_->settle();
    EXPECT_THAT(grid_->line(0), HasSubstr("DEVICE LOST"));
    EXPECT_THAT(grid_->line(0), HasSubstr("1 overrun "));
}

TEST_F(LiveViewTest, LabelsStandInOrderOfTheirScoresWithBarsOfThatLength) {
    open();
    view_->scores(std::vector{0.1f, 0.9f, 0.0f, 0.5f});
    grid_->settle();
    const int first = grid_->find("wren");
    EXPECT_EQ(grid_->find("noise"), first + 1);
    EXPECT_EQ(grid_->find("robin"), first + 2);
    EXPECT_EQ(grid_->find("crow"), first + 3);
    EXPECT_THAT(grid_->line(first), HasSubstr("0.90"));
    EXPECT_THAT(grid_->line(first), HasSubstr("≥ 0.25"));
    EXPECT_THAT(grid_->line(first + 1), Not(HasSubstr("≥"))) << "it makes no events";
    const double full = grid_->count(first, U'█') / 0.9;
    EXPECT_NEAR(grid_->count(first + 1, U'█'), 0.5 * full, 1.5);
    EXPECT_NEAR(grid_->count(first + 2, U'█'), 0.1 * full, 1.5);
    EXPECT_EQ(grid_->at(first, 1).style, Style::bold);
    EXPECT_EQ(grid_->at(first + 2, 1).style, Style::normal);
}

TEST_F(LiveViewTest, TheMeterIsAsLongAsTheLevelIsHigh) {
    open();
    const auto bar_of = [&](float amplitude) {
        view_->samples(0, {}, std::vector<float>(16'000, amplitude));  // 16 time constants
        grid_->settle();
        return grid_->count(1, U'█');
    };
    const int full = bar_of(1);  // 0 dBFS of 80
    EXPECT_THAT(grid_->line(1), HasSubstr("0.0 dBFS"));
    EXPECT_THAT(grid_->line(1), HasSubstr("CLIP"));
    EXPECT_NEAR(bar_of(0.1f), 0.75 * full, 2);  // -20 dBFS
    EXPECT_NEAR(bar_of(0.01f), 0.5 * full, 2);
    EXPECT_THAT(grid_->line(1), HasSubstr("-40.0 dBFS"));
}

TEST_F(LiveViewTest, EventsAreListedNewestFirstAndGapsAmongThem) {
    open();
    view_->starts(event("robin", 1, 1, 0.75));
    view_->ends(event("robin", 1, 3.5, 0.875));
    view_->gap({4, 6, {}, capture::GapCause::device_lost});
    view_->starts(event("crow", 7, 7.5, 0.5));
    grid_->settle();
    const int sounding = grid_->find("sounding");
    EXPECT_THAT(grid_->line(sounding), HasSubstr("crow"));
    EXPECT_THAT(grid_->line(sounding + 1), HasSubstr("gap: device lost 2.0 s"));
    EXPECT_THAT(grid_->line(sounding + 2), HasSubstr("robin"));
    EXPECT_THAT(grid_->line(sounding + 2), HasSubstr("0.88 2.5 s"));
}

TEST_F(LiveViewTest, AFilterLeavesLabelsAndEventsThatHaveTheText) {
    open();
    view_->starts(event("robin", 1, 1, 0.75));
    view_->starts(event("wren", 1, 1, 0.75));
    press({'/', 'r', 'x', Screen::backspace, 'o'});
    EXPECT_THAT(grid_->line(39), StartsWith("labels with: ro_"));
    EXPECT_NE(grid_->find("robin"), -1);
    EXPECT_NE(grid_->find("crow"), -1);
    EXPECT_EQ(grid_->find("wren"), -1);
    press({Screen::enter});
    EXPECT_THAT(grid_->line(39), HasSubstr("filter: ro"));
    press({Screen::escape});
    EXPECT_NE(grid_->find("wren"), -1);
}

TEST_F(LiveViewTest, KeysMoveTheThresholdsOfAllOrOfOneLabel) {
    open();
    press({'+'});
    EXPECT_THAT(control_.done, ElementsAre("0 55", "1 30", "2 55"));
    control_.done.clear();
    press({'\t', '\t', Screen::down, '-'});
    EXPECT_THAT(control_.done, ElementsAre("1 25", "1 20"));
    control_.done.clear();
    press({Screen::left, Screen::left, Screen::left, Screen::up});
    EXPECT_TRUE(control_.done.empty()) << "noise has no threshold";
    for (int i = 0; i < 12; ++i) press({Screen::right, Screen::up});
    EXPECT_THAT(control_.done, testing::Each(Not(HasSubstr("105"))));
}

TEST_F(LiveViewTest, KeysPauseSaveAndQuit) {
    open();
    press({'p'});
    EXPECT_THAT(grid_->line(0), HasSubstr("PAUSED"));
    EXPECT_THAT(grid_->line(39), HasSubstr("p go on"));
    press({' ', 's'});
    EXPECT_THAT(grid_->line(39), StartsWith("saved it"));
    press({'q'});
    EXPECT_THAT(control_.done, ElementsAre("pause", "go on", "quit"));
}

/// The rows of the spectrogram that are darkest where a tone is.
TEST_F(LiveViewTest, AToneIsBrightAtItsHeightInTheSpectrogram) {
    for (const double hz : {200.0, 3000.0}) {
        open(40, 100, true, 12);
        std::vector<float> tone(8000 * 3);
        for (std::size_t i = 0; i < tone.size(); ++i)
            tone[i] = 0.5f *
                      static_cast<float>(std::sin(2 * std::numbers::pi * hz * static_cast<double>(i) / 8000));
        view_->samples(0, {}, tone);
        grid_->settle();
        int top = 40, bottom = 0, brightest = 0, brightest_row = 0;
        for (int row = 0; row < 40; ++row) {
            const auto cell = grid_->at(row, 99);
            if (cell.upper < 0) continue;
            top = std::min(top, row);
            bottom = std::max(bottom, row);
            if (std::max(cell.upper, cell.lower) > brightest) {
                brightest = std::max(cell.upper, cell.lower);
                brightest_row = row;
            }
        }
        EXPECT_EQ(brightest, 11);
        const double octaves = std::log2(4000 / SoundPicture::kLow_hz);
        const double height = std::log2(hz / SoundPicture::kLow_hz) / octaves;
        EXPECT_NEAR(static_cast<double>(bottom - brightest_row) / (bottom - top), height, 0.1) << hz;
        view_.reset();
    }
}

TEST_F(LiveViewTest, WithoutUnicodeAllIsAscii) {
    open(30, 80, false, 0);
    view_->samples(0, {}, std::vector<float>(16'000, 0.5f));
    view_->scores(std::vector{0.1f, 0.9f, 0.0f, 0.5f});
    view_->starts(event("robin", 1, 1, 0.75));
    grid_->settle();
    for (int row = 0; row < 30; ++row)
        for (int column = 0; column < 80; ++column) EXPECT_LT(grid_->at(row, column).glyph, U'\x7f') << row;
}

TEST_F(LiveViewTest, ASmallScreenShowsWhatFits) {
    for (const auto& [rows, columns] : {std::pair{5, 20}, {3, 10}, {1, 5}, {24, 30}}) {
        open(rows, columns, true, 12);
        view_->samples(0, {}, std::vector<float>(16'000, 0.5f));
        view_->scores(std::vector{0.1f, 0.9f, 0.0f, 0.5f});
        view_->starts(event("robin", 1, 1, 0.75));
        grid_->settle();
        view_.reset();
    }
}

}  // namespace
}  // namespace earshot::view
