#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "evaluate/judge.h"
#include "model/model_file.h"

namespace earshot::evaluate {

/// Counts what a model would wrongly report of each label where there is nothing to detect: in windows whose
/// truth is the background or `unknown`. Neighbouring windows that reach the label's threshold are one false
/// alarm.
class FalseAlarmTally {
 public:
    /// @param hop_s  time from one window to the next
    FalseAlarmTally(const model::ModelFile& model, double hop_s);

    void add(const JudgedRecording& recording);

    /// Background so far.
    double hours() const { return static_cast<double>(windows_) * hop_s_ / 3600; }
    /// NaN without background.
    double per_hour(std::size_t label) const { return static_cast<double>(alarms_[label]) / hours(); }
    /// Whether this label can be a false alarm: it is neither the background nor `unknown`.
    bool counts(std::size_t label) const { return tag_[label]; }

 private:
    double hop_s_;
    std::vector<double> thresholds_;
    std::vector<bool> tag_;
    std::uint64_t windows_ = 0;
    std::vector<std::uint64_t> alarms_;
};

}  // namespace earshot::evaluate
