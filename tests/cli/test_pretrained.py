"""Frames that a network of others makes: datagen --pretrained, train, detect."""
import json
import os
import pathlib
import unittest

import numpy
import torch
from torch import nn

from support.datasets import load
from support.foreign_network import FRAMES, exported, network
from support.sandbox import Sandbox, noise, sine, write_wav

RATE, BANDS = 8000, 16
INPUT = ["--front-end", "logmel", "--sample-rate", RATE, "--high", 3800, "--bins", BANDS]
# Where the files of earshot-pretrained(7) are, for those who have them.
PRETRAINED = pathlib.Path(os.environ.get("EARSHOT_PRETRAINED", "/nonexistent"))


class Steps(nn.Module):
    """Three numbers for every five frames, two frames apart."""

    def __init__(self, padding=0):
        super().__init__()
        torch.manual_seed(8)
        self.conv = nn.Conv1d(BANDS, 3, 5, stride=2, padding=padding)

    def forward(self, x):
        return self.conv(x.transpose(1, 2)).transpose(1, 2)


class Pretrained(Sandbox):
    def setUp(self):
        super().setUp()
        (self.dir / "net.onnx").write_bytes(exported(network(BANDS), BANDS))
        for number in range(6):
            sound = noise(6, RATE, 0.003, number)
            for onset, hz in [(1, 500), (3, 1500)]:
                sound[onset * RATE : (onset + 1) * RATE] += sine(hz, 1, RATE, 0.2)
            write_wav(self.dir / f"clips/{number}.wav", sound, RATE)
            (self.dir / f"clips/{number}.txt").write_text("0\t1\tquiet\n1\t2\tlow\n2\t3\tquiet\n3\t4\thigh\n4\t6\tquiet\n")

    def datagen(self, *words, **expected):
        return self.earshot("datagen", "clips", "data", "--pretrained", "net.onnx", *INPUT, "--vector-hop", 0.06, *words, "-q", **expected)

    def train(self, *words, **expected):
        return self.earshot("train", "data", "-o", "model", "--arch", "lda", "--background", "quiet", "--threads", 1, *words, "-q", **expected)

    def test_vectors_are_those_of_pytorch(self):
        self.datagen("--unlabelled", "keep")
        self.earshot("datagen", "clips", "frames", *INPUT, "--unlabelled", "keep", "-q")
        made, frames = load(self.dir / "data/0.npz"), load(self.dir / "frames/0.npz")["samples"]
        settings = json.loads(str(made["frontend"]))
        self.assertEqual([settings[key] for key in ["kind", "network", "file", "frames", "hop", "steps", "dimension"]],
                         ["embedding", "net", "net.onnx", FRAMES, 6, 1, 3])
        windows = numpy.stack([frames[at : at + FRAMES] for at in range(0, len(frames) - FRAMES + 1, 6)])
        wanted = network(BANDS).eval()(torch.tensor(windows)).detach().numpy()
        numpy.testing.assert_allclose(made["samples"], wanted, atol=2e-4)
        numpy.testing.assert_allclose(made["times"], 0.06 * numpy.arange(len(wanted)), atol=1e-9)

    def test_any_value_of_the_network(self):
        self.datagen("--vector", "before Tanh", "--unlabelled", "keep")
        self.assertEqual(load(self.dir / "data/0.npz")["samples"].shape[1], 8)
        self.earshot("datagen", "clips", "more", "--pretrained", "net.onnx", *INPUT, "--vector", "no", status=1, stderr="no tensor 'no'")

    def test_a_model_needs_nothing_but_its_directory(self):
        self.datagen()
        self.train()
        (self.dir / "net.onnx").unlink()
        (self.dir / "data").rename(self.dir / "elsewhere")
        heard = self.earshot("detect", "model", "clips/5.wav", "-q")
        found = [(event["label"], round(event["onset"]), round(event["offset"])) for event in heard.rows()]
        self.assertEqual(found, [("low", 1, 2), ("high", 3, 4)])
        # From a pipe, in blocks of other sizes.
        piped = self.shell("cat clips/5.wav | earshot detect model - -q").rows()
        self.assertEqual([(e["onset"], e["offset"], e["label"], e["score"]) for e in piped],
                         [(e["onset"], e["offset"], e["label"], e["score"]) for e in heard.rows()])
        judged = self.earshot("evaluate", "model", "elsewhere", "-q")
        self.assertIn("low", judged.text())

    def test_vectors_are_learnt_by_the_recipe_for_them(self):
        self.datagen()
        words = ["train", "data", "-o", "model", "--background", "quiet", "--threads", 1]
        said = self.earshot(*words, stderr="cross-validation over 6 recordings").err
        self.assertIn("more recordings of each label", said)
        model = json.loads((self.dir / "model/model.json").read_text())
        self.assertEqual((model["recipe"], model["architecture"]["kind"]), ("vectors", "linear"))
        heard = self.earshot("detect", "model", "clips/5.wav", "-q").rows()
        self.assertEqual([event["label"] for event in heard], ["low", "high"])
        self.earshot(*words, "--arch", "neighbours", "--force", "-q")
        self.assertEqual([event["label"] for event in self.earshot("detect", "model", "clips/5.wav", "-q").rows()], ["low", "high"])
        self.earshot(*words, "--recipe", "spectrum-mlp", "--epochs", 2, "--force", "-q")
        self.assertEqual(json.loads((self.dir / "model/model.json").read_text())["architecture"]["kind"], "mlp")

    def test_a_smaller_model_has_the_network_too(self):
        self.datagen()
        self.train()
        self.earshot("export", "model", "--weights", "float16", "-o", "small/")
        heard = [self.earshot("detect", model, "clips/5.wav", "-q").rows() for model in ["model", "small"]]
        self.assertEqual([(e["onset"], e["label"]) for e in heard[0]], [(e["onset"], e["label"]) for e in heard[1]])
        self.assertEqual(len(heard[1]), 2)

    def test_a_model_may_link_to_the_network(self):
        self.datagen()
        self.train("--link")
        link = self.dir / "model/pretrained.ears"
        self.assertEqual(link.resolve(), (self.dir / "data/net.ears").resolve())
        self.assertTrue(link.is_symlink())
        self.assertEqual(len(self.earshot("detect", "model", "clips/5.wav", "-q").rows()), 2)
        (self.dir / "data/net.ears").unlink()
        self.earshot("detect", "model", "clips/5.wav", "-q", status=1, stderr="pretrained.ears")

    def test_a_network_that_was_read_once_is_read_again(self):
        self.datagen()
        (self.dir / "data/net.ears").rename(self.dir / "kept.ears")
        self.earshot("datagen", "clips", "again", "--pretrained", "kept.ears", "-q")
        for name in ["samples", "frontend", "times"]:
            numpy.testing.assert_array_equal(load(self.dir / "data/0.npz")[name], load(self.dir / "again/0.npz")[name])
        self.train(status=1, stderr="is not beside it")
        self.assertTrue((self.dir / "again/net.ears").is_file())
        self.earshot("datagen", "clips", "more", "--pretrained", "kept.ears", "--vector", "x", status=2, stderr="one kind of vector")
        self.earshot("datagen", "clips", "more", "--pretrained", "kept.ears", "--vector-hop", "1s", status=2, stderr="says itself")

    def test_rounded_weights_take_less_space_and_give_the_same_vectors_everywhere(self):
        self.datagen("--unlabelled", "keep")
        exact, size = load(self.dir / "data/0.npz")["samples"], (self.dir / "data/net.ears").stat().st_size
        for type_, name, most in [("float16", "float16", 0.01), ("int8", "int8", 0.1)]:
            self.datagen("--unlabelled", "keep", "--weights", type_, "--force", stderr=None)
            made = load(self.dir / "data/0.npz")
            self.assertEqual(json.loads(str(made["frontend"]))["weights"], name)
            self.assertLess((self.dir / "data/net.ears").stat().st_size, size)
            with numpy.load(self.dir / "data/net.ears") as file:
                self.assertIn(numpy.dtype(name), {file[array].dtype for array in file.files})
            numpy.testing.assert_allclose(made["samples"], exact, atol=most)
            self.assertFalse(numpy.array_equal(made["samples"], exact))
            self.earshot("datagen", "clips", "again", "--pretrained", "data/net.ears", "--unlabelled", "keep", "--force", "-q", stderr=None)
            numpy.testing.assert_array_equal(load(self.dir / "again/0.npz")["samples"], made["samples"])
        self.datagen("--weights", "int8", "--force", stderr=None)
        self.train()
        self.assertEqual(len(self.earshot("detect", "model", "clips/5.wav", "-q").rows()), 2)

    def test_another_network_is_noticed(self):
        self.datagen()
        self.datagen("--vector", "before Tanh", "--force", stderr=None)
        self.assertEqual(load(self.dir / "data/0.npz")["samples"].shape[1], 8)
        self.train()
        (self.dir / "other.onnx").write_bytes(exported(nn.Sequential(nn.Flatten(), nn.Linear(FRAMES * BANDS, 3)), BANDS))
        self.earshot("datagen", "clips", "others", "--pretrained", "other.onnx", *INPUT, "-q")
        self.earshot("train", "data", "others", "-o", "both", "-q", status=1, stderr="different front ends")
        (self.dir / "others/other.ears").rename(self.dir / "data/net.ears")
        self.train("--force", status=1, stderr="not the network that the datasets were made with")

    def test_several_vectors_a_window_lie_where_their_frames_do(self):
        self.earshot("datagen", "clips", "frames", *INPUT, "--unlabelled", "keep", "-q")
        frames = load(self.dir / "frames/0.npz")["samples"]
        for steps in [1, 4, 7]:
            conv = Steps()
            (self.dir / "steps.onnx").write_bytes(exported(conv, BANDS, 5 + 2 * (steps - 1)))
            hop = ["--vector-hop", 0.02] if steps == 1 else []  # the others say it themselves
            command = ["datagen", "clips", "steps", "--pretrained", "steps.onnx", *INPUT, "--unlabelled", "keep", "-q"]
            self.earshot(*command, "--force", *hop, stderr=None)
            made = load(self.dir / "steps/0.npz")
            # The convolution over the whole recording, as far as there are windows.
            wanted = conv.eval()(torch.tensor(frames[None]))[0].detach().numpy()
            count = (len(frames) - 5 - 2 * (steps - 1)) // (2 * steps) * steps + steps
            self.assertEqual(made["samples"].shape, (count, 3), steps)
            numpy.testing.assert_allclose(made["samples"], wanted[:count], atol=1e-4)
            numpy.testing.assert_allclose(made["times"], 0.02 * numpy.arange(count), atol=1e-9)
        self.earshot(*command, "--vector-hop", 0.05, status=2, stderr="0.02 s apart")
        self.earshot(*command, "--vector-hop", 0.02, "--force", stderr=None)
        # Seven steps of the padded one would need 14 frames.
        (self.dir / "steps.onnx").write_bytes(exported(Steps(padding=2), BANDS, 13))
        self.earshot(*command, status=2, stderr="more than its 13 frames")

    def test_wrong_requests(self):
        self.earshot("datagen", "clips", "data", "--pretrained", "net.onnx", status=2, stderr="does not know this network")
        self.earshot("datagen", "clips", "data", "--pretrained", "net.onnx", "--front-end", "logmel", status=2, stderr="frames of 16 values")
        self.earshot("datagen", "clips", "data", "--pretrained", "none.onnx", *INPUT, status=1, stderr="none.onnx")
        self.earshot("datagen", "clips", "data", "--pretrained", "net.onnx", *INPUT, "--vector-hop", 10, status=2, stderr="hop is 1000")
        self.assertFalse((self.dir / "data").exists())

    def test_a_single_file_has_the_network_beside_it(self):
        (self.dir / "one").mkdir()
        self.earshot("datagen", "clips/0.wav", "-o", "one/x.npz", "--pretrained", "net.onnx", *INPUT, "-q")
        self.assertTrue((self.dir / "one/net.ears").is_file())


@unittest.skipUnless(PRETRAINED.is_dir(), "EARSHOT_PRETRAINED does not name a directory of pretrained networks")
class KnownNetworks(Sandbox):
    def vectors(self, file, sound, *words):
        write_wav(self.dir / "clip/a.wav", sound, 16000)
        self.earshot("datagen", "clip", "-o", "a.npz", "--pretrained", PRETRAINED / file, "--unlabelled", "keep", "--force", *words, "-q", stderr=None)
        made = load(self.dir / "a.npz")
        return made["samples"], json.loads(str(made["frontend"]))

    def test_yamnet(self):
        sound = noise(2, 16000, 0.1)
        pooled, settings = self.vectors("yamnet_spectra_in.tflite", sound)
        self.assertEqual((settings["network"], settings["hop"], pooled.shape), ("yamnet", 48, (3, 1024)))
        cells, settings = self.vectors("yamnet_spectra_in.tflite", sound, "--vector", "cells")
        self.assertEqual((settings["steps"], cells.shape), (3, (6, 1024)))
        # Patches 0 and 2 do not overlap, and have three cells each.
        numpy.testing.assert_allclose(cells.reshape(2, 3, 1024).mean(1), pooled[[0, 2]], atol=1e-4)

    def test_speech_embedding(self):
        vectors, settings = self.vectors("embedding_model.onnx", noise(2, 16000, 0.1))
        self.assertEqual((settings["network"], vectors.shape[1]), ("speech_embedding", 96))


if __name__ == "__main__":
    unittest.main()
