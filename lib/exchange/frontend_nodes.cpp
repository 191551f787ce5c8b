#include "exchange/frontend_nodes.h"

#include <cmath>
#include <limits>
#include <numbers>

#include "exchange/network_nodes.h"
#include "exchange/transform_nodes.h"
#include "frontend/embedding.h"
#include "frontend/frontend.h"
#include "frontend/linear_bands.h"
#include "frontend/mel_bank.h"
#include "frontend/mel_frontend.h"
#include "frontend/mfcc.h"
#include "frontend/zero_phase_filter.h"
#include "support/error.h"

namespace earshot::exchange {
namespace {

using Json = nlohmann::ordered_json;
using Type = ::onnx::TensorProto;

/// Frames [T, window] of samples, one every hop, as many as fit.
Value framed(OnnxBuilder& b, const Value& samples, std::int64_t window, std::int64_t hop) {
    const Value end = b.subtract(b.size(samples, 0), b.whole_scalar(window - 1));
    const Value starts = b.range(b.whole_scalar(0), end, b.whole_scalar(hop));
    std::vector<std::int64_t> offsets;
    for (std::int64_t n = 0; n < window; ++n) offsets.push_back(n);
    return b.gather(samples, b.add(b.unsqueeze(starts, 1), b.whole(offsets)), 0);
}

/// Chunks [T, length], one after the other.
Value chunks(OnnxBuilder& b, const Value& samples, std::int64_t length) {
    const Value size = b.whole_scalar(length);
    const Value used = b.multiply(b.divide(b.size(samples, 0), size), size);
    const Value whole = b.node("Slice", {samples, b.whole({0}), b.unsqueeze(used, 0)});
    return b.reshape(whole, {-1, length});
}

Value log_of(OnnxBuilder& b, const Value& x, double floor) {
    return b.node("Log", {b.add(x, b.scalar(floor))});
}

/// Those that all mel front ends have. @param json  as a front end gave it, so checked
frontend::MelSettings mel_settings(const Json& json) {
    frontend::MelSettings settings;
    read_settings(json, frontend::mel_settings(settings, {}), "front end");
    settings.complete();
    return settings;
}

Value mel_bands(OnnxBuilder& b, const frontend::MelSettings& s, Value samples) {
    if (s.centred) {
        const auto lead = static_cast<std::int64_t>(s.lead()), window = static_cast<std::int64_t>(s.window);
        samples =
            b.node("Pad", {samples, b.whole({lead, window - lead})}, {{"mode", std::string("reflect")}});
    }
    std::vector<double> window(s.window);
    for (std::size_t n = 0; n < window.size(); ++n) {
        const double turn = static_cast<double>(n) / static_cast<double>(window.size());
        window[n] = 0.5 - 0.5 * std::cos(2 * std::numbers::pi * turn);
    }
    const Value frames =
        framed(b, samples, static_cast<std::int64_t>(s.window), static_cast<std::int64_t>(s.hop));
    auto [power, columns] = power_spectra(b, frames, window, static_cast<std::int64_t>(s.fft_size));
    if (s.power == 1) power = b.node("Sqrt", {power});
    const frontend::MelBank bank(s.fft_size, s.rate_hz, s.bank);
    std::vector<float> matrix(static_cast<std::size_t>(columns) * bank.size());
    for (std::size_t band = 0; band < bank.size(); ++band) {
        const auto [first, weights] = bank.band(band);
        for (std::size_t i = 0; i < weights.size(); ++i)
            matrix[(first + i) * bank.size() + band] = weights[i];
    }
    return b.product(power, b.constant(matrix, {columns, static_cast<std::int64_t>(bank.size())}));
}

Value logmel(OnnxBuilder& b, const Json& json, const Value& samples) {
    return log_of(b, mel_bands(b, mel_settings(json), samples), json.at("floor"));
}

Value mfcc(OnnxBuilder& b, const Json& json, const Value& samples) {
    const auto s = mel_settings(json);
    const auto coefficients = json.at("coefficients").get<std::size_t>();
    const auto cosines = frontend::mfcc_matrix(s.bank.bands, coefficients);
    const Shape shape{static_cast<std::int64_t>(s.bank.bands), static_cast<std::int64_t>(coefficients)};
    return b.product(log_of(b, mel_bands(b, s, samples), json.at("floor")), b.constant(cosines, shape));
}

Value pcen(OnnxBuilder& b, const Json& json, const Value& samples) {
    const auto s = mel_settings(json);
    const auto number = [&](const char* key) { return json.at(key).get<double>(); };
    const Value bands = mel_bands(b, s, samples);
    const double hop_s = static_cast<double>(s.hop) / s.rate_hz, bias = number("bias"), root = number("root");
    const Value smooth = b.smoothed(bands, -std::expm1(-hop_s / number("time_s")));
    const Value gain = b.node("Pow", {b.add(smooth, b.scalar(number("floor"))), b.scalar(-number("gain"))});
    const Value compressed = b.node("Pow", {b.add(b.multiply(bands, gain), b.scalar(bias)), b.scalar(root)});
    return b.subtract(compressed, b.scalar(std::pow(bias, root)));
}

Value spectrum(OnnxBuilder& b, const Json& json, const Value& samples) {
    const auto number = [&](const char* key) { return json.at(key).get<double>(); };
    const auto size = static_cast<std::int64_t>(std::llround(number("duration_s") * number("rate_hz")));
    const std::vector<double> even(static_cast<std::size_t>(size), 1);
    const auto [power, columns] = power_spectra(b, chunks(b, samples, size), even, size);
    const frontend::LinearBands bands(static_cast<std::size_t>(size), number("rate_hz"), number("low_hz"),
                                      number("high_hz"), json.at("bins").get<std::size_t>());
    // A matrix would be nearly empty: each band takes its bins, all as many as the widest one has.
    std::size_t width = 0;
    for (std::size_t i = 0; i < bands.size(); ++i) width = std::max(width, bands.band(i).weights.size());
    std::vector<std::int64_t> bins(bands.size() * width);
    std::vector<float> weights(bins.size());
    for (std::size_t i = 0; i < bands.size(); ++i) {
        const auto band = bands.band(i);
        for (std::size_t j = 0; j < band.weights.size(); ++j) {
            bins[i * width + j] = static_cast<std::int64_t>(band.first + j);
            weights[i * width + j] = static_cast<float>(band.weights[j]);
        }
    }
    const Shape shape{static_cast<std::int64_t>(bands.size()), static_cast<std::int64_t>(width)};
    const Value parts = b.multiply(b.gather(power, b.whole(bins, shape), 1), b.constant(weights, shape));
    return b.multiply(b.node("Sqrt", {b.sum(parts, {2}, false)}), b.scalar(bands.scale()));
}

Value waveform(OnnxBuilder& b, const Json& json, const Value& samples) {
    const auto number = [&](const char* key) { return json.at(key).get<double>(); };
    const auto in_samples = [&](const char* key) {
        return static_cast<std::int64_t>(std::llround(number(key) * number("rate_hz")));
    };
    const std::int64_t window = in_samples("window_s");
    Value frames = framed(b, samples, window, in_samples("hop_s"));
    if (const int order = json.at("order").get<int>(); order > 0) {
        const frontend::ZeroPhaseFilter filter(order, number("low_hz"), number("high_hz"), number("rate_hz"));
        frames = b.cast(zero_phase(b, b.cast(frames, Type::DOUBLE), window, filter), Type::FLOAT);
    }
    frames = b.subtract(frames, b.mean(frames, {1}));
    if (json.at("level") == "kept") return b.multiply(frames, b.scalar(std::pow(10, number("gain_db") / 20)));
    const Value peak = b.maximum(b.node("Abs", {frames}), {1});
    const Value silent = b.node("Equal", {peak, b.scalar(0)});
    return b.divide(frames, b.node("Where", {silent, b.scalar(1), peak}));
}

}  // namespace

Value add_frontend(OnnxBuilder& onnx, const Json& settings, const Value& samples) {
    // What the settings say is checked there, and all of it is present.
    const Json checked = frontend::make_frontend(settings)->settings();
    const std::string kind = checked.at("kind");
    if (kind == "spectrum") return spectrum(onnx, checked, samples);
    if (kind == "logmel") return logmel(onnx, checked, samples);
    if (kind == "pcen") return pcen(onnx, checked, samples);
    if (kind == "mfcc") return mfcc(onnx, checked, samples);
    if (kind == "waveform") return waveform(onnx, checked, samples);
    throw Error("the front end " + kind + " cannot be exported (leave it out with --frames)");
}

Value add_embedding(OnnxBuilder& onnx, const frontend::PretrainedFile& pretrained,
                    network::Precision precision, const Value& samples) {
    const Json& settings = pretrained.settings;
    const auto shape = frontend::embedding_shape(settings);
    const int rate_hz = frontend::make_frontend(settings)->rate_hz();
    const std::int64_t pad = std::llround(settings.at("pad_s").get<double>() * rate_hz);
    const Value padded = onnx.node("Pad", {samples, onnx.whole({pad, pad})});
    const Value frames = add_frontend(onnx, settings.at("input"), padded);
    const Value windows = framed(onnx, frames, shape.frames, shape.hop);
    const Value vectors =
        add_network(onnx, pretrained.graph, pretrained.weights, precision, windows, "pretrained.");
    return onnx.reshape(vectors, {-1, shape.dimension});
}

namespace {

/// Windows around the frames that they decide; the outermost frames stand for what comes before and after.
Value windows_with_context(OnnxBuilder& b, const Value& frames, const windows::Windowing& windowing) {
    const Value rows = b.size(frames, 0);
    const Value starts = b.range(b.whole_scalar(0), rows, b.whole_scalar(windowing.hop));
    std::vector<std::int64_t> offsets;
    for (std::int64_t i = 0; i < windowing.frames; ++i) offsets.push_back(i - windowing.context());
    const Value places = b.add(b.unsqueeze(starts, 1), b.whole(offsets));
    const Value last = b.subtract(rows, b.whole_scalar(1));
    return b.gather(frames, b.node("Max", {b.node("Min", {places, last}), b.whole_scalar(0)}), 0);
}

}  // namespace

Value add_windows(OnnxBuilder& onnx, const Value& frames, const windows::Windowing& windowing) {
    if (windowing.frames == 1 && windowing.hop == 1) return onnx.unsqueeze(frames, 1);
    if (windowing.has_context()) return windows_with_context(onnx, frames, windowing);
    const Value count = onnx.whole_scalar(windowing.frames), step = onnx.whole_scalar(windowing.hop);
    const Value missing =
        onnx.node("Max", {onnx.subtract(count, onnx.size(frames, 0)), onnx.whole_scalar(0)});
    const Value filler = windowing.padding == windows::Padding::mean
                             ? onnx.mean(frames, {0})
                             : onnx.node("ReduceMin", {frames}, {{"axes", Shape{0, 1}}});
    const Value shape = onnx.concat({onnx.unsqueeze(missing, 0), onnx.unsqueeze(onnx.size(frames, 1), 0)}, 0);
    const Value whole = onnx.concat({frames, onnx.node("Expand", {filler, shape})}, 0);
    const Value last = onnx.subtract(onnx.size(whole, 0), count);
    const Value starts =
        onnx.node("Min", {onnx.range(onnx.whole_scalar(0), onnx.add(last, step), step), last});
    std::vector<std::int64_t> offsets;
    for (std::int64_t i = 0; i < windowing.frames; ++i) offsets.push_back(i);
    return onnx.gather(whole, onnx.add(onnx.unsqueeze(starts, 1), onnx.whole(offsets)), 0);
}

}  // namespace earshot::exchange
