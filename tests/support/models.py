"""Models made by hand, so that tests know what their scores must be."""
import json

import numpy

LABELS = ["low", "high", "silence"]
FRONTEND = {"kind": "spectrum", "rate_hz": 8000, "duration_s": 0.5, "low_hz": 0.0, "high_hz": 4000.0, "bins": 4}
WEIGHT = numpy.array([[40, 0, 0, 0], [0, 0, 40, 0], [0, 0, 0, 0]], numpy.float32)
BIAS = numpy.array([0, 0, 10], numpy.float32)

# What datagen needs to make the frames of FRONTEND.
DATAGEN = ["--sample-rate", 8000, "--sample-duration", "0.5s", "--low", 0, "--high", 4000, "--bins", 4]


def write_model(path, frontend=FRONTEND, labels=LABELS, thresholds=(0.5, 0.5, 0.5), background="silence",
                weight=WEIGHT, bias=BIAS, **changes):
    """A softmax of one dense layer: `low` is sound below 1 kHz, `high` from 2 to 3 kHz."""
    path.mkdir(parents=True, exist_ok=True)
    inputs = weight.shape[1]
    numpy.savez(path / "weights.npz", **{"input.mean": numpy.zeros(inputs, numpy.float32),
                                         "input.deviation": numpy.ones(inputs, numpy.float32),
                                         "output.weight": weight, "output.bias": bias})
    model = {"format_version": 1, "recipe": "", "frontend": frontend,
             "architecture": {"kind": "mlp", "inputs": inputs, "hidden": [], "classes": len(labels), "dropout": 0.0,
                              "input": {"compress": "none"}},
             "labels": list(labels), "thresholds": list(thresholds), "background": background, "metrics": {},
             "provenance": {}}
    (path / "model.json").write_text(json.dumps({**model, **changes}))


def int8_of(array):
    """An array as whole numbers, and what 1 stands for in each output channel."""
    channels = array.reshape(len(array), -1)
    scales = (abs(channels).max(1) / numpy.float32(127)).astype(numpy.float32)
    whole = numpy.sign(channels) * numpy.floor(abs(channels) / numpy.where(scales > 0, scales, 1)[:, None] + 0.5)
    return whole.astype(numpy.int8).reshape(array.shape), scales


def rounded(array, kind):
    """An array of two dimensions or more as float16 or int8 leave it, in float32."""
    if kind != "int8":
        return array.astype(kind).astype(numpy.float32)
    whole, scales = int8_of(array)
    return whole * scales.reshape(-1, *[1] * (array.ndim - 1))


def scores_of(frames, weight=WEIGHT, bias=BIAS):
    """Probabilities that such a model gives to frames, in double precision."""
    logits = numpy.asarray(frames, float) @ weight.T.astype(float) + bias
    powers = numpy.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)
