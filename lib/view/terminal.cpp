#include "view/terminal.h"

#define NCURSES_NOMACROS  // clear() and the like
#include <curses.h>
#include <fcntl.h>
#include <langinfo.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <clocale>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>

#include "support/error.h"
#include "support/utf8.h"

// What <term.h> defines as macros.
#undef columns
#undef lines

namespace earshot::view {
namespace {

constexpr const char* kDevice = "/dev/tty";
constexpr std::array kFatal{SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGQUIT};

/// From black over violet and red to yellow: the shades of heat, in the colours of xterm-256.
constexpr std::array<short, 12> kHeat{16, 17, 18, 54, 90, 126, 161, 197, 203, 209, 215, 227};
constexpr short kFirstShadePair = 16;

// What a signal handler needs to restore the terminal, prepared when it is opened.
struct Restoration {
    std::atomic<int> descriptor = -1;
    termios mode{};
    std::array<char, 256> bytes{};
    std::size_t size = 0;
    std::array<struct sigaction, kFatal.size()> handlers{};
};
Restoration restoration;

/// The string of a capability, without delay markers.
std::string capability(const char* name) {
    const char* text = ::tigetstr(const_cast<char*>(name));
    if (text == nullptr || text == reinterpret_cast<char*>(-1)) return {};
    std::string plain(text);
    for (auto open = plain.find("$<"); open != std::string::npos; open = plain.find("$<"))
        plain.erase(open, plain.find('>', open) - open + 1);
    return plain;
}

extern "C" void restore_and_die(int number) {
    restore_terminal();
    std::signal(number, SIG_DFL);
    std::raise(number);
}

void prepare_restoration(int descriptor) {
    std::string bytes = capability("rmkx") + capability("sgr0") + capability("op") + capability("cnorm");
    bytes += capability("rmcup");
    restoration.size = std::min(bytes.size(), restoration.bytes.size());
    std::memcpy(restoration.bytes.data(), bytes.data(), restoration.size);
    restoration.descriptor = descriptor;
    for (std::size_t i = 0; i < kFatal.size(); ++i) {
        struct sigaction action {};
        action.sa_handler = restore_and_die;
        ::sigaction(kFatal[i], &action, &restoration.handlers[i]);
    }
}

void forget_restoration() {
    restoration.descriptor = -1;
    for (std::size_t i = 0; i < kFatal.size(); ++i) ::sigaction(kFatal[i], &restoration.handlers[i], nullptr);
}

}  // namespace

void restore_terminal() noexcept {
    const int descriptor = restoration.descriptor.exchange(-1);
    if (descriptor < 0) return;
    if (::write(descriptor, restoration.bytes.data(), restoration.size) < 0) return;
    ::tcsetattr(descriptor, TCSANOW, &restoration.mode);
}

struct Terminal::Curses {
    SCREEN* screen = nullptr;
    ~Curses() {
        ::endwin();
        ::delscreen(screen);
    }
};

bool Terminal::available() {
    const char* type = std::getenv("TERM");
    if (!type || !*type || std::strcmp(type, "dumb") == 0) return false;
    const int descriptor = ::open(kDevice, O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (descriptor < 0) return false;
    ::close(descriptor);
    int status = 0;
    return ::setupterm(nullptr, STDERR_FILENO, &status) == OK && capability("cup").size() > 0;
}

Terminal::Terminal() : device_(std::fopen(kDevice, "r+e"), &std::fclose) {
    if (!device_ || ::tcgetattr(::fileno(device_.get()), &restoration.mode) != 0)
        throw system_error("cannot open the terminal");
    std::setlocale(LC_CTYPE, "");
    unicode_ = std::strcmp(::nl_langinfo(CODESET), "UTF-8") == 0;
    ::setenv("ESCDELAY", "25", 0);  // ms until an escape is the key rather than the beginning of another
    SCREEN* const screen = ::newterm(nullptr, device_.get(), device_.get());
    if (!screen) throw Error("cannot draw on this terminal (try --view never)");
    curses_ = std::make_unique<Curses>();
    curses_->screen = screen;
    prepare_restoration(::fileno(device_.get()));
    ::cbreak();
    ::noecho();
    ::nonl();
    ::keypad(stdscr, TRUE);
    ::curs_set(0);
    make_colours();
}

Terminal::~Terminal() {
    curses_.reset();
    forget_restoration();
}

void Terminal::make_colours() {
    const char* refused = std::getenv("NO_COLOR");
    if ((refused && *refused) || !::has_colors() || ::start_color() != OK) return;
    coloured_ = true;
    ::use_default_colors();
    const std::array<std::pair<Style, short>, 4> pens{{{Style::good, COLOR_GREEN},
                                                       {Style::warning, COLOR_YELLOW},
                                                       {Style::bad, COLOR_RED},
                                                       {Style::accent, COLOR_CYAN}}};
    for (const auto& [style, colour] : pens) ::init_pair(static_cast<short>(style) + 1, colour, -1);
    const int count = static_cast<int>(kHeat.size());
    if (!unicode_ || COLORS < 256 || COLOR_PAIRS < kFirstShadePair + count * count) return;
    for (int upper = 0; upper < count; ++upper) {
        for (int lower = 0; lower < count; ++lower) {
            ::init_pair(static_cast<short>(kFirstShadePair + upper * count + lower),
                        kHeat[static_cast<std::size_t>(upper)], kHeat[static_cast<std::size_t>(lower)]);
        }
    }
    shades_ = count;
}

int Terminal::rows() const { return getmaxy(stdscr); }
int Terminal::columns() const { return getmaxx(stdscr); }

void Terminal::clear() { ::erase(); }

int Terminal::attributes(Style style) const {
    switch (style) {
        case Style::normal:
            return static_cast<int>(A_NORMAL);
        case Style::dim:
            return static_cast<int>(A_DIM);
        case Style::bold:
            return static_cast<int>(A_BOLD);
        case Style::reverse:
            return static_cast<int>(A_REVERSE);
        case Style::bad:
            return static_cast<int>(coloured_ ? A_BOLD | COLOR_PAIR(static_cast<int>(style) + 1) : A_REVERSE);
        case Style::good:
        case Style::warning:
        case Style::accent:
            return static_cast<int>(coloured_ ? COLOR_PAIR(static_cast<int>(style) + 1) : A_BOLD);
    }
    return 0;
}

int Terminal::put(int row, int column, std::string_view text, Style style) {
    if (row < 0 || row >= rows() || column < 0 || column >= columns()) return column;
    std::u32string glyphs = utf32_from_utf8(text);
    glyphs.resize(std::min(glyphs.size(), static_cast<std::size_t>(columns() - column)));
    for (char32_t& glyph : glyphs)
        if (glyph < U' ' || glyph == 0x7f || (!unicode_ && glyph > 0x7f)) glyph = U'?';
    const auto pen = attributes(style);
    ::attron(pen);
    ::mvaddstr(row, column, utf8_from_utf32(glyphs).c_str());
    ::attroff(pen);
    return column + static_cast<int>(glyphs.size());
}

void Terminal::cell(int row, int column, int upper, int lower) {
    const auto pair = COLOR_PAIR(kFirstShadePair + upper * shades_ + lower);
    ::attron(pair);
    ::mvaddstr(row, column, "▀");
    ::attroff(pair);
}

void Terminal::show() { ::refresh(); }

int Terminal::key(int wait_ms) {
    ::timeout(wait_ms);
    const int code = ::getch();
    switch (code) {
        case ERR:
            return none;
        case KEY_UP:
            return up;
        case KEY_DOWN:
            return down;
        case KEY_LEFT:
            return left;
        case KEY_RIGHT:
            return right;
        case KEY_ENTER:
        case '\r':
        case '\n':
            return enter;
        case 27:
            return escape;
        case KEY_BACKSPACE:
        case 127:
        case '\b':
            return backspace;
        case KEY_RESIZE:
            return resize;
        default:
            return code < 256 ? code : none;
    }
}

}  // namespace earshot::view
