// What a LiveView draws, from top to bottom.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>

#include "support/time_text.h"
#include "view/live_view.h"

namespace earshot::view {
namespace {

constexpr float kLowest_dbfs = -80;                           // left end of the meter
constexpr float kFaintest_dbfs = -95, kBrightest_dbfs = -25;  // of the spectrogram
constexpr int kNameColumns = 16, kScoreColumns = 5;

/// Local time of day.
std::string local_clock(UtcTime time) {
    const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
    std::tm here{};
    ::localtime_r(&seconds, &here);
    return fmt::format("{:02}:{:02}:{:02}", here.tm_hour, here.tm_min, here.tm_sec);
}

/// A bar that fills a fraction of `columns`, with a resolution of an eighth of a column if there are glyphs.
std::string bar(double part, int columns, bool unicode) {
    static constexpr std::array<const char*, 8> kEighths{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    const int eighths = static_cast<int>(std::lround(std::clamp(part, 0.0, 1.0) * columns * 8));
    std::string text;
    for (int i = 0; i < eighths / 8; ++i) text += unicode ? "█" : "#";
    if (unicode) return text + kEighths[static_cast<std::size_t>(eighths % 8)];
    return eighths % 8 >= 4 ? text + "-" : text;
}

/// A Braille cell of 2 x 4 dots.
std::string braille(unsigned dots) {
    const unsigned code = 0x2800 + dots;
    return {static_cast<char>(0xe0 | code >> 12), static_cast<char>(0x80 | (code >> 6 & 0x3f)),
            static_cast<char>(0x80 | (code & 0x3f))};
}

double shade_of(float level_dbfs) {
    return std::clamp((level_dbfs - kFaintest_dbfs) / (kBrightest_dbfs - kFaintest_dbfs), 0.0f, 1.0f);
}

std::string plural(std::int64_t count, const char* what) {
    return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

}  // namespace

void LiveView::draw() {
    auto& screen = *screen_;
    screen.clear();
    // If rows are short, drop the log first, then the spectrogram, the waveform and labels.
    const int rows = screen.rows();
    const int labels = std::clamp(static_cast<int>(options_.labels.size()), 1, std::max(1, rows / 5));
    const int waveform = rows >= 20 ? 3 : rows >= 14 ? 2 : 0;
    const int left = rows - 3 - labels - waveform;
    const int spectrogram = left >= 8 ? left * 3 / 5 : 0;
    int row = 0;
    draw_title();
    draw_level(++row);
    draw_waveform(++row, waveform);
    draw_spectrogram(row += waveform, spectrogram);
    draw_labels(row += spectrogram, labels);
    row += labels;
    draw_log(row, rows - 1 - row);
    draw_keys(rows - 1);
    screen.show();
}

void LiveView::draw_title() {
    auto& screen = *screen_;
    double heard_s = 0;
    {
        const std::lock_guard lock(mutex_);
        heard_s = heard_s_;
    }
    const auto capture = control_.statistics();
    const auto right = fmt::format("  {}  lag {:.2f} s  {}", plural(capture.overruns, "overrun"),
                                   capture.buffered_s, clock_text(heard_s));
    const int end = std::max(0, screen.columns() - static_cast<int>(right.size()));
    int column = screen.put(0, 0, "earshot  ", Style::bold);
    const char* state = control_.is_lost() ? "DEVICE LOST  " : control_.is_paused() ? "PAUSED  " : "";
    column = screen.put(0, column, state, Style::bad);
    screen.put(0, column, fmt::format("{} Hz  {}  {}", options_.rate_hz, options_.model, options_.device));
    if (end > column) screen.put(0, end, right, capture.overruns > 0 ? Style::bad : Style::normal);
}

void LiveView::draw_level(int row) {
    auto& screen = *screen_;
    const float level = meter_.level_dbfs(), peak = meter_.peak_dbfs();
    const auto at = [](float dbfs) {
        return std::clamp(static_cast<double>(1 - dbfs / kLowest_dbfs), 0.0, 1.0);
    };
    const int begin = screen.put(row, 0, fmt::format("{:6.1f} dBFS ", level));
    const int width = std::max(1, screen.columns() - begin - 19);
    screen.put(row, begin, bar(at(level), width, screen.unicode()),
               level > -6 ? Style::warning : Style::good);
    const int mark = begin + static_cast<int>(at(peak) * (width - 1));
    screen.put(row, mark, screen.unicode() ? "┃" : "|", Style::bold);
    const int end = screen.put(row, begin + width + 1, fmt::format("peak {:6.1f} ", peak));
    if (meter_.clipped()) screen.put(row, end, "CLIP", Style::bad);
}

void LiveView::draw_waveform(int row, int rows) {
    auto& screen = *screen_;
    const auto& columns = picture_.columns();
    const int width = std::min(screen.columns(), static_cast<int>(columns.size()));
    const int dots = 4 * rows;
    // From the top, 0 to dots - 1.
    const auto height = [&](float sample) {
        return std::clamp(
            static_cast<int>((1 - std::clamp(sample, -1.0f, 1.0f)) / 2 * static_cast<float>(dots)), 0,
            dots - 1);
    };
    static constexpr std::array<std::array<unsigned, 4>, 2> kDots{{{1, 2, 4, 64}, {8, 16, 32, 128}}};
    for (int x = 0; x < width; ++x) {
        const auto& column = columns[columns.size() - static_cast<std::size_t>(width - x)];
        for (int y = 0; y < rows; ++y) {
            unsigned glyph = 0;
            for (std::size_t half = 0; half < 2; ++half) {
                const int top = height(column.high[half]), bottom = height(column.low[half]);
                for (int dot = 0; dot < 4; ++dot)
                    if (4 * y + dot >= top && 4 * y + dot <= bottom)
                        glyph |= kDots[half][static_cast<std::size_t>(dot)];
            }
            if (glyph == 0) continue;
            const int at = screen.columns() - width + x;
            screen.put(row + y, at, screen.unicode() ? braille(glyph) : "*", Style::accent);
        }
    }
}

void LiveView::draw_spectrogram(int row, int rows) {
    auto& screen = *screen_;
    if (rows == 0) return;
    static constexpr std::array<const char*, 5> kBlocks{" ", "░", "▒", "▓", "█"};
    static constexpr std::string_view kAscii = " .:-=+*#%@";
    const auto& columns = picture_.columns();
    const int width = std::min(screen.columns() - 6, static_cast<int>(columns.size()));
    const int parts = screen.shades() > 0 ? 2 * rows : rows;  // half a cell each with colours
    const auto band_of = [&](int part) {
        return static_cast<std::size_t>((parts - 1 - part) * static_cast<int>(SoundPicture::kBands) / parts);
    };
    const auto level_of = [&](const SoundPicture::Column& column, int part) {
        const auto first = column.level_dbfs.begin() + static_cast<std::ptrdiff_t>(band_of(part));
        const auto count =
            std::max<std::ptrdiff_t>(1, static_cast<std::ptrdiff_t>(SoundPicture::kBands) / parts);
        return shade_of(*std::max_element(first, std::min(first + count, column.level_dbfs.end())));
    };
    for (int y = 0; y < rows; ++y) {
        const double hz = picture_.band_hz(band_of(y * parts / rows));
        if (y % 2 == 0)
            screen.put(row + y, 0,
                       hz < 1000 ? fmt::format("{:4.0f}", hz) : fmt::format("{:3.1f}k", hz / 1000),
                       Style::dim);
        for (int x = 0; x < width; ++x) {
            const auto& column = columns[columns.size() - static_cast<std::size_t>(width - x)];
            const int at = screen.columns() - width + x;
            if (screen.shades() > 0) {
                const auto shade = [&](int part) {
                    return static_cast<int>(std::lround(level_of(column, part) * (screen.shades() - 1)));
                };
                screen.cell(row + y, at, shade(2 * y), shade(2 * y + 1));
            } else if (screen.unicode()) {
                screen.put(row + y, at,
                           kBlocks[static_cast<std::size_t>(std::lround(level_of(column, y) * 4))]);
            } else {
                const auto shade = static_cast<std::size_t>(std::lround(level_of(column, y) * 9));
                screen.put(row + y, at, kAscii.substr(shade, 1));
            }
        }
    }
}

void LiveView::draw_labels(int row, int rows) {
    auto& screen = *screen_;
    const auto best = best_labels();
    const int begin = kNameColumns + kScoreColumns + 2;
    const int width = std::max(1, screen.columns() - begin - 8);
    for (int y = 0; y < rows && y < static_cast<int>(best.size()); ++y) {
        const auto& [label, score] = best[static_cast<std::size_t>(y)];
        const double threshold = thresholds_[label];
        const bool over = static_cast<double>(score) >= threshold;
        const bool selected = selected_ == static_cast<std::ptrdiff_t>(label);
        screen.put(row + y, 0, selected ? ">" : " ", Style::accent);
        screen.put(row + y, 1,
                   fmt::format("{:<{}.{}}", options_.labels[label], kNameColumns - 1, kNameColumns - 1),
                   over ? Style::bold : Style::normal);
        screen.put(row + y, kNameColumns + 1, fmt::format("{:.2f}", score),
                   over ? Style::bold : Style::normal);
        screen.put(row + y, begin, bar(static_cast<double>(score), width, screen.unicode()),
                   over ? Style::good : Style::dim);
        if (std::isnan(threshold)) continue;
        screen.put(row + y, begin + static_cast<int>(threshold * (width - 1)), screen.unicode() ? "│" : "|",
                   Style::warning);
        screen.put(row + y, begin + width + 1,
                   fmt::format("\u2265 {:.2f}", threshold).substr(screen.unicode() ? 0 : 4), Style::dim);
    }
}

void LiveView::draw_log(int row, int rows) {
    auto& screen = *screen_;
    const std::lock_guard lock(mutex_);
    int y = 0;
    for (const auto& line : log_) {
        if (y >= rows) return;
        if (!line.gap && !passes(line.label)) continue;
        const auto text = line.gap ? fmt::format("{} gap: {} ", local_clock(line.time), line.label)
                                   : fmt::format("{} {:<{}} {:.2f} ", local_clock(line.time), line.label,
                                                 kNameColumns, line.score);
        const int end = screen.put(row + y, 1, text,
                                   line.gap        ? Style::bad
                                   : line.sounding ? Style::good
                                                   : Style::normal);
        screen.put(row + y, end, line.sounding ? "sounding" : fmt::format("{:.1f} s", line.duration_s),
                   line.sounding ? Style::good : Style::normal);
        ++y;
    }
}

void LiveView::draw_keys(int row) {
    auto& screen = *screen_;
    std::string message;
    {
        const std::lock_guard lock(mutex_);
        message = message_;
    }
    if (in_filter_) {
        screen.put(row, 0, fmt::format("labels with: {}_", filter_), Style::reverse);
    } else if (!message.empty()) {
        screen.put(row, 0, message, Style::reverse);
    } else {
        const auto filter = filter_.empty() ? std::string("filter") : fmt::format("filter: {}", filter_);
        screen.put(row, 0,
                   fmt::format("q quit  p {}  +/- threshold  tab label  / {}  s save the last 10 s",
                               control_.is_paused() ? "go on" : "pause", filter),
                   Style::dim);
    }
}

}  // namespace earshot::view
