#pragma once

#include <string_view>

namespace earshot::view {

enum class Style { normal, dim, bold, good, warning, bad, accent, reverse };

/// A grid of cells to draw on, and keys: a terminal, or a test's own.
class Screen {
 public:
    virtual ~Screen() = default;

    virtual int rows() const = 0;
    virtual int columns() const = 0;
    /// Whether it has glyphs beyond ASCII.
    virtual bool unicode() const = 0;
    /// Shades of heat that cell() has, 0 if it has none.
    virtual int shades() const = 0;

    virtual void clear() = 0;
    /// Text (UTF-8), cut off at the edge. @return the column after it
    virtual int put(int row, int column, std::string_view text, Style style = Style::normal) = 0;
    /// The upper and the lower half of a cell in shades from 0 to shades() - 1.
    virtual void cell(int row, int column, int upper, int lower) = 0;
    /// What was drawn since clear() becomes visible.
    virtual void show() = 0;

    enum Key : int { none = -1, up = 0x110000, down, left, right, enter, escape, backspace, resize };
    /// The next key, a character or one of those above; waits for wait_ms at most.
    virtual int key(int wait_ms) = 0;
};

}  // namespace earshot::view
