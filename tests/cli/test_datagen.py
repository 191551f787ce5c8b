"""earshot datagen: what it makes of archives."""
import json

import numpy

from support.datasets import SPECTRA, DatasetSandbox, load
from support.sandbox import sine, write_wav

KEYS = {"samples": "<f4", "classes": "<i8", "cutoff_frequencies": "<f8", "labels": "<U", "times": "<f8",
        "events": "<f8", "labelled": "<f8", "frontend": "<U", "source": "<U"}


class Layouts(DatasetSandbox):
    def test_a_directory_for_each_sample(self):
        self.sample("in/one", {"00:00": "quiet", "00:04": "loud"})
        self.sample("in/deep/er/two", {"00:00": "loud"})
        self.datagen("in", "out")
        self.assertEqual(self.files("out"), ["deep-er-two.npz", "one.npz"])
        self.assertEqual(self.classes("out/one.npz"), ["quiet"] * 2 + ["loud"] * 2)
        self.assertEqual(self.classes("out/deep-er-two.npz"), ["loud"] * 4)

    def test_one_directory_that_is_a_sample(self):
        self.sample("night", {"00:00": "quiet"})
        self.datagen("night", "out")
        self.assertEqual(self.files("out"), ["night.npz"])

    def test_a_directory_with_one_label_file(self):
        forms = {"csv": "file,label\na.wav,dog\nsub/b.wav,cat\n",
                 "tsv": "filename\tonset\toffset\tevent_label\na.wav\t0\t8\tdog\nsub/b.wav\t0\t8\tcat\n"}
        for form, text in forms.items():
            with self.subTest(form):
                write_wav(self.dir / form / "a.wav", sine(500, 8))
                write_wav(self.dir / form / "sub" / "b.wav", sine(500, 8))
                (self.dir / form / f"labels.{form}").write_text(text)
                self.datagen(form, f"out_{form}")
                self.assertEqual(self.files(f"out_{form}"), ["a.npz", "sub-b.npz"])
                self.assertEqual(self.classes(f"out_{form}/a.npz"), ["dog"] * 4)
                self.assertEqual(self.classes(f"out_{form}/sub-b.npz"), ["cat"] * 4)

    def test_labels_beside_each_recording(self):
        for name, label in (("a", "dog"), ("b", "cat")):
            write_wav(self.dir / "in" / f"{name}.wav", sine(500, 4))
            (self.dir / "in" / f"{name}.txt").write_text(f"0.0\t4.0\t{label}\n")
        self.datagen("in", "out")
        self.assertEqual(self.classes("out/a.npz"), ["dog"] * 2)
        self.assertEqual(self.classes("out/b.npz"), ["cat"] * 2)

    def test_a_directory_for_each_class(self):
        write_wav(self.dir / "in/dog/1.wav", sine(500, 4))
        write_wav(self.dir / "in/cat/1.wav", sine(900, 2))
        write_wav(self.dir / "in/cat/old/2.wav", sine(900, 2))
        self.datagen("in", "out")
        self.assertEqual(self.files("out"), ["cat-1.npz", "cat-old-2.npz", "dog-1.npz"])
        self.assertEqual(self.classes("out/dog-1.npz"), ["dog"] * 2)
        self.assertEqual(self.classes("out/cat-old-2.npz"), ["cat"])

    def test_a_label_file_elsewhere(self):
        write_wav(self.dir / "in/a.wav", sine(500, 4))
        (self.dir / "meta.csv").write_text("file,label\nin/a.wav,dog\n")
        self.datagen("in", "out", "--labels", "meta.csv")
        self.assertEqual(self.classes("out/a.npz"), ["dog"] * 2)

    def test_single_files_and_lists(self):
        self.sample("x", {"00:00": "a"})
        self.sample("y", {"00:00": "b"})
        (self.dir / "list.txt").write_text("x/audio.wav\n# a comment\ny/audio.wav\n")
        self.datagen("@list.txt", "out")
        names = self.files("out")  # both would be audio.npz
        self.assertEqual(len(names), 2)
        self.assertTrue(all(name.startswith("audio-") for name in names), names)
        self.datagen("x/audio.wav", "-o", "one.npz")
        self.assertEqual(self.classes("one.npz"), ["a"] * 4)


class Contents(DatasetSandbox):
    def test_every_key_that_the_formats_page_lists(self):
        self.sample("in/s", {"00:00": "low", "00:05": "hoch ü"})
        self.datagen("in", "out", "--bins", 10, "--low", 100, "--high", 5000, "--sample-duration", "1s")
        data = load(self.dir / "out/s.npz")
        self.assertEqual(set(data), set(KEYS))
        for key, dtype in KEYS.items():
            self.assertTrue(data[key].dtype.str.startswith(dtype), (key, data[key].dtype))
        self.assertEqual(data["samples"].shape, (8, 10))
        numpy.testing.assert_array_equal(data["cutoff_frequencies"], [100, 5000])
        self.assertEqual(list(data["labels"]), ["hoch ü", "low"])
        numpy.testing.assert_array_equal(data["classes"], [1] * 5 + [0] * 3)
        numpy.testing.assert_array_equal(data["times"], numpy.arange(8))
        numpy.testing.assert_array_equal(data["events"], [[0, 5, 1], [5, 8, 0]])
        self.assertEqual(json.loads(data["frontend"].item()),
                         {"kind": "spectrum", "rate_hz": 44100, "duration_s": 1, "low_hz": 100, "high_hz": 5000,
                          "bins": 10})
        source = self.source("out/s.npz")
        self.assertEqual((source["file"], source["group"]), ("in/s/audio.wav", "in/s"))
        self.assertEqual(len(source["content_hash"]), 32)
        self.assertEqual(data["samples"].argmax(1).tolist(), [1] * 8)  # 1 kHz lies in 590..1080 Hz
        numpy.testing.assert_allclose(data["samples"].max(1), 0.5, atol=1e-3)

    def test_a_frame_takes_the_label_that_covers_most_of_it(self):
        for cut, expected in ((2.9, "abb"), (3.1, "aab"), (4, "aab")):
            self.sample("s", {"00:00": "a", f"00:{cut:04.1f}": "b"}, seconds=6)
            self.datagen("s", "out")
            self.assertEqual(self.classes("out/s.npz"), list(expected), cut)

    def test_a_short_last_frame_counts_only_its_sound(self):
        # The last frame is 1.2 s long, 0.7 s of it a; were it taken for 2 s, b would cover more.
        self.sample("s", {"00:00": "a", "00:02.7": "b"}, seconds=3.2)
        self.datagen("s", "out")
        self.assertEqual(self.classes("out/s.npz"), ["a", "a"])

    def test_unlabelled_frames_are_dropped_kept_or_a_class(self):
        write_wav(self.dir / "in/a.wav", sine(500, 8))
        (self.dir / "in/a.txt").write_text("2.0\t4.0\tdog\n6.5\t8.0\tdog\n")
        self.datagen("in", "drop")
        self.assertEqual(self.classes("drop/a.npz"), ["dog", "dog"])
        numpy.testing.assert_array_equal(load(self.dir / "drop/a.npz")["times"], [2, 6])
        self.datagen("in", "keep", "--unlabelled", "keep")
        self.assertEqual(self.classes("keep/a.npz"), [None, "dog", None, "dog"])
        self.datagen("in", "fill", "--background", "nothing")
        self.assertEqual(self.classes("fill/a.npz"), ["nothing", "dog", "nothing", "dog"])

    def test_start_and_duration_keep_the_recording_s_own_times(self):
        self.sample("s", {"00:00": "a", "00:04": "b"}, seconds=12)
        self.datagen("s", "out", "--start", "2s", "--duration", "00:06")
        numpy.testing.assert_array_equal(load(self.dir / "out/s.npz")["times"], [2, 4, 6])
        self.assertEqual(self.classes("out/s.npz"), ["a", "b", "b"])

    def test_channels_are_chosen(self):
        write_wav(self.dir / "s/audio.wav", numpy.stack([sine(1500, 2), sine(5500, 2, amplitude=0.25)], 1))
        (self.dir / "s/labels.json").write_text('{"00:00": "a"}')
        for channels, low, high in (("left", 0.5, 0), ("2", 0, 0.25), ("mix", 0.25, 0.125)):
            self.datagen("s", "-o", f"{channels}.npz", "--channels", channels, "--bins", 20, "--low", 0)
            frame = load(self.dir / f"{channels}.npz")["samples"][0]
            self.assertAlmostEqual(frame[1], low, places=3)
            self.assertAlmostEqual(frame[5], high, places=3)

    def test_groups_come_from_a_column(self):
        for name in "abc":
            write_wav(self.dir / f"in/{name}.wav", sine(500, 2))
        (self.dir / "in/labels.csv").write_text("file,label,speaker\na.wav,x,ann\nb.wav,y,bob\nc.wav,x,ann\n")
        self.datagen("in", "out", "--group", "speaker")
        self.assertEqual([self.source(f"out/{name}.npz")["group"] for name in "abc"], ["ann", "bob", "ann"])
        self.datagen("in", "out2", "--group", "fold", status=1, stderr="no column 'fold' (columns: file, label, speaker)")

    def test_the_summary_adds_up(self):
        self.sample("in/s", {"00:00": "a", "00:02": "b"})
        self.sample("in/t", {"00:00": "a"})
        said = self.earshot("datagen", *SPECTRA, "in", "out", stderr=None).err.splitlines()
        self.assertEqual([line.split() for line in said[:3]],
                         [["class", "frames", "seconds", "share"], ["a", "5", "10.0", "62.5%"],
                          ["b", "3", "6.0", "37.5%"]])
        self.assertEqual(said[3:], ["2 made, 0 unchanged, 0 failed: out"])

    def test_compressed_and_stored_files_say_the_same(self):
        self.sample("s", {"00:00": "a"}, seconds=60)
        self.datagen("s", "-o", "small.npz")
        self.datagen("s", "-o", "large.npz", "--store")
        small, large = load(self.dir / "small.npz"), load(self.dir / "large.npz")
        for key in KEYS:
            numpy.testing.assert_array_equal(small[key], large[key])
        self.assertLess((self.dir / "small.npz").stat().st_size, (self.dir / "large.npz").stat().st_size)
