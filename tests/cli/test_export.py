"""export: models as ONNX, which other programs run with the same scores."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import unittest

import numpy

from support import onnx_runtime
from support.models import DATAGEN, FRONTEND, LABELS, rounded, scores_of, write_model
from support.sandbox import SOURCE, Sandbox, noise, sine, write_wav

try:
    import onnx
    import onnx.checker
except ImportError:
    onnx = None
needs_onnx = unittest.skipUnless(onnx, "no python3-onnx")

RATE = 44100
SPEECH = sorted(pathlib.Path("/usr/share/sounds/alsa").glob("[FRS]*_*.wav"))
SAMPLES = pathlib.Path("/usr/share/sonic-pi/samples")
needs_clips = unittest.skipUnless(SPEECH, "no speech of alsa-utils")


def clip(path, rate=RATE):
    """A recording as mono samples at a rate."""
    import scipy.signal
    import soundfile
    sound, own = soundfile.read(path, always_2d=True)
    common = numpy.gcd(own, rate)
    return scipy.signal.resample_poly(sound.mean(1), rate // common, own // common)


def others():
    """Sounds that are not speech: drums of sonic-pi-samples where they are installed."""
    drums = [clip(path) for path in sorted(SAMPLES.glob("drum_*_hard.flac"))[:4]]
    return drums or [noise(0.5, RATE, 0.3, seed) * numpy.exp(-8 * numpy.arange(RATE // 2) / RATE) for seed in range(4)]


def make_recordings(directory):
    """evenings/: speech and drums in noise; seconds/OK and NG; clips/ and clips.csv, with speech or without."""
    random = numpy.random.default_rng(18)
    speech, drums = [clip(path)[: RATE * 3 // 2] for path in SPEECH], others()
    for number in range(4):
        sound, labels = noise(24, RATE, 0.002, number), {"00:00": "background"}
        for turn, second in enumerate(range(3, 21, 6)):
            label, source = [("speech", speech), ("drum", drums)][(number + turn) % 2]
            for onset in [second, second + 1.5]:
                piece = source[random.integers(len(source))] * random.uniform(0.3, 0.9)
                first = round(onset * RATE)
                sound[first : first + piece.size] += piece[: sound.size - first]
            labels |= {f"00:{second:02}": label, f"00:{second + 3:02}": "background"}
        write_wav(directory / f"evenings/{number}/audio.wav", sound, RATE)
        (directory / f"evenings/{number}/labels.json").write_text(json.dumps(labels))
    for number in range(8):
        for label, source in [("OK", speech), ("NG", drums)]:
            sound, piece = noise(1, RATE, 0.01, number), source[number % len(source)][: RATE // 2]
            sound[: piece.size] += piece * 0.5
            write_wav(directory / f"seconds/{label}/{number}.wav", sound, RATE)
    rows = ["file,label"]
    for number in range(8):
        sound, label = noise(4, RATE, 0.003, number), ["background", "speech"][number % 2]
        piece = (speech if number % 2 else drums)[number // 2 % 4]
        sound[RATE : RATE + piece.size] += piece
        write_wav(directory / f"clips/{number}.wav", sound, RATE)
        rows.append(f"{number}.wav,{label}")
    (directory / "clips.csv").write_text("\n".join(rows) + "\n")


# What each recipe is trained on, and how: briefly, but so that scores differ from window to window.
TRAINING = {"events": (["evenings"], ["--epochs", 3]),
            "spectrum-mlp": (["evenings"], ["--epochs", 5]),
            "sounds": (["evenings"], ["--epochs", 3]),
            "ears": (["evenings"], ["--epochs", 2]),
            "ears-events": (["evenings"], ["--epochs", 2, "--folds", 2]),
            "open-set": (["evenings"], ["--epochs", 3, "--tags", "speech,drum"]),
            "vectors": (["evenings", "--pretrained", "own"], ["--window", "2s", "--window-hop", "1s"]),
            "phrase": (["clips", "--labels", "clips.csv"], ["--epochs", 3, "--test", 0]),
            "impact": (["seconds"], ["--epochs", 6, "--batch", 4]),
            "impact-waveform": (["seconds"], ["--epochs", 4, "--batch", 4, "--strides", "8,4,2"])}


class Models(Sandbox):
    def export(self, model, *options, name=None):
        path = self.dir / f"{name or model}.onnx"
        self.earshot("export", model, "-o", path, *options)
        if onnx:
            onnx.checker.check_model(onnx.load(str(path)))
        return path

    def detect_scores(self, model, path, *options):
        self.earshot("detect", model, path, "-q", "--format", "csv", "--scores=scores.tsv", *options)
        rows = [line.split("\t") for line in (self.dir / "scores.tsv").read_text().splitlines()]
        return numpy.array([[float(score) for score in row[2:]] for row in rows[1:]])

    def sound(self, model, name, samples, rate=RATE):
        """Writes samples as a recording at the model's rate, in float32; (path, samples)."""
        import scipy.signal
        frontend = json.loads((self.dir / model / "model.json").read_text())["frontend"]
        wanted = frontend.get("input", frontend)["rate_hz"]
        common = numpy.gcd(rate, wanted)
        samples = scipy.signal.resample_poly(samples, wanted // common, rate // common).astype(numpy.float32)
        write_wav(self.dir / f"{name}.wav", samples, wanted, "FLOAT")
        return f"{name}.wav", samples

    def check(self, model, samples, tolerance=1e-4, rate=RATE):
        """That the exported model gives the scores of detect, window by window."""
        path, samples = self.sound(model, "heard", samples, rate)
        window = json.loads((self.dir / model / "model.json").read_text()).get("window") or {"frames": 1, "hop": 1}
        overlap = ["--overlap", 1 - window["hop"] / window["frames"]] if window["frames"] > window["hop"] else []
        steps = window.get("steps", 1)
        if steps > 1:
            overlap = []  # what a window sees beside its hop is context
        wanted = self.detect_scores(model, path, *overlap)
        got = onnx_runtime.run(self.dir / f"{model}.onnx", samples)
        self.assertEqual(got.shape[1:], (steps, wanted.shape[1]))
        got = got.reshape(-1, wanted.shape[1])[: len(wanted) if steps > 1 else None]
        # A shorter chunk at the end of a recording is a window of `spectrum` for detect alone.
        self.assertLessEqual(len(wanted) - len(got), 1)
        numpy.testing.assert_allclose(got, wanted[: len(got)], atol=tolerance, rtol=0)
        return wanted


@needs_clips
@onnx_runtime.needs_onnxruntime
class Recipes(Models):
    def test_every_recipe_is_here(self):
        self.assertEqual(set(TRAINING), {path.stem for path in (SOURCE / "share/recipes").glob("*.toml")})

    def test_scores_are_those_of_detect(self):
        make_recordings(self.dir)
        heard = [numpy.concatenate([clip(path)[: 2 * RATE] for path in SPEECH[:3]] + others())[: 8 * RATE + 777]]
        if SAMPLES.is_dir():
            heard.append(clip(SAMPLES / "loop_garzul.flac")[: 6 * RATE])
        for recipe, (data, training) in TRAINING.items():
            with self.subTest(recipe=recipe):
                self.earshot("datagen", "-q", "--recipe", recipe, data[0], f"{recipe}-frames", *data[1:])
                self.earshot("train", "-q", "--recipe", recipe, f"{recipe}-frames", "-o", recipe, "--threads", 1,
                             *training, stderr=None)
                self.export(recipe)
                scores = numpy.concatenate([self.check(recipe, samples) for samples in heard])
                self.assertGreater(scores.std(axis=0).max(), 1e-3, "scores that differ")
                # In int8 too: those of detect with a model directory in int8.
                self.export(recipe, "--weights", "int8", name="small")
                self.earshot("export", recipe, "-o", "small/", "--weights", "int8", "--force")
                self.assertFalse(numpy.array_equal(self.check("small", heard[0]), scores[:len(heard[0])]))

    def test_recordings_shorter_than_a_window(self):
        make_recordings(self.dir)
        for recipe in ["sounds", "phrase"]:
            data, training = TRAINING[recipe]
            self.earshot("datagen", "-q", "--recipe", recipe, data[0], f"{recipe}-frames", *data[1:])
            self.earshot("train", "-q", "--recipe", recipe, f"{recipe}-frames", "-o", recipe, "--threads", 1, *training,
                         stderr=None)
            self.export(recipe)
            self.check(recipe, clip(SPEECH[0])[:RATE])


@onnx_runtime.needs_onnxruntime
class Frontends(Models):
    """Front ends and input layers that no recipe has, with random weights."""

    def random_model(self, frontend, dimension, frames=20, **network):
        random = numpy.random.default_rng(7)
        architecture = {"kind": "mlp", "inputs": dimension, "frames": frames, "hidden": [], "classes": 3, "dropout": 0.0,
                        "input": {"compress": "none", "standardise": "window"}, **network}
        planes = 1 + architecture["input"].get("deltas", 0) + architecture["input"].get("deviation", False)
        values = planes * architecture["input"].get("pool", frames) * dimension
        numpy.savez(self.dir / "model-weights.npz", **{
            "output.weight": (random.normal(size=(3, values)) / numpy.sqrt(values)).astype(numpy.float32),
            "output.bias": numpy.zeros(3, numpy.float32)})
        write_model(self.dir / "model", frontend, ["a", "b", "c"], background="", architecture=architecture,
                    window={"frames": frames, "hop": 7, "padding": "mean"})
        shutil.move(self.dir / "model-weights.npz", self.dir / "model/weights.npz")

    def samples(self, rate=8000):
        random = numpy.random.default_rng(3)
        time = numpy.arange(3 * rate) / rate
        return 0.2 * numpy.sin(400 * time**2) * (numpy.sin(9 * time) > 0) + 0.01 * random.normal(size=time.size)

    MEL = {"rate_hz": 8000, "window_s": 0.025, "hop_s": 0.01, "fft_size": 0, "centred": False, "power": 2, "low_hz": 50,
           "high_hz": 3900, "mels": 20, "scale": "slaney", "norm": "slaney"}

    def test_mel_front_ends(self):
        for frontend, dimension in [
                ({"kind": "logmel", **self.MEL, "floor": 1e-10}, 20),
                ({"kind": "logmel", **self.MEL, "centred": True, "power": 1, "fft_size": 600, "floor": 1e-6}, 20),
                ({"kind": "mfcc", **self.MEL, "scale": "htk", "norm": "none", "floor": 1e-8, "coefficients": 13}, 13),
                ({"kind": "pcen", **self.MEL, "floor": 1e-8, "time_s": 0.4, "gain": 0.98, "bias": 2, "root": 0.5}, 20)]:
            with self.subTest(frontend=frontend):
                self.random_model(frontend, dimension)
                self.export("model")
                self.check("model", self.samples(), rate=8000)

    def test_waveforms(self):
        shared = {"kind": "waveform", "rate_hz": 8000, "window_s": 0.25, "hop_s": 0.125, "low_hz": 60, "high_hz": 2000}
        for changes in [{"order": 4, "level": "peak", "gain_db": 0}, {"order": 3, "level": "kept", "gain_db": 12},
                        {"order": 0, "level": "kept", "gain_db": 0}]:
            with self.subTest(changes=changes):
                self.random_model({**shared, **changes}, 2000, frames=5)
                self.export("model")
                self.check("model", self.samples(), rate=8000)

    def test_input_layers(self):
        logmel = {"kind": "logmel", **self.MEL, "floor": 1e-10}
        for layer, network in [
                ({"deltas": 2, "pool": 6, "deviation": True, "standardise": "mean"}, {}),
                ({"deltas": 1, "standardise": "window"}, {}),
                ({"range_db": 25, "logarithms_of": "power", "standardise": "none"}, {}),
                ({"standardise": "mean", "pool": 5}, {"paces": 0.15, "pitches": 0.07}),
                ({"standardise": "mean"}, {"paces": 0.2, "answer": "likeness"})]:
            with self.subTest(layer=layer, network=network):
                self.random_model(logmel, 20, input={"compress": "none", **layer}, **network)
                self.export("model")
                self.check("model", self.samples(), rate=8000)

    def test_answers_with_a_background(self):
        logmel = {"kind": "logmel", **self.MEL, "floor": 1e-10}
        for answer, outputs in [("sigmoid", 2), ("likeness", 3)]:
            self.random_model(logmel, 20)
            path = self.dir / "model/weights.npz"
            weights = dict(numpy.load(path))
            numpy.savez(path, **{name: array[:outputs] for name, array in weights.items()})
            model = json.loads((self.dir / "model/model.json").read_text())
            model["architecture"] |= {"answer": answer, "background": 1}
            (self.dir / "model/model.json").write_text(json.dumps({**model, "background": "b"}))
            self.export("model")
            self.check("model", self.samples(), rate=8000)

    def test_a_transform_with_no_factors_is_refused(self):
        write_model(self.dir / "model", {**FRONTEND, "rate_hz": 20000, "duration_s": 10007 / 20000})
        self.earshot("export", "model", "-o", "model.onnx", status=1, stderr="a transform of 10007 points")
        self.assertFalse((self.dir / "model.onnx").exists())
        self.earshot("export", "model", "-o", "model.onnx", "--frames")


# Stands in for the package onnxruntime of Python, which Debian does not have.
STAND_IN = """
import onnx
from support import onnx_runtime

class Metadata:
    def __init__(self, path):
        self.custom_metadata_map = {entry.key: entry.value for entry in onnx.load(path).metadata_props}

class InferenceSession:
    def __init__(self, path):
        self.path = path
    def get_modelmeta(self):
        return Metadata(self.path)
    def run(self, names, inputs):
        assert names == ["scores"] and list(inputs) == ["samples"]
        return [onnx_runtime.run(self.path, inputs["samples"])]
"""


class Command(Models):
    def setUp(self):
        super().setUp()
        write_model(self.dir / "model")

    @needs_onnx
    @onnx_runtime.needs_onnxruntime
    def test_the_example_in_python(self):
        self.export("model")
        (self.dir / "onnxruntime.py").write_text(STAND_IN)
        sound = numpy.concatenate([sine(500, 0.5, 8000), sine(2500, 0.5, 8000), noise(0.5, 8000, 0.001)])
        write_wav(self.dir / "sound.wav", sound, 8000)
        shown = subprocess.run(["/usr/bin/python3", "-B", SOURCE / "share/examples/run_onnx.py", "model.onnx", "sound.wav"],
                               cwd=self.dir, capture_output=True, text=True,
                               env={**os.environ, "PYTHONPATH": f"{self.dir}:{SOURCE / 'tests'}"})
        self.assertEqual(shown.stderr, "")
        self.assertEqual(re.sub(r"\d\.\d\d(?=\n)", "...", shown.stdout),
                         "0.00\t0.50\tlow ...\n0.50\t1.00\thigh ...\n1.00\t1.50\t-\n")

    @onnx_runtime.needs_onnxruntime
    def test_frames(self):
        model = self.export("model", "--frames")
        frames = numpy.random.default_rng(1).random((5, 1, 4)) / 5
        numpy.testing.assert_allclose(onnx_runtime.run(model, frames)[:, 0], scores_of(frames[:, 0]), atol=1e-6)

    @onnx_runtime.needs_onnxruntime
    def test_samples(self):
        self.export("model")
        sound = numpy.concatenate([sine(500, 1, 8000), sine(2500, 1, 8000), noise(1, 8000, 0.001)])
        scores = self.check("model", sound, rate=8000)
        self.assertEqual(scores.argmax(1).tolist(), [0, 0, 1, 1, 2, 2])

    @onnx_runtime.needs_onnxruntime
    def test_unknown_is_an_answer(self):
        write_model(self.dir / "model", labels=[*LABELS, "unknown"], thresholds=(0.4, 0.95, 1, 0.5), unknown="unknown",
                    architecture={"kind": "mlp", "inputs": 4, "hidden": [], "classes": 3, "dropout": 0.0,
                                  "input": {"compress": "none"}})
        self.export("model")
        sound = [amplitude * sine(hz, 0.5, 8000, 1) for hz in [500, 2500] for amplitude in [0.05, 0.25, 0.28, 0.35]]
        scores = self.check("model", numpy.concatenate(sound), rate=8000, tolerance=1e-6)
        self.assertLess(scores[:, 3].min(), 0.3)
        self.assertGreater(scores[:, 3].max(), 0.5)

    @needs_onnx
    def test_metadata(self):
        model = onnx.load(str(self.export("model")))
        said = {entry.key: entry.value for entry in model.metadata_props}
        self.assertEqual(json.loads(said["labels"]), LABELS)
        self.assertEqual(json.loads(said["thresholds"]), [0.5, 0.5, 0.5])
        self.assertEqual(json.loads(said["frontend"]), FRONTEND)
        self.assertEqual({key: said[key] for key in ["rate_hz", "window_s", "hop_s", "window_samples", "hop_samples",
                                                     "background", "unknown", "target"]},
                         {"rate_hz": "8000", "window_s": "0.5", "hop_s": "0.5", "window_samples": "4000",
                          "hop_samples": "4000", "background": "silence", "unknown": "", "target": "frame"})
        self.assertRegex(said["earshot"], r"^\d+\.\d+\.\d+$")
        self.assertEqual([(value.name, len(value.type.tensor_type.shape.dim)) for value in
                          [*model.graph.input, *model.graph.output]], [("samples", 1), ("scores", 3)])

    def test_smaller_weights(self):
        weight = numpy.random.default_rng(1).normal(size=(3, 40000)).astype(numpy.float32)
        write_model(self.dir / "model", {**FRONTEND, "rate_hz": 200000, "high_hz": 4e4, "bins": 40000}, weight=weight)
        frames = numpy.random.default_rng(2).random((4, 1, 40000)) / 100
        whole = self.export("model", "--frames").stat().st_size
        for kind, saved in [("float16", 2), ("int8", 3)]:
            small = self.export("model", "--frames", "--weights", kind)
            self.assertAlmostEqual(whole - small.stat().st_size, saved * weight.size, delta=400)
            if onnx_runtime.PACKAGE:
                numpy.testing.assert_allclose(onnx_runtime.run(small, frames)[:, 0],
                                              scores_of(frames[:, 0], rounded(weight, kind)), atol=1e-5)

    def test_a_pipe_gets_the_same_bytes(self):
        self.export("model")
        piped = self.earshot("export", "model", "-o", "-").out
        self.assertEqual(piped, (self.dir / "model.onnx").read_bytes())

    def test_full_disks_and_directories(self):
        self.earshot("export", "model", "-o", "missing/model.onnx", status=1, stderr="missing")
        self.shell("earshot export model -o - > /dev/full", status=1)

    def test_describe(self):
        text = self.earshot("export", "model", "--describe").text()
        self.assertRegex(text, r"(?m)^output +linear +3 +15 +12$")
        self.assertRegex(text, r"(?m)^multiplications per second +24  \(2 windows per second of sound\)$")
        card = json.loads(self.earshot("export", "model", "--describe", "--json").text())
        self.assertEqual((card["parameters"], card["multiplications"], card["multiplications_per_s"]), (15, 12, 24))
        self.assertEqual(card["weight_bytes"], 4 * (15 + 8))
        both = self.earshot("export", "model", "-o", "model.onnx", "--describe").text()
        self.assertEqual(both, text)
        self.assertTrue((self.dir / "model.onnx").exists())

    def test_train_describes_what_it_would_train(self):
        write_wav(self.dir / "sounds/audio.wav", noise(4, 8000), 8000)
        (self.dir / "sounds/labels.json").write_text('{"00:00": "low", "00:02": "high"}')
        self.earshot("datagen", "-q", "sounds", "frames", *DATAGEN)
        text = self.earshot("train", "frames", "--describe", "--hidden", 5).text()
        self.assertRegex(text, r"(?m)^dense_1 +linear +5 +25 +20$")
        self.assertRegex(text, r"(?m)^multiplications per second +60  \(2 windows per second of sound\)$")
        self.earshot("train", "frames", status=2, stderr="--output is required")

    def test_wrong_requests(self):
        self.earshot("export", "model", status=2, stderr="no output: give -o FILE")
        self.earshot("export", "model", "-o", "x.onnx", "--json", status=2, stderr="--json is the form of --describe")
        self.earshot("export", "model", "-o", "-", "--describe", status=2, stderr="both write to standard output")
        self.earshot("export", "model", "-o", "x.onnx", "--weights", "int3", status=2, stderr="--weights")
        self.earshot("export", "nothing", "-o", "x.onnx", status=1, stderr="nothing: no such model directory")
        self.earshot("export", "model", "-o", "new/", "--frames", status=2, stderr="--frames is for ONNX, but new/ is a directory")

    def test_models_that_do_not_fit(self):
        write_model(self.dir / "model", labels=LABELS[:2], thresholds=(0.5, 0.5), background="",
                    architecture={"kind": "mlp", "inputs": 4, "hidden": [], "classes": 3, "dropout": 0.0,
                                  "input": {"compress": "none"}})
        self.earshot("export", "model", "-o", "x.onnx", status=1, stderr="it knows 2 labels, but its network has 3 classes")
        write_model(self.dir / "model", {**FRONTEND, "bins": 5})
        self.earshot("export", "model", "-o", "x.onnx", status=1, stderr="windows of 1 frames of 4 numbers")
        write_model(self.dir / "model", None)
        self.earshot("export", "model", "-o", "x.onnx", status=1, stderr="export it with --frames")
        self.export("model", "--frames")


if __name__ == "__main__":
    unittest.main()
