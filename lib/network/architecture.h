#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace earshot {
struct Setting;
}

namespace earshot::network {

class Graph;

// What can be chosen of a network, and how model.json has it.

/// How the input layer compresses magnitudes, whose range is far too wide for a dense layer.
///   none   x
///   sqrt   sqrt(max(x, 0))
///   log    ln(max(x, 0) + floor): differences become ratios; `floor` is what counts as silence
struct Compression {
    std::string kind = "log";
    double floor = 1e-5;  // in units of the frames; the spectrum front end gives 1 for a full-scale sine
};

/// What logarithms are of.
enum class LogOf { power, magnitude };

/// Adds to the power in each band of each frame a fraction of the band's mean over the window, as steady
/// noise would: recordings differ in how quiet they are between sounds, and logarithms exaggerate that.
struct Range {
    double db = 0;                // how far that lies below the mean; 0 adds nothing
    LogOf values = LogOf::power;  // as they are once compressed
};

/// What becomes of a window of K frames of D bands before the layers that learn: compression; then its range;
/// then differences from frame to frame as further planes; then means over stretches of time, and deviations;
/// then standardisation.
struct InputOptions {
    Compression compression;
    int deltas = 0;         // 1 adds the first differences, 2 those of these too
    std::int64_t pool = 0;  // steps of time that remain; 0 leaves all K frames
    /// data     each band by its mean and deviation over the training data
    /// window   each band by its mean and deviation over the window's steps: loudness and channel go, and so
    ///          does how much a band varies
    /// mean     each band by its mean over the window's steps, and all together by one deviation: loudness
    /// and
    ///          channel go
    /// none     not at all: for networks whose first layer is followed by a normalisation
    std::string standardise = "data";
    bool deviation =
        false;  // a plane more: how far the frames of each step of `pool` deviate from their mean
    Range range{};
};

/// Planes of features that networks see: means over stretches of time, differences, and deviations.
inline std::int64_t feature_planes(std::int64_t deltas, bool deviation) {
    return 1 + deltas + (deviation ? 1 : 0);
}

/// What the outputs of a network mean.
struct AnswerOptions {
    /// softmax  one of the labels, and no other: an output a label
    /// sigmoid  any of them, each for itself: an output for each label but the background, whose probability
    /// is
    ///          what the likeliest other one leaves of 1
    /// likeness how much a window is like those of each label: an output a label, which learn as for softmax
    /// but are
    ///          no shares of 1, so that all may be low; where there is a background, how much more like those
    ///          than like it, and the background is what the likeliest leaves of 1
    std::string kind = "softmax";
    std::int64_t classes = 2;
    std::int64_t background = -1;  // index of that label; -1 if none
};

constexpr double kLeastPenalty = 1e-6, kMostPenalty = 1e9;

struct NetworkOptions {
    /// mlp        dense layers, by default K·D -> 2 K·D -> 0.75 K·D -> outputs
    /// dnn        layer normalisation, then dense layers, by default of 512 and 256 units
    /// lda        no layer but the last, and that by linear discriminant analysis
    /// linear     no layer but the last, over the mean and the maximum of each band, or over what the input
    ///            has instead; fitted to the least penalised loss (logistic_regression.h)
    /// neighbours the same features, and the cosines between them and those of each example; the answer is
    ///            likeness, the mean of the largest cosines of each label
    /// cnn        convolutions over time and bands, halving both each time, and the maximum over time
    /// separable  as cnn, but each convolution in two: over time and bands, then over channels
    /// attention  convolutions over time, which shorten it (32 times by default), self-attention over what
    ///            remains, the mean over time, and dense layers
    /// tcn        an answer every two frames: convolutions over time and bands, then over time alone, each of
    ///            which sees further; none pads time, so that a window's first and last frames are context
    /// ears       earshot's own ears (network/ears.h), and a dense layer over the vectors' mean and maximum
    /// ears-events  the same, an answer for each vector: layers as those of temporal
    /// temporal   an answer for each frame: as tcn, but with a dense layer for the convolutions over bands
    std::string kind = "mlp";
    // Sizes of layers; as the kind has them where they are not given.
    std::optional<std::vector<std::int64_t>> channels;   // of each convolution
    std::optional<std::vector<std::int64_t>> strides;    // of each convolution over time
    std::optional<std::int64_t> heads;                   // of self-attention
    std::optional<std::vector<std::int64_t>> dilations;  // of each convolution of tcn over time alone
    std::optional<std::int64_t> units;                   // of the dense layer of cnn and separable over bands
    std::optional<std::vector<std::int64_t>> hidden;     // units of each dense layer but the last
    std::int64_t frames = 1;                             // K
    std::int64_t inputs = 1;                             // D
    InputOptions input;
    AnswerOptions answer;
    bool layer_norm = false;  // before the dense layers of mlp: so it is for dnn
    double dropout = 0;       // fraction of hidden units dropped in training, [0, 1)
    /// dense  the last layer learns with the others
    /// lda    it is fitted by linear discriminant analysis afterwards; the answer is then likeness
    ///        (linear fits it too, without that)
    std::string head = "dense";
    std::optional<double> shrinkage;      // of its covariance, [0, 1]; estimated if not given
    std::optional<double> penalty;        // of linear, [kLeastPenalty, kMostPenalty]; chosen if not given
    std::optional<std::int64_t> nearest;  // examples of a label that count, for neighbours
    std::vector<std::int64_t> examples;   // of each label, that neighbours remembers; from the training data
    /// Fractions by which windows are also scored slower and faster, and lower and higher, after training. Of
    /// likeness without a background the highest logit of each label counts, else the mean.
    double paces = 0, pitches = 0;
};

std::vector<Setting> input_settings(InputOptions& options);
/// All but the input.
std::vector<Setting> network_settings(NetworkOptions& options);

/// The network as model.json has it, from which it is built. earshot-formats(5), MODELS.
/// @throws UsageError for settings that do not go together
nlohmann::ordered_json describe_network(const NetworkOptions& options);

// The way back. It comes from untrusted files.

/// All that an architecture says.
/// @throws Error `architecture: "inputs" is 0, should be a whole number from 1 to 1048576`
NetworkOptions read_network(const nlohmann::ordered_json& architecture);

/// How many numbers a network answers with for a window: one for each class, but none for the background of
/// independent outputs.
std::int64_t outputs_of(const AnswerOptions& answer);

/// What an answer of several steps a window needs of its frames; zeros where there is one answer a window.
struct StepLayout {
    std::int64_t step_frames = 0;     // of one step
    std::int64_t context_frames = 0;  // that a window has before its first step, and after its last
};
/// Depends on the layers alone, not on the frames.
StepLayout step_layout(NetworkOptions options);

/// The network that an architecture describes, as a graph. @throws Error as read_network, or if sizes don't
/// fit
Graph make_graph(const nlohmann::ordered_json& architecture);

}  // namespace earshot::network
