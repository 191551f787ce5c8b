"""earshot detect: events and scores of recordings."""
import csv
import io
import json
import re

import numpy
import scipy.ndimage
import scipy.special

from support.models import DATAGEN, LABELS, WEIGHT, scores_of, write_model
from support.sandbox import Sandbox, sine, write_wav

RATE = 8000


def beeps(rate=RATE):
    """8 s: a low tone from 2 to 4 s and a high one from 5 to 6 s."""
    quiet = lambda seconds: numpy.zeros(round(seconds * rate))
    return numpy.concatenate([quiet(2), sine(500, 2, rate), quiet(1), sine(2500, 1, rate), quiet(2)])


class DetectSandbox(Sandbox):
    def setUp(self):
        super().setUp()
        write_model(self.dir / "model")

    def beeps(self, name, rate=RATE):
        write_wav(self.dir / name, beeps(rate), rate)

    def detect(self, *words, **options):
        return self.earshot("detect", "model", *words, **options)

    def table(self, text):
        header, *lines = text.splitlines()
        rows = numpy.array([[float(field) for field in line.split("\t")] for line in lines])
        return header.split("\t"), rows.reshape(-1, len(header.split("\t")))


class Events(DetectSandbox):
    def test_what_sounds_when(self):
        self.beeps("a.wav")
        out = self.detect("a.wav").text()
        self.assertEqual([json.loads(line) for line in out.splitlines()],
                         [{"file": "a.wav", "onset": 2.0, "offset": 4.0, "label": "low", "score": 1.0},
                          {"file": "a.wav", "onset": 5.0, "offset": 6.0, "label": "high", "score": 1.0}])
        self.assertTrue(out.startswith('{"file":"a.wav","onset":2.0,"offset":4.0,"label":"low","score":'))

    def test_any_rate_and_channels(self):
        loud = 1.9 * beeps(44100)
        write_wav(self.dir / "a.wav", numpy.column_stack([loud, 0 * loud]), 44100)
        self.assertEqual([(e["onset"], e["offset"], e["label"]) for e in self.detect("a.wav").rows()],
                         [(2.0, 4.0, "low"), (5.0, 6.0, "high")])
        self.assertEqual(self.detect("a.wav", "--channels", "right").rows(), [])

    def test_standard_input_gives_what_the_file_gives(self):
        self.beeps("a.wav")
        of_file = self.detect("a.wav").rows()
        wav = (self.dir / "a.wav").read_bytes()
        self.assertEqual(self.detect("-", stdin=wav).rows(), [{**event, "file": "-"} for event in of_file])
        raw = (beeps() * 32767).astype("<i2").tobytes()
        self.assertEqual([e["onset"] for e in self.detect("-", "--raw", "s16le,8000,1", stdin=raw).rows()], [2.0, 5.0])

    def test_a_part_keeps_the_times_of_the_whole(self):
        self.beeps("a.wav")
        events = self.detect("a.wav", "--start", "3s", "--duration", "2.25s", "--scores=s.tsv").rows()
        self.assertEqual([(e["onset"], e["offset"], e["label"]) for e in events],
                         [(3.0, 4.0, "low"), (5.0, 5.25, "high")])
        _, rows = self.table((self.dir / "s.tsv").read_text())
        self.assertEqual((rows[0, 0], rows[-1, 1]), (3.0, 5.25))

    def test_scores_without_a_place_do_not_take_the_model_for_it(self):
        self.beeps("in/a.wav")
        rows = self.earshot("detect", "--per-recording", "--scores", "model", "in").text().splitlines()
        self.assertEqual(rows[0], "id,label,score")
        self.assertEqual(len(rows), 2)
        self.earshot("detect", "--scores", "model", "in", status=2, stderr="--scores needs a destination (write --scores=FILE")

    def test_scores_of_the_first_version_work_with_a_warning(self):
        self.beeps("a.wav")
        self.detect("a.wav", "--scores=new.tsv")
        self.detect("a.wav", "--scores", "old.tsv", stderr="warning: write --scores=old.tsv with an equals sign")
        self.assertEqual((self.dir / "old.tsv").read_text(), (self.dir / "new.tsv").read_text())

    def test_scores_in_a_configuration_file(self):
        self.beeps("a.wav")
        for value, name in (("'s.tsv'", "s.tsv"), ("true", None), ("false", None)):
            (self.dir / "c.toml").write_text(f"[detect]\nscores = {value}\n")
            words = ["--per-recording"] if not name else []
            text = self.detect("a.wav", "--config", "c.toml", *words).text()
            self.assertEqual(name is None or (self.dir / name).exists(), True)
            if not name:
                self.assertEqual(text.startswith("id,label,score\n"), value == "true")

    def test_silence_has_no_events(self):
        write_wav(self.dir / "a.wav", numpy.zeros(RATE), RATE)
        self.assertEqual(self.detect("a.wav").out, b"")
        self.detect("a.wav", "--exit-status", status=4)
        self.beeps("b.wav")
        self.detect("a.wav", "b.wav", "--exit-status")

    def test_the_best_labels_of_a_recording(self):
        write_wav(self.dir / "a.wav", sine(500, 3, RATE), RATE)
        rows = self.detect("a.wav", "--top", 2).rows()
        self.assertEqual([(e["label"], e["onset"], e["offset"]) for e in rows], [("low", 0, 3), ("silence", 0, 3)])
        self.assertEqual(len(self.detect("a.wav", "--top", 99).rows()), 3)

    def test_options_may_stand_before_arguments(self):
        self.beeps("a.wav")
        run = self.earshot("detect", "--label", "high", "--threshold", "0.5", "--off-threshold", "low=0.4", "model", "a.wav")
        self.assertEqual([e["label"] for e in run.rows()], ["high"])

    def test_frames_are_made_of_one_channel(self):
        self.beeps("a.wav")
        self.detect("a.wav", "--channels", "all", status=2, stderr="frames need a single channel")

    def test_labels_and_thresholds_of_choice(self):
        self.beeps("a.wav")
        self.assertEqual([e["label"] for e in self.detect("a.wav", "--label", "high").rows()], ["high"])
        silent = self.detect("a.wav", "--label", "silence").rows()
        self.assertEqual([(e["onset"], e["offset"]) for e in silent], [(0, 2), (4, 5), (6, 8)])
        self.detect("a.wav", "--label", "dog", status=2, stderr="the model has no label 'dog' (labels: low, high, silence)")
        self.detect("a.wav", "--threshold", "dog=0.5", status=2, stderr="the model has no label 'dog'")
        self.detect("a.wav", "--threshold", "7", status=2, stderr="'7' is not a score from 0 to 1")
        self.detect("a.wav", "--off-threshold", "0.9", status=2, stderr="above its threshold")


class Rules(DetectSandbox):
    def random_scores(self):
        """Sound of random loudness, window by window, so that scores are anything between 0 and 1."""
        random = numpy.random.default_rng(5)
        loudness = numpy.repeat(random.uniform(0.1, 0.4, 200), RATE // 2)
        write_wav(self.dir / "a.wav", loudness * sine(500, 100, RATE, 1), RATE, "FLOAT")
        _, rows = self.table(self.detect("a.wav", "--scores=-").text())
        scores = rows[:, 2]
        self.assertGreater(numpy.count_nonzero((scores > 0.2) & (scores < 0.8)), 10)
        return scores

    def test_events_are_what_scipy_makes_of_the_scores(self):
        scores = self.random_scores()
        for smooth, windows in (("0s", 1), ("1.5s", 3), ("3.4s", 7)):
            smoothed = scipy.ndimage.median_filter(scores, windows, mode="nearest")
            active = scipy.ndimage.label(smoothed >= 0.6)[0]
            spans = [(found[0].start, found[0].stop) for found in scipy.ndimage.find_objects(active)]
            want = [(first / 2, last / 2, "low", smoothed[first:last].max()) for first, last in spans]
            self.assertGreater(len(want), 5)
            rows = self.detect("a.wav", "--label", "low", "--threshold", "0.6", "--smooth", smooth).rows()
            self.assertEqual([(e["onset"], e["offset"], e["label"]) for e in rows], [w[:3] for w in want])
            numpy.testing.assert_allclose([e["score"] for e in rows], [w[3] for w in want], atol=5.1e-5)

    def test_gaps_are_filled_and_then_short_events_dropped(self):
        scores = self.random_scores()
        active = scores >= 0.6
        gap, least = 2, 5  # windows
        padded = numpy.pad(active, gap + 1)
        filled = scipy.ndimage.binary_closing(padded, numpy.ones(gap + 1))[gap + 1:-gap - 1]
        spans = [found[0] for found in scipy.ndimage.find_objects(scipy.ndimage.label(filled)[0])]
        want = [(s.start / 2, s.stop / 2) for s in spans if s.stop - s.start >= least]
        self.assertTrue(0 < len(want) < len(spans))
        rows = self.detect("a.wav", "--label", "low", "--threshold", "0.6", "--merge-gap", "1s", "--min-duration",
                           "2.5s").rows()
        self.assertEqual([(e["onset"], e["offset"]) for e in rows], want)


    def test_what_is_quiet_and_any_sound(self):
        quiet = lambda seconds: numpy.zeros(round(seconds * RATE))
        parts = [quiet(1), sine(500, 1, RATE, 0.02), quiet(1), sine(2500, 1, RATE, 0.2), quiet(1)]
        write_wav(self.dir / "a.wav", numpy.concatenate(parts), RATE, "FLOAT")
        spans = lambda *words: [(e["onset"], e["offset"], e["label"]) for e in self.detect("a.wav", *words).rows()]
        self.assertEqual(spans("--label", "any", "--min-level", "-60"), [(1, 2, "any"), (3, 4, "any")])
        self.assertEqual(spans("--label", "any", "--min-level=-30"), [(3, 4, "any")])
        self.assertEqual(spans("--threshold", 0, "--min-level", -30, "--label", "low"), [(0, 5, "low")])
        self.assertEqual(spans("--threshold", 1e-9, "--min-level", -30, "--label", "low"), [(3, 4, "low")])
        self.detect("a.wav", "--label", "any", status=2, stderr="needs a level above which sound counts")

    def test_cooling_down(self):
        beep = numpy.concatenate([sine(500, 0.5, RATE), numpy.zeros(RATE // 2)])
        write_wav(self.dir / "a.wav", numpy.tile(beep, 8), RATE)
        onsets = lambda *words: [e["onset"] for e in self.detect("a.wav", *words).rows()]
        self.assertEqual(onsets(), [0, 1, 2, 3, 4, 5, 6, 7])
        self.assertEqual(onsets("--cool-down", "1s"), [0, 2, 4, 6])
        self.assertEqual(onsets("--cool-down", "low=1s", "--cool-down", "9s"), [0, 2, 4, 6])
        self.detect("a.wav", "--cool-down", "dog=1s", status=2, stderr="the model has no label 'dog'")

    def test_overlapping_windows(self):
        """Each window's score is that of the same stretch of sound alone."""
        random = numpy.random.default_rng(7)
        samples = numpy.repeat(random.uniform(0.1, 0.4, 40), RATE // 4) * sine(500, 10, RATE, 1)
        write_wav(self.dir / "a.wav", samples, RATE, "FLOAT")
        _, rows = self.table(self.detect("a.wav", "--overlap", 0.5, "--scores=-").text())
        self.assertEqual(len(rows), 39)
        for phase, start, duration in ((0, "0s", "10s"), (1, "250ms", "9.5s")):
            words = ["--start", start, "--duration", duration, "--scores=-"]
            _, apart = self.table(self.detect("a.wav", *words).text())
            numpy.testing.assert_array_equal(rows[phase::2, 2:], apart[:, 2:])
        numpy.testing.assert_array_equal(rows[1:, 0], rows[:-1, 1])
        numpy.testing.assert_array_equal(rows[1:, 0], 0.125 + 0.25 * numpy.arange(1, 39))


class Scores(DetectSandbox):
    def test_scores_are_those_of_the_network(self):
        random = numpy.random.default_rng(1)
        write_wav(self.dir / "in" / "a.wav", 0.1 * random.standard_normal(10 * RATE) + sine(700, 10, RATE, 0.2), RATE)
        (self.dir / "in" / "labels.json").write_text('{"00:00": "low", "00:05": "silence"}')
        self.earshot("datagen", "in", "ds", "-q", *DATAGEN)
        data = numpy.load(next((self.dir / "ds").glob("*.npz")))
        header, rows = self.table(self.detect("in/a.wav", "--scores=-").text())
        self.assertEqual(header, ["onset", "offset", *LABELS])
        numpy.testing.assert_allclose(rows[:, 2:], scores_of(data["samples"]), rtol=1e-4, atol=1e-7)
        numpy.testing.assert_array_equal(rows[:, 0], data["times"])

    def test_sounddetect_11_detection_sees_what_training_saw(self):
        random = numpy.random.default_rng(2)
        write_wav(self.dir / "in" / "a.wav", 0.1 * random.standard_normal(round(7.3 * 22050)), 22050)
        (self.dir / "in" / "labels.json").write_text('{"00:00": "low", "00:05": "silence"}')
        self.earshot("datagen", "in", "ds", "-q", *DATAGEN)
        self.earshot("evaluate", "model", "ds", "--scores", "of_dataset.tsv")
        self.earshot("evaluate", "model", "in", "--scores", "of_audio.tsv")
        self.detect("in/a.wav", "--scores=of_detect.tsv")
        digits = lambda name, skip: [line.split("\t")[skip:] for line in (self.dir / name).read_text().splitlines()]
        self.assertEqual(digits("of_dataset.tsv", 3), digits("of_detect.tsv", 2))  # the same 32-bit numbers
        self.assertEqual(digits("of_audio.tsv", 1), digits("of_dataset.tsv", 1))

    def test_notebook_windows_cover_the_recording_and_no_more(self):
        # The notebook scored 11 windows of 10.01 s where 9 cover it.
        for seconds, windows in ((10.0, 20), (10.01, 20), (10.3, 21), (0.3, 1)):
            write_wav(self.dir / "a.wav", sine(500, seconds, RATE), RATE)
            _, rows = self.table(self.detect("a.wav", "--scores=-").text())
            self.assertEqual(len(rows), windows, seconds)
            self.assertEqual(rows[0, 0], 0)
            numpy.testing.assert_array_equal(rows[1:, 0], rows[:-1, 1])
            self.assertLessEqual(rows[-1, 1], seconds)
            self.assertGreater(rows[-1, 1], seconds - 0.25)

    def test_events_and_scores_to_files(self):
        self.beeps("a.wav")
        events = self.detect("a.wav").text()
        self.assertEqual(self.detect("a.wav", "--scores=-", "-o", "e.jsonl").text().split("\n")[0],
                         "onset\toffset\tlow\thigh\tsilence")
        self.assertEqual((self.dir / "e.jsonl").read_text(), events)


class Formats(DetectSandbox):
    def test_each_format(self):
        self.beeps("a.wav")
        table = list(csv.reader(io.StringIO(self.detect("a.wav", "--format", "csv").text())))
        self.assertEqual(table, [["file", "onset", "offset", "label", "score"],
                                 ["a.wav", "2.000", "4.000", "low", "1.0000"],
                                 ["a.wav", "5.000", "6.000", "high", "1.0000"]])
        self.assertEqual(self.detect("a.wav", "--format", "tsv").text(),
                         "filename\tonset\toffset\tevent_label\na.wav\t2.000\t4.000\tlow\na.wav\t5.000\t6.000\thigh\n")
        self.assertEqual(self.detect("a.wav", "--format", "audacity").text(), "2.000\t4.000\tlow\n5.000\t6.000\thigh\n")
        self.assertEqual(json.loads(self.detect("a.wav", "--format", "labels-json").text()),
                         {"00:00": "silence", "00:02": "low", "00:04": "silence", "00:05": "high", "00:06": "silence"})

    def test_the_name_of_a_file_says_its_format_and_label_reads_it(self):
        self.beeps("a.wav")
        for name in ("e.csv", "e.tsv", "e.txt", "e.json", "e.jsonl"):
            self.detect("a.wav", "-o", name)
            converted = self.earshot("label", "convert", name, "--to", "labels-json", "--gap-label", "silence").text()
            self.assertEqual(json.loads(converted), {"00:00": "silence", "00:02": "low", "00:04": "silence",
                                                     "00:05": "high", "00:06": "silence"}, name)

    def test_label_checks_and_counts_what_was_found(self):
        for name in ("a.wav", "b.wav"):
            self.beeps(name)
        self.detect("a.wav", "b.wav", "-o", "events.jsonl")
        self.assertEqual(self.earshot("label", "check", "-q", "a.wav", "b.wav", "--labels", "events.jsonl").text(), "")
        stats = json.loads(self.earshot("label", "stats", "--json", "events.jsonl").text().splitlines()[0])
        self.assertEqual((stats["label"], stats["count"]), ("high", 2))

    def test_of_events_that_overlap_labels_json_has_the_stronger(self):
        self.beeps("a.wav")
        rows = self.detect("a.wav", "--threshold", 0, "--format", "jsonl").rows()
        self.assertGreater(sum(row["onset"] == 0 for row in rows), 1)  # all the time, all of them
        labels = json.loads(self.detect("a.wav", "--threshold", 0, "--format", "labels-json").text())
        score = {row["label"]: row["score"] for row in rows if row["onset"] == 0}
        self.assertEqual(score[list(labels.values())[0]], max(score.values()))

    def test_a_file_for_each_recording(self):
        for name in ("in/a.wav", "in/b.wav", "in/sub/a.wav"):
            self.beeps(name)
        self.detect("in", "-o", "out/", "--scores=scores/", "--format", "audacity", "-j", 2)
        names = sorted(path.name for path in (self.dir / "out").iterdir())
        self.assertEqual(names, ["b.txt", "in-a.txt", "sub-a.txt"])
        for directory, end in (("out", "5.000\t6.000\thigh"), ("scores", "")):
            for path in (self.dir / directory).iterdir():
                self.assertIn(end, path.read_text())
        self.beeps("other/sub/a.wav")
        self.detect("in/sub", "other/sub", "-o", "alike/")
        names = [path.name for path in (self.dir / "alike").iterdir()]
        self.assertEqual(len(names), 2)
        self.assertTrue(all(re.fullmatch("sub-a-[0-9a-f]{8}.jsonl", name) for name in names), names)
        self.detect("in", "--format", "audacity", status=2, stderr="give a directory, -o DIR/")
        self.detect("in", "--scores=s.tsv", status=2, stderr="give --scores=DIR/")


class Batches(DetectSandbox):
    def test_jobs_change_nothing_but_the_time(self):
        random = numpy.random.default_rng(3)
        for i in range(12):
            write_wav(self.dir / "in" / f"{i:02}.wav",
                      sine(500, 1 + i % 5, RATE, 1) * random.uniform(0.1, 0.4), RATE)
        alone = self.detect("in", "-j", 1).text()
        self.assertEqual(self.detect("in", "-j", 4).text(), alone)
        files = [event["file"] for event in map(json.loads, alone.splitlines())]
        self.assertEqual(files, sorted(files))
        self.assertGreater(len(set(files)), 3)

    def test_a_file_that_cannot_be_read_is_named_and_the_others_go_on(self):
        self.beeps("a.wav")
        self.beeps("c.wav")
        (self.dir / "b.wav").write_text("not sound")
        for jobs in (1, 2):
            run = self.detect("a.wav", "b.wav", "c.wav", "-j", jobs, status=3, stderr="b.wav: ")
            self.assertEqual(len(run.err.splitlines()), 1)
            self.assertEqual([event["file"] for event in run.rows()], ["a.wav"] * 2 + ["c.wav"] * 2)
        self.assertEqual(len(self.detect("b.wav", status=1, stderr="b.wav: ").err.splitlines()), 1)

    def test_what_is_not_there_is_named_and_the_others_go_on(self):
        self.beeps("a.wav")
        (self.dir / "empty").mkdir()
        (self.dir / "list.txt").write_text("a.wav\nlost.wav\n")
        run = self.detect("nowhere.wav", "a.wav", "empty", "@list.txt", status=3, stderr=None)
        self.assertEqual(run.err.splitlines(),
                         ["earshot detect: nowhere.wav: No such file or directory",
                          "earshot detect: empty: no audio files in this directory",
                          "earshot detect: lost.wav: No such file or directory (list.txt, line 2)"])
        self.assertEqual([event["file"] for event in run.rows()], ["a.wav"] * 4)
        said = self.detect("nowhere.wav", "@none.txt", status=1, stderr=None).err
        self.assertEqual(len(said.splitlines()), 2, said)

    def test_linked_directories_are_heard_and_circles_end(self):
        self.beeps("far/a.wav")
        (self.dir / "in").mkdir()
        (self.dir / "in/link").symlink_to(self.dir / "far")
        (self.dir / "far/up").symlink_to(self.dir / "in")
        self.assertEqual({event["file"] for event in self.detect("in").rows()}, {"in/link/a.wav"})

    def test_a_damaged_file_is_heard_as_far_as_it_goes(self):
        self.beeps("a.wav")
        whole = (self.dir / "a.wav").read_bytes()
        (self.dir / "a.wav").write_bytes(whole[:44 + 2 * 5 * RATE])
        run = self.detect("a.wav", status=3, stderr="a.wav: damaged at ")
        self.assertEqual([e["label"] for e in run.rows()], ["low"])

    def test_too_short_for_a_window(self):
        write_wav(self.dir / "a.wav", numpy.zeros(1), RATE)
        self.detect("a.wav", status=1, stderr="too short for a window of 0.5 s")

    def test_nothing_is_left_when_output_cannot_be_written(self):
        self.beeps("a.wav")
        run = self.detect("a.wav", "a.wav", "-o", "no/such/file.jsonl", status=1, stderr="cannot write no/such/file.jsonl")
        self.assertEqual(len(run.err.splitlines()), 1)


class Models(DetectSandbox):
    def refused(self, message):
        self.beeps("a.wav")
        run = self.detect("a.wav", status=1, stderr=message)
        self.assertEqual(len(run.err.splitlines()), 1)
        self.assertEqual(run.out, b"")

    def test_sounddetect_6_no_weights_is_an_error(self):
        (self.dir / "model" / "weights.npz").unlink()
        self.refused("weights.npz")

    def test_micmon_14_no_model_file_is_an_error_that_says_so(self):
        (self.dir / "model" / "model.json").unlink()
        self.refused("it has no model.json")
        self.earshot("detect", "nowhere", "a.wav", status=1, stderr="nowhere: no such model directory")

    def test_damaged_and_newer_models(self):
        (self.dir / "model" / "model.json").write_text("{")
        self.refused("not valid JSON")
        write_model(self.dir / "model", format_version=99)
        self.refused("format version 99")
        write_model(self.dir / "model")
        weights = self.dir / "model" / "weights.npz"
        weights.write_bytes(weights.read_bytes()[:200])
        self.refused("weights.npz")

    def test_micmon_13_the_front_end_travels_with_the_model(self):
        write_model(self.dir / "model", frontend=dict(kind="spectrum", rate_hz=16000, duration_s=0.25, low_hz=0.0,
                                                      high_hz=8000.0, bins=4))
        self.beeps("a.wav")
        _, rows = self.table(self.detect("a.wav", "--scores=-").text())
        self.assertEqual(len(rows), 32)
        write_model(self.dir / "model", frontend=None)
        self.refused("does not say how its frames were computed")
        write_model(self.dir / "model", weight=WEIGHT[:, :3])
        self.refused("windows of 3 values, but its front end produces 4")
        write_model(self.dir / "model", frontend={"kind": "magic"})
        self.refused("model/model.json: ")
