"""What is built for 64-bit ARM, under qemu, hears what the native build hears. Started by tests/aarch64/run."""
import json
import os
import pathlib
import subprocess

import numpy

from support.phrases import SHORT, write_calls
from support.sandbox import Sandbox, noise, write_wav

AARCH64 = pathlib.Path(os.environ["EARSHOT_AARCH64"])
RATE = 16000
SCORE_TOLERANCE = 1e-5
RATE_OF_FRAMES = ["--sample-rate", RATE, "--high", 7800]


def evening(seed):
    """24 s of noise in which chirps and knocks take turns, 3 s each with 3 s between them. Its labels."""
    sound, labels = noise(24, RATE, 0.003, seed), {"00:00": "background"}
    time = numpy.arange(round(0.2 * RATE)) / RATE
    sounds = {"bird": 0.03 * numpy.sin(2 * numpy.pi * (2000 + 3750 * time) * time),
              "knock": 0.1 * numpy.sin(2 * numpy.pi * 300 * time) * numpy.exp(-time * 60)}
    for number in range(4):
        second, label = 1 + 6 * number, ["bird", "knock"][(number + seed) % 2]
        for onset in numpy.arange(second, second + 3, 0.3):
            first = round(onset * RATE)
            sound[first:first + time.size] += sounds[label]
        labels |= {f"00:{second:02}": label, f"00:{second + 3:02}": "background"}
    return sound, labels


def leaves(value, path=""):
    """{"labels/bird/f1": 0.5, ...} of a report."""
    if isinstance(value, (dict, list)):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        return {key: leaf for name, part in items for key, leaf in leaves(part, f"{path}/{name}").items()}
    return {path: value}


class SameOnArm(Sandbox):
    def on_arm(self, command, *words, stdin=b""):
        """As self.earshot(), but the driver is left out: it starts the command, which needs more of the kernel."""
        program = AARCH64 / f"libexec/earshot/earshot-{command}"
        run = subprocess.run(["qemu-aarch64-static", "-L", AARCH64 / "sysroot", program, *map(str, words)],
                             cwd=self.dir, input=stdin, capture_output=True, timeout=600)
        self.assertEqual((run.returncode, run.stderr.decode()), (0, ""), f"{command} {words}")
        return run.stdout.decode()

    def train(self, recipe, *words, frames=(), recordings="evenings"):
        for seed in range(4):
            sound, labels = evening(seed)
            write_wav(self.dir / f"evenings/{seed}/audio.wav", sound, RATE)
            (self.dir / f"evenings/{seed}/labels.json").write_text(json.dumps(labels))
        write_wav(self.dir / "new.wav", evening(7)[0], RATE)
        self.earshot("datagen", "-q", "--recipe", recipe, *frames, recordings, "frames")
        self.earshot("train", "-q", "--recipe", recipe, "frames", "-o", "model", "--threads", 1, "--seed", 1, *words)

    def check_events(self, recording):
        words = ["detect", "model", recording, "--scores=scores.tsv"]
        native = self.earshot(*words).rows()
        native_scores = self.scores()
        arm = [json.loads(line) for line in self.on_arm(*words).splitlines()]
        arm_scores = self.scores()

        self.assertGreater(len(native), 0)
        without_score = lambda events: [{k: v for k, v in event.items() if k != "score"} for event in events]
        self.assertEqual(without_score(arm), without_score(native))
        self.assert_near([event["score"] for event in arm], [event["score"] for event in native])
        self.assert_near(arm_scores, native_scores)
        print(f"{len(native)} events, {native_scores.size} numbers, largest difference "
              f"{numpy.abs(arm_scores - native_scores).max():.1e}")

    def assert_near(self, arm, native):
        numpy.testing.assert_allclose(arm, native, rtol=0, atol=SCORE_TOLERANCE)

    def scores(self):
        return numpy.loadtxt(self.dir / "scores.tsv", skiprows=1, delimiter="\t", ndmin=2)

    def test_log_mel_and_convolutions(self):
        self.train("sounds", "--epochs", 8, frames=RATE_OF_FRAMES)
        self.check_events("new.wav")

    def test_figures_of_evaluate(self):
        self.train("sounds", "--epochs", 2, frames=RATE_OF_FRAMES)
        words = ["evaluate", "model", "frames", "--json"]
        native, arm = leaves(json.loads(self.earshot(*words).text())), leaves(json.loads(self.on_arm(*words)))
        self.assertEqual(arm.keys(), native.keys())
        self.assertGreater(len(native), 20)
        for key, value in native.items():
            if isinstance(value, float):
                self.assertAlmostEqual(arm[key], value, 4, key)
            else:
                self.assertEqual(arm[key], value, key)

    def test_small_weights(self):
        self.train("sounds", "--epochs", 2, frames=RATE_OF_FRAMES)
        words = ["export", "model", "--weights", "int8"]
        self.earshot(*words, "-o", "native/")
        self.on_arm(*words, "-o", "arm/")
        for name in ["model.json", "weights.npz"]:
            self.assertEqual((self.dir / "arm" / name).read_bytes(), (self.dir / "native" / name).read_bytes())

    def test_the_default_recipe(self):
        self.train("events", "--epochs", 6)
        self.check_events("new.wav")

    def test_spectrum_and_dense_layers(self):
        self.train("spectrum-mlp", frames=RATE_OF_FRAMES)
        self.check_events("new.wav")

    def test_attention(self):
        write_calls(self.dir / "calls", 24)
        labels = "".join(f"call{number:03},{number % 2}\n" for number in range(24))
        (self.dir / "labels.csv").write_text("id,label\n" + labels)
        self.earshot("datagen", "-q", "--recipe", "phrase", "calls", "frames", "--labels", "labels.csv")
        self.earshot("train", "-q", "--recipe", "phrase", *SHORT, "frames", "-o", "model", "--threads", 1,
                     "--epochs", 6, "--test", 0)
        answer = ["detect", "model", "calls", "--per-recording", "--scores"]
        table = lambda text: numpy.array([float(line.split(",")[-1]) for line in text.splitlines()[1:]])
        native, arm = table(self.earshot(*answer).text()), table(self.on_arm(*answer))
        self.assertEqual(native.size, 24)
        self.assert_near(arm, native)

    def test_formats_of_files(self):
        """Decoders round differently on another processor: the events are the same, the scores nearly."""
        self.train("spectrum-mlp", frames=RATE_OF_FRAMES)
        for suffix in ["flac", "mp3", "opus", "m4a"]:
            subprocess.run(["ffmpeg", "-v", "error", "-i", "new.wav", f"new.{suffix}"], cwd=self.dir, check=True)
            native = self.earshot("detect", "model", f"new.{suffix}").rows()
            arm = [json.loads(line) for line in self.on_arm("detect", "model", f"new.{suffix}").splitlines()]
            for event in native + arm:
                event["score"] = round(event["score"], 2)
            self.assertEqual(arm, native, suffix)

    def test_live_sound(self):
        self.train("spectrum-mlp", frames=RATE_OF_FRAMES)
        words = ["detect", "model", "--device", "-", "--raw", f"s16le,{RATE},1", "--view", "never"]
        samples = (evening(7)[0] * 32767).astype("<i2").tobytes()
        seen = lambda text: [(e["onset"], e["offset"], e["label"]) for e in map(json.loads, text.splitlines())]
        self.assertEqual(seen(self.on_arm(*words, stdin=samples)), seen(self.earshot(*words, stdin=samples).text()))

    def test_driver_knows_that_train_is_left_out(self):
        driver = ["qemu-aarch64-static", "-L", AARCH64 / "sysroot", AARCH64 / "bin/earshot"]
        run = lambda *words: subprocess.run([*driver, *words], capture_output=True, text=True)
        self.assertNotIn("train", run("--help").stdout)
        self.assertIn("LibTorch      not built in", run("--version", "--verbose").stdout)
        refused = run("train", "frames")
        self.assertEqual(refused.returncode, 1)
        self.assertRegex(refused.stderr, "^earshot: train is not in this build, which has no LibTorch")
        self.assertNotIn("earshot\tsubcommand\ttrain", (AARCH64 / "completions/earshot.bash").read_text())

    def test_recordings(self):
        self.on_arm("record", "--device", "lavfi:sine=440:d=2", "--fast", "-q", "tone.wav")
        import soundfile
        samples, rate = soundfile.read(self.dir / "tone.wav")
        self.assertEqual((samples.size, rate), (2 * rate, 44100))

    def test_directions(self):
        late = noise(4, 44100, 0.1)
        write_wav(self.dir / "room.wav", numpy.column_stack([late[10:], late[:-10]]), 44100)
        words = ["locate", "--array", "stereo-150mm", "room.wav", "--rate", 2]
        rows = lambda text: [json.loads(line) for line in text.splitlines()]
        native, arm = rows(self.earshot(*words).text()), rows(self.on_arm(*words))
        self.assertGreater(len(native), 0)
        self.assertEqual([row["onset"] for row in arm], [row["onset"] for row in native])
        for ours, theirs in zip(arm, native):
            self.assertAlmostEqual(ours["azimuth"], theirs["azimuth"], delta=0.1)
