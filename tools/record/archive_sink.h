#pragma once

#include <string>

#include "record/recorder.h"
#include "support/console.h"
#include "tools/record/sink.h"

namespace earshot::tools {

/// An archive of segments.
class ArchiveSink : public Sink {
 public:
    /// @param archive  which must outlive this
    ArchiveSink(record::Archive& archive, const record::RecorderOptions& options, audio::AudioFormat format,
                Console& console)
        : archive_(archive), recorder_(options, format, archive, [&console](const std::string& text) {
              console.warning(text);
          }) {}

    void push(const capture::BlockTime& time, std::span<const float> samples) override {
        recorder_.push(time, samples);
    }
    void idle() override { recorder_.cut(); }
    void tick() override;
    void close() override { recorder_.cut(); }
    std::string summary() const override;
    const record::RecorderStatistics& statistics() const { return recorder_.statistics(); }

 private:
    record::Archive& archive_;
    record::Recorder recorder_;
};

}  // namespace earshot::tools
