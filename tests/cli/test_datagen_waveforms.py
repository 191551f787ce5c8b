"""earshot datagen on files of labelled waveforms, the data of SoundDitect."""
import json

import numpy

from support.datasets import DatasetSandbox, load
from support.sandbox import noise, write_wav

RATE = 8000
OPTIONS = ["--front-end", "waveform", "--sample-rate", RATE, "--high", 3000, "--frame", "250ms", "--hop", "250ms"]


class Waveforms(DatasetSandbox):
    def setUp(self):
        super().setUp()
        self.waveforms = noise(2.5, RATE, 0.1, seed=5).reshape(10, 2000).astype(numpy.float32)
        self.labels = ["OK", "NG"] * 5

    def write(self, name, waveforms=None, labels=None, **more):
        waveforms = self.waveforms if waveforms is None else waveforms
        rows = [row.tolist() if isinstance(row, numpy.ndarray) else row for row in waveforms]
        (self.dir / name).write_text(json.dumps(
            {"waveforms": rows, "labels": self.labels if labels is None else labels, "fs": RATE, **more}))

    def made(self, *words, **expected):
        self.datagen(*words, "-o", "out", "--force", *OPTIONS, **expected)

    def test_frames_are_those_of_recordings_in_folders(self):
        """OK/ and NG/ with a WAV for each waveform say the same as the JSON file."""
        self.write("data.json", metric="RMS")
        for i, (samples, label) in enumerate(zip(self.waveforms, self.labels)):
            write_wav(self.dir / f"in/{label}/{i}.wav", samples, RATE, "FLOAT")
        self.made("data.json")
        data = load(self.dir / "out/data.npz")
        self.assertEqual(list(data["labels"]), ["NG", "OK"])
        self.assertEqual(self.classes("out/data.npz"), self.labels)
        numpy.testing.assert_allclose(data["times"], numpy.arange(10) * 0.25)
        self.assertEqual(self.source("out/data.npz")["file"], "data.json")
        self.made("in")
        for i, label in enumerate(self.labels):
            one = load(self.dir / f"out/{label}-{i}.npz")
            numpy.testing.assert_array_equal(one["samples"][0], data["samples"][i])

    def test_the_older_form(self):
        (self.dir / "old.json").write_text(json.dumps(
            [{"Waveform": row.tolist(), "Labels": i % 2} for i, row in enumerate(self.waveforms)]))
        self.datagen("old.json", "-o", "out", "--front-end", "waveform", "--frame", "45ms", "--hop", "45ms")
        self.assertEqual(self.classes("out/old.npz"), self.labels)

    def test_several_files_share_their_classes(self):
        self.write("a.json", labels=["OK"] * 10)
        self.write("b.json", labels=["NG"] * 10)
        self.made("a.json", "b.json")
        self.assertEqual([set(self.classes(f"out/{name}.npz")) for name in "ab"], [{"OK"}, {"NG"}])
        self.assertEqual(list(load(self.dir / "out/a.npz")["labels"]), ["NG", "OK"])

    def test_a_rerun_leaves_them_alone(self):
        self.write("data.json")
        words = ["datagen", "data.json", "-o", "out", *OPTIONS]
        self.earshot(*words, stderr="1 made, 0 unchanged")
        self.earshot(*words, stderr="0 made, 1 unchanged")

    def bad(self):
        rows = [row.tolist() for row in self.waveforms]
        rows[2] = rows[2][:700]
        rows[5][77] = "loud"
        self.write("data.json", rows, [*self.labels[:8], 3])

    def test_what_cannot_be_used_is_named_with_the_remedy(self):
        cases = {
            "data.json: waveform 3: 700 samples, but waveform 1 has 2000 (fix it, or skip such waveforms with "
            "--skip-bad)": lambda rows, labels: rows.__setitem__(2, rows[2][:700]),
            "data.json: waveform 6: a string, expected numbers": lambda rows, labels: rows[5].__setitem__(7, "loud"),
            "data.json: waveform 4: no samples": lambda rows, labels: rows.__setitem__(3, []),
            "data.json: label 2: null, expected a label": lambda rows, labels: labels.__setitem__(1, None),
            "data.json: 10 waveforms, but 9 labels": lambda rows, labels: labels.pop(),
        }
        for message, spoil in cases.items():
            rows, labels = [row.tolist() for row in self.waveforms], list(self.labels)
            spoil(rows, labels)
            self.write("data.json", rows, labels)
            with self.subTest(message):
                said = self.made("data.json", status=1, stderr=message)
        (self.dir / "data.json").write_text(json.dumps({"waveforms": [[1.0, float("nan")]]}))
        self.made("data.json", status=1, stderr="data.json: line 1, column 2")
        self.assertFalse(list((self.dir / "out").glob("*")))

    def test_what_cannot_be_used_is_left_out_on_request_and_counted(self):
        self.bad()
        self.made("data.json", "--skip-bad",
                  stderr="data.json: 4 of 10 waveforms left out (waveform 3: 700 samples, but waveform 1 has 2000, and more)")
        data = load(self.dir / "out/data.npz")
        good = [0, 1, 3, 4, 6, 7]
        self.assertEqual(self.classes("out/data.npz"), [self.labels[i] for i in good])
        self.write("whole.json", self.waveforms[good], [self.labels[i] for i in good])
        self.made("whole.json")
        numpy.testing.assert_array_equal(load(self.dir / "out/whole.npz")["samples"], data["samples"])
        self.write("data.json", [[], []], ["OK", "NG"])
        self.made("data.json", "--skip-bad", status=1, stderr="data.json: no usable waveform (waveform 1: no samples)")

    def test_another_rate_and_too_short_waveforms(self):
        self.write("data.json", fs=16000)
        self.made("data.json", status=1,
                  stderr='data.json: "fs" is 16000, but frames are made at 8000 Hz (give --sample-rate 16000)')
        self.write("data.json", self.waveforms[:, :1999])
        self.made("data.json", status=1, stderr="waveforms of 1999 samples are too short for a frame of 0.25 s")

    def test_one_that_fails_does_not_stop_the_rest(self):
        self.write("a.json")
        self.write("b.json", labels=["OK"])
        self.made("a.json", "b.json", status=3, stderr="b.json: 10 waveforms, but 1 labels")
        self.assertEqual(self.files("out"), ["a.npz"])
