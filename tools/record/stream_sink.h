#pragma once

#include <memory>
#include <vector>

#include "record/sound_file.h"
#include "support/console.h"
#include "support/output.h"
#include "tools/record/sink.h"

namespace earshot::tools {

/// One recording. What was lost is filled with silence, up to a minute at once, so that all later sound keeps
/// its place; longer gaps and pauses are left out. Both are said.
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

/// A file that bears a hidden name with .part until it is complete; what a crash left under it is made a
/// recording of its own first.
class FileSink : public StreamSink {
 public:
    FileSink(const std::string& path, audio::AudioFormat format, const record::SoundCoding& coding,
             Console& console);
    void close() override;

 private:
    void write(std::span<const float> samples) override;
    const std::string path_, part_;
    std::unique_ptr<record::SoundFile> file_;
};

/// Standard output: a WAV of unknown length, or its samples alone.
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

/// Where FileSink recovers to: PATH, if nobody has it, else a name beside.
std::string part_of(const std::string& path);

}  // namespace earshot::tools
