"""earshot's own ears: their vectors, and networks that begin with them."""
import json
import os
import pathlib
import re

import numpy
import torch
from torch.nn import functional

from support.datasets import load
from support.sandbox import Sandbox, noise, sine, write_wav

RATE, FRAMES, HOP, SOUNDS, VALUES = 16000, 123, 16, 320, 416
EARS = pathlib.Path(os.environ["EARSHOT_SOURCE"]) / "share/ears/own.ears"
README = (pathlib.Path(os.environ["EARSHOT_SOURCE"]) / "README.md").read_text()
STRIDES = [1, 2, 1, 2, 1, 2, 1, 1, 1]  # of the blocks


def scale_of(file, name):
    """Of a matrix or kernels of 8 bits, one for each row."""
    return file[name + ".scale"].reshape(-1, *[1] * (file[name].ndim - 1))


def arrays_of(path):
    """The arrays of a .ears file as they are multiplied."""
    with numpy.load(path) as file:
        return {name: torch.tensor(file[name] * (scale_of(file, name) if name + ".scale" in file else 1), dtype=torch.float32)
                for name in file.files if name != "pretrained" and not name.endswith(".scale")}


def vectors_of(frames, arrays):
    """What share/ears/student.py computes, written once more: [T, 64] to [steps, 416]."""
    def conv(x, name, **options):
        return functional.conv2d(x, arrays[name + ".weight"], arrays.get(name + ".bias"), **options)

    x = functional.pad(torch.tensor(frames)[None, None], (0, 1))
    x = functional.relu6(conv(x, "first", stride=2))
    for i, stride in enumerate(STRIDES, 1):
        if i == 6:
            words = x
        x = functional.pad(x, (0, 1) if stride == 2 else (1, 1))
        x = functional.relu6(conv(x, f"block_{i}_depthwise", stride=stride, groups=x.shape[1]))
        x = functional.relu6(conv(conv(x, f"block_{i}_thin"), f"block_{i}_wide"))
    sounds = functional.relu(conv(functional.relu(conv(x, "bands", groups=512)), "top"))
    words = functional.relu(conv(functional.relu(conv(words, "words_thin")), "words_join"))
    for i in range(1, 5):
        step = 2 if i == 4 else 1
        words = words[:, :, step - 1 :]
        heard = conv(words, f"words_{i}_depthwise", stride=(step, 1), groups=128)
        words = functional.relu(conv(heard, f"words_{i}_wide")) + words[:, :, 1:-1:step]
    words = conv(words, "words")[:, :, : sounds.shape[2]]
    return torch.cat([sounds, words], 1)[0, :, :, 0].T.numpy()


class Ears(Sandbox):
    def clips(self):
        self.sounds = []
        for number in range(8):
            sound = noise(4, RATE, 0.003, number)
            for onset in (0.5, 1.5, 2.5):
                tone = sine(400 + 20 * number if number % 2 else 2500 + 90 * number, 0.6, RATE, 0.2)
                sound[int(onset * RATE) : int(onset * RATE) + len(tone)] += tone
            self.sounds.append(sound)
            write_wav(self.dir / f"clips/{number}.wav", sound, RATE)
        (self.dir / "clips.csv").write_text("file,label\n" + "".join(
            f"{number}.wav,{'low' if number % 2 else 'high'}\n" for number in range(8)))

    def frames(self, *words):
        self.clips()
        self.earshot("datagen", "--recipe", "ears", "clips", "frames", "--labels", "clips.csv", "-q", *words)

    def test_vectors_are_those_of_pytorch(self):
        self.clips()
        self.earshot("datagen", "clips/1.wav", "vectors", "--unlabelled", "keep", "--pretrained", "own", "-q")
        made = load(self.dir / "vectors/1.npz")
        settings = json.loads(str(made["frontend"]))
        self.assertEqual([settings[key] for key in ("frames", "hop", "steps", "dimension")], [FRAMES, HOP, 1, VALUES])
        # Short sounds have silence around them, so that there is a vector of them too.
        quiet = numpy.zeros(int(settings["pad_s"] * RATE))
        write_wav(self.dir / "padded.wav", numpy.concatenate([quiet, self.sounds[1], quiet]), RATE)
        self.earshot("datagen", "--recipe", "ears", "padded.wav", "frames", "--unlabelled", "keep", "-q")
        with torch.no_grad():
            wanted = vectors_of(load(self.dir / "frames/padded.npz")["samples"], arrays_of(EARS))
        numpy.testing.assert_allclose(made["samples"], wanted, atol=2e-3)
        self.assertGreater(wanted.std(), 0.1)

    def test_faint_sound_has_the_vectors_of_loud_sound(self):
        sounds = {"tone": sine(1000, 3, RATE, 0.3), "noise": noise(3, RATE, 0.1, 1)}
        vectors = {}
        for name, sound in sounds.items():
            for gain in (1, 0.02):
                write_wav(self.dir / "one.wav", sound * gain, RATE)
                self.earshot("datagen", "one.wav", "one", "--unlabelled", "keep", "--pretrained", "own", "--force", "-q")
                vectors[name, gain] = load(self.dir / "one/one.npz")["samples"][4:-4, :SOUNDS].mean(0)

        def alike(a, b):
            return vectors[a] @ vectors[b] / numpy.linalg.norm(vectors[a]) / numpy.linalg.norm(vectors[b])
        for name in sounds:
            self.assertGreater(alike((name, 1), (name, 0.02)), alike(("tone", 1), ("noise", 1)) + 0.1, name)

    def test_sounds_and_words_are_parts_of_the_vectors(self):
        write_wav(self.dir / "one.wav", noise(3, RATE, 0.1, 1), RATE)
        vectors = {}
        for part in ("", "sounds", "words"):
            self.earshot("datagen", "one.wav", f"of{part}", "--unlabelled", "keep", "--pretrained", "own", "-q",
                         *(("--vector", part) if part else ()))
            vectors[part] = load(self.dir / f"of{part}/one.npz")["samples"]
        numpy.testing.assert_array_equal(vectors["sounds"], vectors[""][:, :SOUNDS])
        numpy.testing.assert_array_equal(vectors["words"], vectors[""][:, SOUNDS:])
        self.assertLess((self.dir / "ofwords/own-words.ears").stat().st_size, EARS.stat().st_size / 2)
        self.earshot("datagen", "one.wav", "-o", "x.npz", "--pretrained", "own", "--vector", "smells", status=2, stderr="sounds and words")

    def test_classes_are_told_by_six_vectors(self):
        """A linear function of the mean of six vectors, every third vector, and a sigmoid."""
        samples = noise(3.1, RATE, 0.1, 2)
        write_wav(self.dir / "one.wav", samples, RATE)
        self.earshot("detect", "--pretrained", "own", "one.wav", "--scores=s.tsv", "-q")
        rows = [line.split("\t") for line in (self.dir / "s.tsv").read_text().splitlines()]
        self.assertEqual(rows[0][2:4], ["Speech", "Child speech, kid speaking"])
        padded = numpy.pad(samples, round(0.78 * RATE))
        write_wav(self.dir / "padded.wav", padded, RATE)
        self.earshot("datagen", "--recipe", "ears", "padded.wav", "frames", "--unlabelled", "keep", "-q")
        arrays = arrays_of(EARS)
        heard = vectors_of(load(self.dir / "frames/padded.npz")["samples"], arrays)[:, :SOUNDS]
        means = numpy.stack([heard[at : at + 6].mean(0) for at in range(0, len(heard) - 5, 3)])
        wanted = 1 / (1 + numpy.exp(-(means @ arrays["classes.weight"].numpy().T + arrays["classes.bias"].numpy())))
        numpy.testing.assert_allclose(numpy.array(rows[1:], float)[:, 2:], wanted, atol=2e-3)

    def test_the_first_minute(self):
        write_wav(self.dir / "night.wav", noise(2, RATE, 0.1), RATE)
        (self.dir / "night.mp3").symlink_to("night.wav")  # what a file is, its content says
        command = re.search(r"(?m)^    (earshot detect --pretrained .*)$", README).group(1)
        self.assertEqual(self.shell(command).rows(), [])  # neither dogs nor speech
        labels = {event["label"] for event in self.earshot("detect", "--pretrained", "own", "night.wav", "--threshold", 0.01, "-q").rows()}
        self.assertTrue(labels & {"White noise", "Noise", "Static", "Hiss"}, labels)

    def test_attention_weighs_vectors(self):
        self.clips()
        self.earshot("datagen", "clips", "vectors", "--labels", "clips.csv", "--pretrained", "own", "-q")
        self.earshot("train", "vectors", "-o", "model", "--arch", "attention", "--channels", 96, "--window", "4s", "--epochs", 8,
                     "--standardise", "data", "--validation", 0, "--threads", 1, "-q")
        for number, label in ((0, "high"), (1, "low")):
            heard = self.earshot("detect", "model", f"clips/{number}.wav", "-q").rows()
            self.assertEqual({event["label"] for event in heard}, {label})

    def test_a_word_shorter_than_a_vector_is_labelled(self):
        for word, seconds in (("yes", 0.05), ("no", 0.3)):
            write_wav(self.dir / f"words/{word}.wav", noise(seconds, RATE, 0.1, 1), RATE)
        (self.dir / "words.csv").write_text("file,label\nyes.wav,yes\nno.wav,no\n")
        self.earshot("datagen", "words", "vectors", "--labels", "words.csv", "--pretrained", "own", "-q")
        for word in ("yes", "no"):
            classes = load(self.dir / f"vectors/{word}.npz")["classes"]
            self.assertGreater(len(classes), 0)
            self.assertTrue((classes >= 0).all(), word)

    def train(self, *words, **expected):
        return self.earshot("train", "--recipe", "ears", "frames", "-o", "model", "--epochs", 1, "--threads", 1, "--validation", 0,
                            "--force", "-q", *words, **expected)

    def test_training_begins_with_them(self):
        self.frames()
        own = {name: values for name, values in arrays_of(EARS).items() if not name.startswith("classes")}
        self.train("--ears-rate", 0)
        learnt = numpy.load(self.dir / "model/weights.npz")
        for name, values in own.items():
            numpy.testing.assert_array_equal(learnt[name], values, name)
        self.train()
        near = numpy.load(self.dir / "model/weights.npz")["top.weight"] - own["top.weight"].numpy()
        self.assertGreater(numpy.abs(near).max(), 0)
        self.assertLess(numpy.abs(near).mean(), 0.1 * own["top.weight"].abs().mean())
        self.train("--ears", "none")
        far = numpy.load(self.dir / "model/weights.npz")["top.weight"] - own["top.weight"].numpy()
        self.assertGreater(numpy.abs(far).mean(), 0.5 * own["top.weight"].abs().mean())

    def test_a_run_goes_on_with_the_ears_that_it_began_with(self):
        self.frames()
        self.train()
        began = json.loads((self.dir / "model/model.json").read_text())["provenance"]["ears"]
        self.assertRegex(began, "^[0-9a-f]{32}$")
        again = ["train", "--recipe", "ears", "frames", "-o", "model", "--epochs", 2, "--threads", 1, "--validation", 0, "-q", "--resume"]
        self.earshot(*again, "--ears", "none", status=1, stderr="ears")

    def say_when(self):
        for number in range(8):
            label = "low" if number % 2 else "high"
            (self.dir / f"clips/{number}.txt").write_text("".join(f"{at}\t{at + 0.6}\t{label}\n" for at in (0.5, 1.5, 2.5)))

    def test_events_of_ears_learn_when_sounds_begin(self):
        self.clips()
        self.say_when()
        self.earshot("datagen", "--recipe", "ears-events", "clips", "frames", "-q")
        self.earshot("train", "frames", "-o", "model", "--folds", 0, "--epochs", 8, "--batch", 4, "--overlay", 0, "--threads", 1, "-q", "--validation", 0)
        heard = self.earshot("detect", "model", "clips/1.wav", "-q").rows()
        self.assertEqual([event["label"] for event in heard], ["low"] * 3)
        for event, onset in zip(heard, (0.5, 1.5, 2.5)):
            self.assertLess(abs(event["onset"] - onset), 0.25)

    def test_events_of_vectors_are_where_the_sounds_are(self):
        self.clips()
        self.say_when()
        self.earshot("datagen", "clips", "vectors", "--pretrained", "own", "--background", "background", "-q")
        self.earshot("train", "vectors", "-o", "model", "--recipe", "events", "--arch", "temporal", "--overlay", 0, "--folds", 0,
                     "--epochs", 30, "--stretch", 0, "--warp", 0, "--mask", 0, "--equalise", 0, "--gain-jitter", 0, "--threads", 1, "-q")
        for number in (0, 1):
            heard = self.earshot("detect", "model", f"clips/{number}.wav", "-q").rows()
            self.assertEqual(len(heard), 3)
            for event, onset in zip(heard, (0.5, 1.5, 2.5)):
                self.assertLess(abs(event["onset"] - onset), 0.3)
                self.assertLess(abs(event["offset"] - onset - 0.6), 0.3)

    def test_says_what_does_not_fit(self):
        self.frames()
        mlp = self.earshot("train", "--arch", "mlp", "--dump-config").out
        (self.dir / "mlp.toml").write_bytes(mlp)
        self.train("--config", "mlp.toml", "--describe")  # what train writes down, it takes
        self.train("--arch", "cnn", "--ears", "none", status=2, stderr="--ears is for --arch ears and ears-events")
        self.train("--ears", "none.ears", status=1, stderr="none.ears")
        self.earshot("train", "frames", "-o", "model", "--arch", "ears", "--window", "1s", "--threads", 1, "-q", status=1,
                     stderr="123 frames")
        self.earshot("datagen", "--front-end", "logmel", "--bins", 40, "clips", "bands", "--labels", "clips.csv", "-q")
        self.earshot("train", "bands", "-o", "model", "--arch", "ears", "--window", "2s", "--threads", 1, "-q", status=1,
                     stderr="64 bands")
