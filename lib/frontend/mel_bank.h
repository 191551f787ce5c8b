#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace earshot::frontend {

/// Two scales of pitch. Slaney's (Auditory Toolbox, 1998): linear up to 1 kHz, 3 mel for 200 Hz, then
/// logarithmic, 27 mel for a factor of 6.4. HTK's: mel(f) = 2595 log10(1 + f / 700) (O'Shaughnessy, Speech
/// Communication, 1987, p. 150). htk_mel is HTK's, with flanks that are straight in mel rather than in hertz,
/// as TensorFlow's linear_to_mel_weight_matrix makes them.
enum class MelScale { slaney, htk, htk_mel };
double mel_from_hz(double hz, MelScale scale);
double hz_from_mel(double mel, MelScale scale);

/// Triangular filters over the one-sided spectrum of a real signal, equally spaced in mel. With bands + 2
/// frequencies f_0 = low_hz ... f_(bands+1) = high_hz at equal distances in mel, band b rises in hertz from 0
/// at f_b to 1 at f_(b+1) and falls to 0 at f_(b+2); in mel with the scale htk_mel, where bin 0 counts
/// nothing.
class MelBank {
 public:
    struct Settings {
        double low_hz, high_hz;  // 0 <= low_hz < high_hz <= rate_hz / 2
        std::size_t bands;       // at least 1
        MelScale scale;
        bool area_normalised;  // each band times 2 / (f_(b+2) - f_b), so that all have the same area (Slaney)
    };

    /// @param fft_size  samples; the spectrum has fft_size / 2 + 1 bins, bin k being k · rate_hz / fft_size
    /// @throws Error if a band falls between two bins and would always be empty
    MelBank(std::size_t fft_size, double rate_hz, const Settings& settings);

    std::size_t size() const { return bands_.size(); }

    /// What a band takes of the spectrum: weights for the bins from `first` on.
    struct Band {
        std::size_t first;
        std::span<const float> weights;
    };
    Band band(std::size_t b) const {
        return {bands_[b].first, std::span(weights_).subspan(bands_[b].begin, bands_[b].count)};
    }

    /// @param spectrum  fft_size / 2 + 1 values
    /// @param values    size() values
    void apply(std::span<const float> spectrum, std::span<float> values) const;

 private:
    struct Place {
        std::size_t first, begin, count;
    };
    std::vector<Place> bands_;
    std::vector<float> weights_;  // of all bands, one after the other: neighbours share half of their bins
};

}  // namespace earshot::frontend
