#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

namespace earshot::view {

enum class Style { normal, dim, bold, good, warning, bad, accent, reverse };

/// The screen and the keyboard of the terminal that we run in, whatever standard input and output are:
/// ncurses, for one thread. It is restored when this is destroyed, and by a handler when the process is
/// killed by a fault (SIGSEGV, SIGABRT and the like) or by SIGQUIT.
///
/// Colours are left out where NO_COLOR is set or the terminal has none; glyphs beyond ASCII where the
/// locale's encoding is not UTF-8.
class Terminal {
 public:
    /// True if there is a terminal that can be drawn on.
    static bool available();

    /// @throws Error if there is none
    Terminal();
    ~Terminal();
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;

    int rows() const;
    int columns() const;
    bool unicode() const { return unicode_; }
    /// Shades of heat that cell() has, 0 if it has none.
    int shades() const { return shades_; }

    void clear();
    /// Text (UTF-8), cut off at the edge. @return the column after it
    int put(int row, int column, std::string_view text, Style style = Style::normal);
    /// The upper and the lower half of a cell in shades from 0 to shades() - 1.
    void cell(int row, int column, int upper, int lower);
    void show();

    enum Key : int { none = -1, up = 0x110000, down, left, right, enter, escape, backspace, resize };
    /// The next key, a character or one of those above; waits for wait_ms at most.
    int key(int wait_ms);

 private:
    struct Screen;
    void make_colours();
    int attributes(Style style) const;

    std::unique_ptr<std::FILE, int (*)(std::FILE*)> device_;
    std::unique_ptr<Screen> screen_;
    bool unicode_ = false;
    bool coloured_ = false;
    int shades_ = 0;
};

/// Puts the terminal back, from a signal handler too. Does nothing if no Terminal is there.
void restore_terminal() noexcept;

}  // namespace earshot::view
