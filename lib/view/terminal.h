#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "view/screen.h"

namespace earshot::view {

/// The controlling terminal, whatever standard input and output are: ncurses, for one thread. It is restored
/// by the destructor, and by a signal handler if a fault (SIGSEGV, SIGABRT and the like) or SIGQUIT kills the
/// process.
///
/// Uses no colours if NO_COLOR is set or the terminal has none, and only ASCII if the encoding of the locale
/// is not UTF-8.
class Terminal : public Screen {
 public:
    /// True if there is a terminal to draw on.
    static bool available();

    /// @throws Error if there is none
    Terminal();
    ~Terminal() override;
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;

    int rows() const override;
    int columns() const override;
    bool unicode() const override { return unicode_; }
    int shades() const override { return shades_; }
    void clear() override;
    int put(int row, int column, std::string_view text, Style style = Style::normal) override;
    void cell(int row, int column, int upper, int lower) override;
    void show() override;
    int key(int wait_ms) override;

 private:
    struct Curses;
    void make_colours();
    int attributes(Style style) const;

    std::unique_ptr<std::FILE, int (*)(std::FILE*)> device_;
    std::unique_ptr<Curses> curses_;
    bool unicode_ = false;
    bool coloured_ = false;
    int shades_ = 0;
};

/// Restores the terminal. Async-signal-safe; does nothing if there is no Terminal.
void restore_terminal() noexcept;

}  // namespace earshot::view
