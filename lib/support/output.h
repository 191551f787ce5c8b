#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace earshot {

/// A buffered sink of bytes that reports every failure.
/// Data is written only once close() has returned. The destructor ignores errors; without a close() before
/// it, a file is discarded.
class Output {
 public:
    virtual ~Output() = default;
    Output() = default;
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;

    /// @throws WriteError (disk full, ...), BrokenPipe when the reader has closed the pipe
    virtual void write(std::string_view bytes) = 0;
    virtual void flush() = 0;
    virtual void close() = 0;
    /// True if each line should be flushed because somebody is watching.
    virtual bool is_terminal() const { return false; }
};

/// Collects the output in memory.
class StringOutput : public Output {
 public:
    void write(std::string_view bytes) override { text_ += bytes; }
    void flush() override {}
    void close() override {}
    const std::string& text() const { return text_; }

 private:
    std::string text_;
};

/// An open descriptor, such as standard output. close() flushes, and does not close descriptor 1.
class DescriptorOutput : public Output {
 public:
    /// @param name  for messages: "standard output"
    DescriptorOutput(int descriptor, std::string name, bool owned = false);
    ~DescriptorOutput() override;
    void write(std::string_view bytes) override;
    void flush() override;
    void close() override;
    bool is_terminal() const override;

 private:
    void write_all(std::string_view bytes);
    int descriptor_;
    std::string name_;
    bool owned_;
    std::vector<char> buffer_;
};

/// A file that appears whole or not at all: written under a temporary name beside the final one, then
/// synced to disk and renamed by close(). If destroyed before close(), it leaves no file behind.
class AtomicFile : public Output {
 public:
    explicit AtomicFile(std::string path);
    ~AtomicFile() override;
    void write(std::string_view bytes) override;
    void flush() override;
    void close() override;
    /// Where the data is until close(), for libraries that open files by name.
    const std::string& temporary_path() const { return temporary_; }

 private:
    std::string path_;
    std::string temporary_;
    std::unique_ptr<DescriptorOutput> file_;
};

/// `-` is standard output; anything else becomes an AtomicFile.
std::unique_ptr<Output> open_output(const std::string& path);

/// Reads a whole file, such as configuration, labels or JSON. `-` is standard input.
/// @throws Error if it cannot be read or exceeds max_bytes
std::string read_text(const std::string& path, std::size_t max_bytes = std::size_t{1} << 30);

/// Writes a file in one go through AtomicFile (or standard output for `-`).
void write_text(const std::string& path, std::string_view text);

}  // namespace earshot
