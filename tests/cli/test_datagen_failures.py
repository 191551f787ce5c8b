"""earshot datagen: what is wrong with archives, and the faults of the programs whose work it takes over."""
import json

import numpy

from support.datasets import SPECTRA, DatasetSandbox, load
from support.sandbox import noise, sine, write_wav


class Failures(DatasetSandbox):
    def test_a_failed_recording_is_named_and_the_others_finish(self):
        self.sample("in/good", {"00:00": "a"})
        self.sample("in/broken", {"00:00": "a"})
        (self.dir / "in/broken/labels.json").write_text('{"02:75": "a"}')
        self.sample("in/empty", {"00:00": "a"})
        (self.dir / "in/empty/audio.wav").write_bytes(b"")
        said = self.datagen("in", "out", status=3, stderr=None).err
        self.assertIn("02:75", said)
        self.assertIn("in/empty/audio.wav", said)
        self.assertEqual(len(said.splitlines()), 2, said)
        self.assertEqual(self.files("out"), ["good.npz"])

    def test_what_is_not_there_is_named_and_the_others_finish(self):
        self.sample("in/good", {"00:00": "a"})
        said = self.datagen("nowhere", "in", "out", status=3, stderr=None).err
        self.assertEqual(said.splitlines(), ["earshot datagen: nowhere: No such file or directory"])
        self.assertEqual(self.files("out"), ["good.npz"])

    def test_a_class_of_which_nothing_could_be_read_is_warned_of(self):
        self.sample("in/good", {"00:00": "a"})
        self.sample("in/bad", {"00:00": "b"})
        (self.dir / "in/bad/audio.wav").write_bytes(b"no sound")
        self.datagen("in", "out", status=3, stderr="warning: no frame is labelled 'b' (add recordings, or train with --leave-out 'b'")

    def test_more_classes_than_readers_take(self):
        write_wav(self.dir / "in/a.wav", sine(500, 4))
        (self.dir / "in/a.txt").write_text("".join(f"{i / 65537 * 4:.6f}\t{(i + 1) / 65537 * 4:.6f}\tl{i}\n" for i in range(65537)))
        said = self.datagen("in", "out", status=1, stderr="65537 different labels, but a dataset has at most 65536 classes").err
        self.assertEqual(len(said.splitlines()), 1, said)
        self.assertFalse((self.dir / "out").exists())

    def test_a_slip_of_the_output_costs_no_dataset(self):
        self.sample("one", {"00:00": "a"})
        self.sample("two", {"00:00": "a"}, hz=300)
        self.datagen("one", "-o", "one.npz")
        before = (self.dir / "one.npz").read_bytes()
        self.datagen("two", "-o", "one.npz", status=1, stderr="one.npz was made from one/audio.wav (choose another output")
        self.assertEqual((self.dir / "one.npz").read_bytes(), before)
        self.datagen("two", "-o", "one.npz", "--force")
        self.assertEqual(self.source("one.npz")["file"], "two/audio.wav")

    def test_damaged_audio_gives_what_there_is_and_says_where(self):
        self.sample("in/s", {"00:00": "a"})
        path = self.dir / "in/s/audio.wav"
        path.write_bytes(path.read_bytes()[:44 + 2 * 44100 * 5])
        for _ in range(2):  # a rerun must not call it whole
            said = self.datagen("in", "out", status=3, stderr=None).err
            self.assertIn("warning: in/s/audio.wav: damaged at 5.000 s", said)
            self.assertEqual(len(said.splitlines()), 1, said)
        self.assertEqual(self.classes("out/s.npz"), ["a"] * 3)
        self.assertIn("at 5.000 s", self.source("out/s.npz")["damage"][0])

    def test_nothing_labelled_in_it(self):
        write_wav(self.dir / "in/a.wav", sine(500, 4))
        (self.dir / "in/a.txt").write_text("")
        self.datagen("in", "out", status=1, stderr="none of its frames is labelled (try --background LABEL")

    def test_too_short_for_a_frame(self):
        write_wav(self.dir / "s/audio.wav", sine(500, 0.001))
        (self.dir / "s/labels.json").write_text('{"00:00": "a"}')
        self.datagen("s", "out", status=1, stderr="s/audio.wav: 0.001 s of sound is too short for a frame")
        self.assertEqual(self.files("out"), [])

    def test_labels_of_no_recording_and_past_the_end_are_warned_of(self):
        write_wav(self.dir / "in/a.wav", sine(500, 4))
        (self.dir / "in/labels.tsv").write_text(
            "filename\tonset\toffset\tevent_label\na.wav\t1\t9\tdog\nb.wav\t0\t1\tcat\n")
        said = self.datagen("in", "out", stderr=None).err
        self.assertIn("in/labels.tsv: 'b.wav' is not a recording here", said)
        self.assertIn("in/a.wav: 1 of its labels extend past its end", said)

    def test_a_labels_json_for_several_recordings_is_refused(self):
        for name in "ab":
            write_wav(self.dir / f"in/{name}.wav", sine(500, 2))
        (self.dir / "in/labels.json").write_text('{"00:00": "x"}')
        self.datagen("in", "out", status=1, stderr="describes one recording, but 2 use it")

    def test_unusable_labels_are_never_taken_for_none(self):
        self.sample("in/a", {"00:00": "x"})
        self.sample("in/b", {"00:00": "x"})
        (self.dir / "in/b/labels.json").write_text('{"00:00": "x", "00:75": "y"}')
        for words in (["--background", "z"], ["--unlabelled", "keep"]):
            self.datagen("in", "out", "--force", *words, status=3, stderr="00:75")
            self.assertEqual(self.files("out"), ["a.npz"])

    def test_a_recording_named_twice_counts_once(self):
        self.sample("in/a", {"00:00": "x"})
        said = self.earshot("datagen", *SPECTRA, "in", "in/a", "./in/a/audio.wav", "out", stderr=None).err
        self.assertIn("1 made, 0 unchanged, 0 failed", said)
        self.assertEqual(self.files("out"), ["a.npz"])

    def test_a_directory_that_cannot_be_made(self):
        self.sample("in/a", {"00:00": "x"})
        self.datagen("in", "/proc/none/out", status=1, stderr="cannot create the directory /proc/none/out: No such file")

    def test_usage_errors(self):
        self.sample("s", {"00:00": "a"})
        self.sample("t", {"00:00": "a"})
        for words, message in ((["s"], "DATASET_DIR"),
                               (["s", "t/audio.wav"], "is a file"),
                               (["s", "t", "-o", "x.npz"], "cannot write 2 recordings to one file"),
                               (["s", "out", "--channels", "all"], "a single channel"),
                               (["s", "out", "--low", "5000", "--high", "100"], "low_hz is 5000, must be below"),
                               (["s", "out", "--sample-rate", "16000"], "lower the high frequency"),
                               (["s", "out", "--bins", "0"], "'0' should be a whole number from 1 to 65536"),
                               (["s", "out", "--sample-duration", "0"], "duration_s is 0"),
                               (["s", "out", "--raw", "x,y"], "x,y"),
                               (["s", "out", "--unlabelled", "maybe"], "maybe")):
            with self.subTest(message):
                said = self.datagen(*words, status=2, stderr=message).err
                self.assertEqual(len(said.splitlines()), 1, said)
        self.assertFalse((self.dir / "out").exists())

    def test_missing_inputs_are_named(self):
        self.datagen("nowhere", "out", status=1, stderr="nowhere: No such file or directory")
        (self.dir / "empty").mkdir()
        self.datagen("empty", "out", status=1, stderr="empty: no audio files")
        self.sample("s", {"00:00": "a"})
        self.datagen("s", "out", "--labels", "none.csv", status=1, stderr="none.csv: No such file")
        self.assertFalse((self.dir / "out").exists())


class Originals(DatasetSandbox):
    def test_micmon_08_rows_do_not_differ_from_run_to_run(self):
        write_wav(self.dir / "in/s/audio.wav", noise(9.99, seed=1))
        (self.dir / "in/s/labels.json").write_text('{"00:00": "a"}')
        self.sample("in/t", {"00:00": "b"})
        seen = set()
        for run in range(6):
            self.datagen("in", f"out{run}", "--sample-duration", "100ms", "-j", 1 + run % 4)
            data = load(self.dir / f"out{run}/s.npz")
            self.assertEqual(data["samples"].shape, (100, 100))
            self.assertTrue(numpy.isfinite(data["samples"]).all())
            seen.add((self.dir / f"out{run}/s.npz").read_bytes())
        self.assertEqual(len(seen), 1)

    def test_micmon_12_class_numbers_are_the_same_in_all_files(self):
        self.sample("in/a", {"00:00": "positive"})
        self.sample("in/b", {"00:00": "negative"})
        self.datagen("in", "out")
        a, b = load(self.dir / "out/a.npz"), load(self.dir / "out/b.npz")
        self.assertEqual(list(a["labels"]), list(b["labels"]))
        self.assertNotEqual(set(a["classes"]), set(b["classes"]))

    def test_micmon_13_the_number_of_bins_and_the_duration_are_kept(self):
        self.sample("in/a", {"00:00": "x"})
        self.datagen("in", "out", "--bins", 37, "--sample-duration", "500ms")
        data = load(self.dir / "out/a.npz")
        self.assertEqual(data["samples"].shape, (16, 37))
        settings = json.loads(data["frontend"].item())
        self.assertEqual((settings["bins"], settings["duration_s"]), (37, 0.5))

    def test_micmon_15_a_sample_without_labels_is_noticed(self):
        self.sample("in/a", {"00:00": "x"})
        self.sample("in/b", {"00:00": "x"})
        (self.dir / "in/b/labels.json").unlink()
        self.datagen("in", "out", status=3, stderr="in/b/audio.wav: no labels found (put labels.json beside it")
        self.assertEqual(self.files("out"), ["a.npz"])

    def test_micmon_16_a_failure_half_way_writes_nothing(self):
        samples = numpy.zeros(8 * 44100, dtype="float32")
        samples[-44100:] = 3e38  # whose spectrum is infinite, in the last frame
        write_wav(self.dir / "in/a/audio.wav", samples, subtype="FLOAT")
        (self.dir / "in/a/labels.json").write_text('{"00:00": "x"}')
        self.datagen("in", "out", status=1, stderr="in/a/audio.wav: ")
        self.assertEqual(self.files("out"), [])

    def test_micmon_17_what_is_no_audio_is_an_error_and_makes_no_file(self):
        (self.dir / "in").mkdir()
        (self.dir / "in/audio.mp3").write_bytes(numpy.random.default_rng(0).bytes(20000))
        (self.dir / "in/labels.json").write_text('{"00:00": "x"}')
        self.datagen("in", "out", status=1, stderr="in/audio.mp3: ")
        (self.dir / "in/audio.mp3").write_text("this is no MP3 " * 1000)
        self.datagen("in/audio.mp3", "out", status=1, stderr="in/audio.mp3: not audio")
        self.assertEqual(self.files("out"), [])

    def test_micmon_18_a_mistyped_option_is_an_error(self):
        self.sample("in", {"00:00": "x"})
        self.datagen("in", "out", "--sample-durration=1", status=2, stderr="--sample-durration")
        self.assertFalse((self.dir / "out").exists())

    def test_sounddetect_09_recordings_need_not_be_of_one_length(self):
        for i, seconds in enumerate((0.3, 1, 1.00002, 2.7)):
            write_wav(self.dir / f"in/{'ok' if i % 2 else 'ng'}/{i}.wav", noise(seconds, seed=i))
        self.datagen("in", "out", "--sample-duration", "1s")
        rows = [load(self.dir / "out" / name)["samples"].shape for name in self.files("out")]
        self.assertEqual(sorted(rows), [(1, 100), (1, 100), (1, 100), (3, 100)])

    def test_sounddetect_10_what_fails_to_load_is_not_silence_labelled_normal(self):
        write_wav(self.dir / "in/ok.wav", noise(2))
        (self.dir / "in/bad.wav").write_bytes(b"RIFF\x10\0\0\0WAVEjunk")
        write_wav(self.dir / "in/unknown.wav", noise(2))
        (self.dir / "in/labels.csv").write_text("file,label\nok.wav,normal\nbad.wav,normal\n")
        said = self.datagen("in", "out", status=3, stderr="in/bad.wav").err
        self.assertIn("in/unknown.wav: in/labels.csv has no labels for it", said)
        self.assertEqual(self.files("out"), ["ok.npz"])

    def test_sounddetect_12_every_recording_is_a_group_of_its_own(self):
        for name in "abc":
            write_wav(self.dir / f"in/{name}.wav", noise(2))
        (self.dir / "in/labels.csv").write_text("file,label\na.wav,x\nb.wav,y\nc.wav,x\n")
        self.datagen("in", "out")
        self.assertEqual(len({self.source(f"out/{name}")["group"] for name in self.files("out")}), 3)
