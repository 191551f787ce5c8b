#pragma once

#include <memory>
#include <vector>

#include "record/sound_file.h"
#include "support/console.h"
#include "support/output.h"
#include "tools/record/sink.h"

namespace earshot::tools {

/// One continuous recording. Gaps of up to a minute are filled with silence, so that later sound keeps its
/// place; longer gaps and pauses are left out. Both are reported.
class StreamSink : public Sink {
 public:
    StreamSink(audio::AudioFormat format, Console& console) : format_(format), console_(console) {}
    void push(const capture::BlockTime& time, std::span<const float> samples) override;
    void idle() override {}
    std::string summary() const override;

 protected:
    virtual void write(std::span<const float> samples) = 0;
    const audio::AudioFormat format_;

 private:
    void fill(const capture::Gap& gap, UtcTime until);
    Console& console_;
    std::int64_t frames_ = 0;
};

/// A file with a hidden name that ends with .part until it is complete. If a crash left such a file, that
/// becomes a recording of its own first.
class FileSink : public StreamSink {
 public:
    FileSink(const std::string& path, audio::AudioFormat format, const record::SoundCoding& coding,
             Console& console);
    void close() override;

 private:
    void write(std::span<const float> samples) override;
    [[noreturn]] void keep_what_fits(const record::NoSpace& error);
    void rename_part(const std::string& path);
    const std::string path_, part_;
    std::unique_ptr<record::SoundFile> file_;
};

/// Standard output: a WAV of unknown length, or headerless samples.
class PipeSink : public StreamSink {
 public:
    PipeSink(Output& out, audio::AudioFormat format, const record::SoundCoding& coding, Console& console);
    void close() override { out_.flush(); }

 private:
    void write(std::span<const float> samples) override;
    Output& out_;
    const audio::SampleEncoding encoding_;
    std::vector<char> bytes_;
};

}  // namespace earshot::tools
