"""The classes of a pretrained network, without training: detect --pretrained."""
import csv
import os
import pathlib
import re
import subprocess
import time
import unittest

import numpy
import torch
from torch import nn

from support.datasets import load
from support.foreign_network import FRAMES, exported
from support.sandbox import EARSHOT, Sandbox, noise, sine, write_wav

RATE, BANDS = 8000, 16
INPUT = ["--front-end", "logmel", "--sample-rate", RATE, "--high", 3800, "--bins", BANDS, "--vector-hop", 0.06]
CLASSES = ["Low", "High, shrill", "Noise", "Hum"]
SOURCE = pathlib.Path(os.environ["EARSHOT_SOURCE"])
PRETRAINED = pathlib.Path(os.environ.get("EARSHOT_PRETRAINED", "/nonexistent"))


class Scores(nn.Module):
    """Four numbers: how much there is in each quarter of the bands, as logits or as scores."""

    def __init__(self, sigmoid):
        super().__init__()
        self.sigmoid = sigmoid

    def forward(self, x):
        quarters = x.reshape(-1, FRAMES, 4, BANDS // 4).mean((1, 3)) * 0.7 + 5.4
        return torch.sigmoid(quarters) if self.sigmoid else quarters


class Tags(Sandbox):
    def setUp(self):
        super().setUp()
        sound = noise(6, RATE, 0.003)
        for onset, hz in [(1, 300), (3, 3000)]:
            sound[onset * RATE : (onset + 1) * RATE] += sine(hz, 1, RATE, 0.2)
        write_wav(self.dir / "a.wav", sound, RATE)
        (self.dir / "net").mkdir()
        self.network(True)
        (self.dir / "net/labels.txt").write_text("\n".join(CLASSES) + "\n")

    def network(self, sigmoid):
        (self.dir / "net.onnx").write_bytes(exported(Scores(sigmoid), BANDS))
        self.earshot("datagen", "a.wav", "-o", "net/a.npz", "--pretrained", "net.onnx", *INPUT, "--unlabelled", "keep", "--force", "-q", stderr=None)
        return load(self.dir / "net/a.npz")["samples"]

    def scores(self, *words):
        """Labels, and scores [windows, labels]."""
        self.earshot("detect", "--pretrained", "net/net.ears", "a.wav", "--scores=scores.tsv", *words, "-q")
        with open(self.dir / "scores.tsv") as file:
            rows = list(csv.reader(file, delimiter="\t"))
        return rows[0][2:], numpy.array(rows[1:], float)[:, 2:]

    def detect(self, *words, **expected):
        return self.earshot("detect", "--pretrained", "net/net.ears", *words, "-q", **expected)

    def test_scores_are_those_of_the_network(self):
        for sigmoid in [True, False]:
            vectors = self.network(sigmoid)
            labels, found = self.scores()
            self.assertEqual(labels, CLASSES)
            numpy.testing.assert_allclose(found, vectors if sigmoid else 1 / (1 + numpy.exp(-vectors)), atol=1e-4)

    def test_groups_have_the_highest_score_of_their_classes(self):
        vectors = self.network(True)
        labels, found = self.scores("--group", "tone=Low,High, shrill,Hum", "--group", "hum=Hum")
        self.assertEqual(labels, ["tone", "hum"])
        numpy.testing.assert_allclose(found, numpy.stack([vectors[:, [0, 1, 3]].max(1), vectors[:, 3]], 1), atol=1e-4)

    def test_events_are_the_same_from_a_file_a_pipe_and_live(self):
        options = ["--threshold", 0.5, "--group", "low=Low", "--group", "high=Hum"]
        heard = self.detect("a.wav", *options).rows()
        self.assertEqual([(e["label"], round(e["onset"]), round(e["offset"])) for e in heard], [("low", 1, 2), ("high", 3, 4)])
        for words in [["-"], ["--device", "-"]]:
            events = self.detect(*words, *options, stdin=(self.dir / "a.wav").read_bytes()).rows()
            self.assertEqual([[e[key] for key in ["onset", "offset", "label", "score"]] for e in events if "label" in e],
                             [[e[key] for key in ["onset", "offset", "label", "score"]] for e in heard])
        for name in ["csv", "tsv", "audacity"]:
            self.assertIn("high", self.detect("a.wav", *options, "--format", name).text())

    def test_whole_recordings_and_several_inputs(self):
        self.assertIn("a.wav,", self.detect("a.wav", "--per-recording", "--group", "low=Low", "--group", "high=Hum").text().replace("a,", "a.wav,"))
        top = self.detect("a.wav", "--top", 2).rows()
        self.assertEqual(len(top), 2)
        (self.dir / "b.wav").write_bytes((self.dir / "a.wav").read_bytes())
        both = self.detect("a.wav", "b.wav", "--label", "Low").rows()
        self.assertEqual({event["file"] for event in both}, {"a.wav", "b.wav"})

    def test_what_was_done_is_not_done_again_unless_groups_change(self):
        (self.dir / "in").mkdir()
        for number in range(300):
            (self.dir / f"in/{number:03}.wav").write_bytes((self.dir / "a.wav").read_bytes())
        command = ["detect", "--pretrained", "net/net.ears", "in", "-o", "out.jsonl", "--group"]
        journal = self.dir / ".out.jsonl.journal"
        for again, stderr in [("Low", "were already scored"), ("Hum", "")]:
            process = subprocess.Popen([EARSHOT, *command, "low=Low", "-j", "1"], cwd=self.dir)
            while process.poll() is None and (not journal.exists() or journal.read_bytes().count(b"\n") < 20):
                time.sleep(0.001)
            process.kill()
            process.communicate()
            self.earshot(*command, f"low={again}", stderr=stderr)

    def test_the_names_of_classes(self):
        (self.dir / "map.csv").write_text('index,mid,display_name\n0,/m/0,Low\n1,/m/1,"High, shrill"\n2,/m/2,Noise\n3,/m/3,Hum\n')
        self.assertEqual(self.scores("--tags", "map.csv")[0], CLASSES)
        (self.dir / "net/x_class_map.csv").write_text((self.dir / "map.csv").read_text())
        self.detect("a.wav", status=2, stderr="both net/labels.txt and net/x_class_map.csv")
        (self.dir / "net/x_class_map.csv").write_text("display_name\nonly\n")  # of another network
        self.detect("a.wav")
        (self.dir / "net/labels.txt").unlink()
        self.detect("a.wav", status=2, stderr="with 4 names is beside it (give --tags FILE)")
        self.detect("a.wav", "--tags", "net/x_class_map.csv", status=2, stderr="it names 1 classes, but net/net.ears has 4")
        self.detect("a.wav", "--tags", "none.csv", status=1, stderr="none.csv")

    def test_wrong_requests(self):
        self.detect("a.wav", "--group", "low=Lwo", status=2, stderr="no class 'Lwo' (did you mean Low?)")
        self.detect("a.wav", "--group", "low", status=2, stderr='write "dog=Dog,Bark"')
        self.detect("a.wav", "--group", "low=Low", "--group", "low=Hum", status=2, stderr="two groups are called 'low'")
        self.detect(status=2, stderr="no input")
        self.detect("a.wav", "--overlap", 0.5, status=2, stderr="--overlap cannot be combined with --pretrained")
        self.earshot("detect", status=2, stderr="no model")
        self.earshot("detect", "net", "a.wav", "--group", "a=b", status=2, stderr="give --pretrained FILE")
        self.earshot("detect", "--pretrained", "net.onnx", "a.wav", "-q", status=2, stderr="does not know this network")
        self.earshot("detect", "--pretrained", "none.tflite", "a.wav", "-q", status=1, stderr="none.tflite")


@unittest.skipUnless(PRETRAINED.is_dir(), "EARSHOT_PRETRAINED does not name a directory of pretrained networks")
class Yamnet(Sandbox):
    NETWORK = PRETRAINED / "yamnet_spectra_in.tflite"

    def test_known_sounds(self):
        samples = numpy.frombuffer((PRETRAINED / "yamnet_test_audio.bin").read_bytes(), "<i2") / 32768
        write_wav(self.dir / "a.wav", samples / abs(samples).max(), 16000)
        top = self.earshot("detect", "--pretrained", self.NETWORK, "a.wav", "--top", 1, "-q").rows()
        self.assertEqual(top[0]["label"], "Speech")
        self.assertGreater(top[0]["score"], 0.9)
        heard = self.earshot("detect", "--pretrained", self.NETWORK, "a.wav", "--group", "dog=Dog,Bark", "--group", "voice=Speech,Singing", "-q").rows()
        self.assertEqual([event["label"] for event in heard], ["voice"])

    def test_the_command_of_the_readme(self):
        command = re.search(r"(?m)^    (earshot detect --pretrained .*)$", (SOURCE / "README.md").read_text()).group(1)
        samples = numpy.frombuffer((PRETRAINED / "yamnet_test_audio.bin").read_bytes(), "<i2") / 32768
        write_wav(self.dir / "night.wav", samples / abs(samples).max(), 16000)
        (self.dir / "night.wav").rename(self.dir / "night.mp3")  # what a file is, its content says
        self.assertIn('"label":"speech"', self.shell(command).text())

    def test_scores_are_those_of_its_last_layer(self):
        """The vector before the last layer is read by itself, so what is left is a product and a sigmoid."""
        write_wav(self.dir / "a.wav", noise(3, 16000, 0.1), 16000)
        self.earshot("detect", "--pretrained", self.NETWORK, "a.wav", "--scores=s.tsv", "-q")
        with open(self.dir / "s.tsv") as file:
            rows = list(csv.reader(file, delimiter="\t"))
        self.assertEqual((len(rows[0]) - 2, len(rows) - 1), (521, 5))
        self.earshot("datagen", "a.wav", "-o", "a.npz", "--pretrained", self.NETWORK, "--vector", "before LOGISTIC", "--unlabelled", "keep", "-q")
        logits = load(self.dir / "a.npz")["samples"]
        numpy.testing.assert_allclose(numpy.array(rows[1:], float)[:, 2:], 1 / (1 + numpy.exp(-logits)), atol=1e-4)


if __name__ == "__main__":
    unittest.main()
