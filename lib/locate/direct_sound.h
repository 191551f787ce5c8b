#pragma once

#include <Eigen/Core>
#include <vector>

#include "locate/mic_spectra.h"

namespace earshot::locate {

/// The fraction of each bin that is direct sound, as opposed to noise or reverberation.
///
///     weight = max(0, 1 - (noise + reverberation) / power)
///
/// noise: the minimum of the smoothed power over about two seconds, scaled to its mean (minimum statistics:
/// Martin, IEEE Trans. Speech and Audio Processing 9 (2001) 504-512). reverberation: what earlier power has
/// decayed to in a room of RT60 0.4 s, from 32 ms on (Lebart, Boucher and Denbigh, Acta Acustica 87 (2001)
/// 359-366). Both are overestimated on purpose: losing a bin costs little, but a reflection points in the
/// wrong direction. What remains is mostly onsets, as in the precedence effect of hearing.
///
/// For one array, frame by frame. All buffers are allocated by the constructor.
class DirectSound {
 public:
    explicit DirectSound(const FrameGrid& grid);

    /// @param power  |X|² of each bin, mean over the array's microphones
    /// @return  weight of each bin, 0 to 1; holds until the next call
    const Eigen::ArrayXf& weigh(const Eigen::ArrayXf& power);

 private:
    void follow_noise(const Eigen::ArrayXf& power);

    float decay_;  // of the power of reverberation, per frame
    int frames_a_minimum_;
    int frames_ = 0;                      // processed so far
    Eigen::ArrayXf smoothed_, minimum_;   // the minimum of the current part of the two seconds
    std::vector<Eigen::ArrayXf> minima_;  // of the earlier parts
    Eigen::ArrayXf noise_floor_;          // their minimum
    Eigen::ArrayXf noise_, reverberation_, weight_;
    std::vector<Eigen::ArrayXf> past_;  // power of the last frames
};

}  // namespace earshot::locate
