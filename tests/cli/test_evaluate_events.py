"""earshot evaluate of events: figures beside slow ones in numpy and scipy, and the ways to name what is judged."""
import json
import math
import unittest

import numpy

from support.models import DATAGEN, LABELS, write_model
from support.sandbox import Sandbox, sine, write_wav
from support.timelines import Case, event_hits, intersections, psds, ratios, segment_roll

RATE = 8000
NAMES = ("precision", "recall", "f1")


class EventSandbox(Sandbox):
    def report(self, *words, **options):
        return json.loads(self.earshot("evaluate", *words, "--json", **options).text())

    def events(self, *words, **options):
        return self.report(*words, **options)["events"]

    def refused(self, *words, message, status=1):
        run = self.earshot("evaluate", *words, status=status, stderr=message)
        self.assertEqual(len(run.err.splitlines()), 1)
        self.assertEqual(run.out, b"")

    def near(self, got, want, message=""):
        if want is None or math.isnan(want):
            return self.assertIsNone(got, message)
        self.assertIsNotNone(got, message)
        self.assertAlmostEqual(got, want, delta=1e-6, msg=message)


class Figures(EventSandbox):
    """Beside implementations that count one by one, on random timelines."""

    CASES = (dict(seed=1, recordings=8, steps=150, labels=3), dict(seed=2, recordings=10, steps=120, labels=4, levels=40),
             dict(seed=3, recordings=5, steps=300, labels=2))

    def each_case(self):
        for settings in self.CASES:
            self.setUp()  # a directory of its own
            case = Case(**settings)
            case.write(self.dir)
            yield case, self.events("--detections", "found.tsv", "--score-tables", "scores", "--durations",
                                    "durations.tsv", "truth.tsv")

    def check(self, ours, kind, counts):
        """Counts of (hits, reference, detected) of each label."""
        each = {label: ratios(*numbers) for label, numbers in counts.items()}
        occurs = [label for label, numbers in counts.items() if numbers[1]]
        for label, want in each.items():
            for name, value in zip(NAMES, want):
                self.near(ours["labels"][label][kind][name], value, f"{kind} {label} {name}")
        for i, name in enumerate(NAMES):
            self.near(ours[kind]["macro"][name], numpy.mean([numpy.nan_to_num(each[label][i]) for label in occurs]))
            self.near(ours[kind]["micro"][name], ratios(*map(sum, zip(*counts.values())))[i])

    def test_events(self):
        for case, ours in self.each_case():
            counts = {}
            for label in case.labels:
                pairs = [(case.of_label(case.truth, n, label), case.of_label(case.found, n, label)) for n in case.names]
                counts[label] = (sum(event_hits(*pair) for pair in pairs), sum(len(r) for r, _ in pairs),
                                 sum(len(d) for _, d in pairs))
            self.assertGreater(sum(c[0] for c in counts.values()), 1)
            self.check(ours, "event", counts)
            self.assertEqual({label: (one["reference"], one["detected"]) for label, one in ours["labels"].items()},
                             {label: numbers[1:] for label, numbers in counts.items()})

    def test_segments(self):
        for case, ours in self.each_case():
            rolls = [numpy.array([numpy.concatenate([segment_roll(case.of_label(side, n, label), 20, 1.0)
                                                     for n in case.names]) for label in case.labels])
                     for side in (case.truth, case.found)]
            reference, detected = rolls
            both = reference & detected
            self.check(ours, "segment", {label: (int(both[c].sum()), int(reference[c].sum()), int(detected[c].sum()))
                                         for c, label in enumerate(case.labels)})
            r, d, h = (roll.sum(axis=0) for roll in (reference, detected, both))
            wrong = dict(substitutions=numpy.minimum(r, d) - h, deletions=numpy.maximum(0, r - d),
                         insertions=numpy.maximum(0, d - r))
            for name, count in wrong.items():
                self.near(ours["segment"]["micro"][name], count.sum() / r.sum())
            self.near(ours["segment"]["micro"]["error_rate"], sum(count.sum() for count in wrong.values()) / r.sum())
            each = [(reference[c] ^ detected[c]).sum() / reference[c].sum() for c in range(len(case.labels))]
            self.near(ours["segment"]["macro"]["error_rate"], numpy.mean(each))
            for label, rate in zip(case.labels, each):
                self.near(ours["labels"][label]["segment"]["error_rate"], rate)

    def test_intersections_and_false_alarms(self):
        for case, ours in self.each_case():
            counts, alarms = {}, 0
            for label in case.labels:
                hits = wrong = reference = 0
                for name in case.names:
                    true, found = case.of_label(case.truth, name, label), case.of_label(case.found, name, label)
                    h, w, _ = intersections(true, {}, found, 0.5, 0.5)
                    hits, wrong, reference = hits + h, wrong + w, reference + len(true)
                    alarms += sum(all(b <= c or d <= a for c, d in true) for a, b in found)
                counts[label] = (hits, reference, hits + wrong)
            self.check(ours, "intersection", counts)
            hours = len(case.names) * case.duration / 3600
            self.near(ours["hours"], hours)
            self.near(ours["false_alarms_per_hour"] * hours, alarms)
            self.near(ours["false_alarms_per_week"], ours["false_alarms_per_hour"] * 168)

    def test_psds(self):
        for case, ours in self.each_case():
            for name, settings in (("psds1", dict(dtc=0.7, gtc=0.7)),
                                   ("psds2", dict(dtc=0.1, gtc=0.1, cttc=0.3, alpha_ct=0.5))):
                whole, each = psds(case, **settings)
                self.near(ours[name], whole, name)
                for label, value in each.items():
                    self.near(ours["labels"][label][name], value, f"{name} {label}")
                self.assertGreater(max(each.values()), 0)
                low, high = ours["intervals"][name]
                self.assertLessEqual(low, high)

    def test_as_sed_eval_has_them(self):
        try:
            import sed_eval
        except ImportError:
            self.skipTest("sed_eval is not installed")
        for case, ours in self.each_case():
            judges = dict(event=sed_eval.sound_event.EventBasedMetrics(
                case.labels, t_collar=0.2, percentage_of_length=0.2, empty_system_output_handling="zero_score"),
                          segment=sed_eval.sound_event.SegmentBasedMetrics(case.labels, time_resolution=1.0))
            for kind, judge in judges.items():
                for name in case.names:
                    judge.evaluate(*([dict(filename=name, event_onset=a, event_offset=b, event_label=label)
                                      for a, b, label in side[name]] for side in (case.truth, case.found)))
                theirs = judge.results()
                for average, key in (("micro", "overall"), ("macro", "class_wise_average")):
                    self.near(ours[kind][average]["f1"], theirs[key]["f_measure"]["f_measure"])
            self.near(ours["segment"]["micro"]["error_rate"], theirs["overall"]["error_rate"]["error_rate"])

    def test_as_sed_scores_eval_has_them(self):
        try:
            from sed_scores_eval import intersection_based
            from sed_scores_eval.base_modules.scores import create_score_dataframe
        except ImportError:
            self.skipTest("sed_scores_eval is not installed")
        for case, ours in self.each_case():
            scores = {n: create_score_dataframe(case.scores[n].astype(float), case.times, case.labels) for n in case.names}
            durations = {n: case.duration for n in case.names}
            for name, settings in (("psds1", dict(dtc_threshold=0.7, gtc_threshold=0.7)),
                                   ("psds2", dict(dtc_threshold=0.1, gtc_threshold=0.1, cttc_threshold=0.3, alpha_ct=0.5))):
                whole, *_ = intersection_based.psds(scores, case.truth, durations, alpha_st=1.0, max_efpr=100.0, **settings)
                self.near(ours[name], whole)


class Timelines(EventSandbox):
    """Files of events beside label files."""

    def setUp(self):
        super().setUp()
        (self.dir / "truth.tsv").write_text("filename\tonset\toffset\tevent_label\n"
                                            "a.wav\t1\t2\tcry\na.wav\t4\t5\tbark\nb.wav\t2\t3\tcry\n")

    def write(self, name, text):
        (self.dir / name).parent.mkdir(parents=True, exist_ok=True)
        (self.dir / name).write_text(text)

    def hits(self, *words, **options):
        labels = self.events(*words, **options)["labels"]
        return {label: (one["event"]["precision"], one["event"]["recall"]) for label, one in labels.items()}

    def test_any_format_and_names_with_or_without_directories(self):
        perfect = {"cry": (1, 1), "bark": (1, 1)}
        self.write("found.jsonl", "".join(
            json.dumps(dict(file=f, onset=a, offset=b, label=c, score=0.9)) + "\n"
            for f, a, b, c in (("in/a.wav", 1, 2, "cry"), ("in/a.wav", 4, 5, "bark"), ("in/b.wav", 2, 3, "cry"))))
        self.write("found.csv", "file,onset,offset,label\n/x/a.ogg,1,2,cry\n/x/a.ogg,4,5,bark\nb,2,3,cry\n")
        self.write("each/a.txt", "1\t2\tcry\n4\t5\tbark\n")
        self.write("each/b.txt", "2\t3\tcry\n")
        for words in (["found.jsonl"], ["found.csv"], ["each"], ["each/a.txt", "each/b.txt"], ["truth.tsv"]):
            with self.subTest(words):
                named = [word for file in words for word in ("--detections", file)]
                self.assertEqual(self.hits(*named, "truth.tsv"), perfect)
                self.assertEqual(self.hits("--detections", "truth.tsv", *words), perfect)

    def test_recordings_without_detections_count_and_unknown_ones_are_named(self):
        self.write("found.csv", "file,onset,offset,label\na.wav,1,2,cry\nc.wav,1,2,cry\n")
        warned = dict(stderr="'c.wav' is not in the truth, and left out")
        self.assertEqual(self.hits("--detections", "found.csv", "truth.tsv", **warned),
                         {"bark": (None, 0), "cry": (1, 0.5)})
        self.write("durations.tsv", "filename\tduration\na.wav\t1800\nb.wav\t900\nc.wav\t900\n")
        ours = self.report("--detections", "found.csv", "truth.tsv", "--durations", "durations.tsv")
        self.assertEqual(ours["events"]["recordings"], 3)
        self.assertEqual(ours["events"]["hours"], 1)
        self.assertEqual(ours["events"]["labels"]["cry"]["event"]["precision"], 0.5)
        self.assertEqual(ours["events"]["false_alarms_per_hour"], 1)
        self.assertEqual(ours["unknown_lengths"], 0)

    def test_length_is_that_of_the_sound_or_of_what_is_known(self):
        self.assertEqual(self.report("--detections", "truth.tsv", "truth.tsv")["unknown_lengths"], 2)
        self.assertAlmostEqual(self.events("--detections", "truth.tsv", "truth.tsv")["hours"] * 3600, 8, delta=0.01)
        for name, seconds in (("a.wav", 6), ("b.wav", 10)):
            write_wav(self.dir / name, sine(500, seconds, RATE), RATE)
        ours = self.report("--detections", "truth.tsv", "truth.tsv")
        self.assertEqual(ours["unknown_lengths"], 0)
        self.assertAlmostEqual(ours["events"]["hours"] * 3600, 16, delta=0.01)
        text = self.earshot("evaluate", "--detections", "truth.tsv", "truth.tsv").text()
        self.assertNotIn("unknown length", text)
        self.assertLessEqual(max(map(len, text.splitlines())), 100)

    def test_directory_of_labelled_recordings(self):
        for name, label in (("a", "cry"), ("b", "bark")):
            write_wav(self.dir / "in" / f"{name}.wav", sine(500, 4, RATE), RATE)
            self.write(f"in/{name}.json", json.dumps({"00:00": "background", "00:01": label, "00:03": "background"}))
        self.write("found.jsonl", json.dumps(dict(file="in/a.wav", onset=1, offset=3, label="cry")) + "\n")
        self.assertEqual(self.hits("--detections", "found.jsonl", "in"), {"bark": (None, 0), "cry": (1, 1)})
        # labels.json cannot say when the last label ends, so it lasts until the recording does.
        self.write("open.json", json.dumps({"00:00": "background", "00:01": "cry"}))
        self.write("open.csv", "file,onset,offset,label\nopen.wav,1,7,cry\n")
        self.refused("--detections", "open.csv", "open.json", message="whose length is not known (give --durations)")
        self.write("lengths.csv", "filename,duration\nopen.wav,7\n")
        self.assertEqual(self.hits("--detections", "open.csv", "open.json", "--durations", "lengths.csv"), {"cry": (1, 1)})

    def test_labels_may_be_chosen(self):
        words = "--detections", "truth.tsv", "truth.tsv"
        self.assertEqual(set(self.hits(*words, "--tags", "cry")), {"cry"})
        self.assertEqual(set(self.hits(*words, "--leave-out", "cry")), {"bark"})
        self.assertEqual(set(self.hits(*words, "--background", "bark")), {"cry"})

    def test_collar_and_segment(self):
        self.write("found.csv", "file,onset,offset,label\na.wav,1.3,2,cry\na.wav,4,5,bark\nb.wav,2,3.5,cry\n")
        f1 = lambda *words: self.events("--detections", "found.csv", "truth.tsv", *words)["labels"]["cry"]
        self.assertEqual(f1()["event"]["f1"], 0)
        self.assertEqual(f1("--collar", "0.35")["event"]["f1"], 0.5)
        self.assertEqual(f1("--collar", "500ms")["event"]["f1"], 1)
        self.assertEqual(f1()["segment"]["recall"], 1)
        self.assertEqual(f1("--segment", "0.25")["segment"]["recall"], 7 / 8)
        self.refused("--detections", "found.csv", "truth.tsv", "--segment", "0", message="--segment must be above 0", status=2)

    def test_scores_alone_make_events_at_one_half(self):
        self.write("scores/a.tsv", "onset\toffset\tcry\tbark\n0\t1\t0.1\t0\n1\t2\t0.9\t0.2\n2\t4\t0.4\t0\n4\t5\t0.1\t0.5\n")
        self.write("scores/b.tsv", "onset\toffset\tbark\tcry\n0\t2\t0\t0.2\n2\t3\t0.1\t0.7\n")
        ours = self.events("--score-tables", "scores", "truth.tsv")
        self.assertEqual({label: one["event"]["f1"] for label, one in ours["labels"].items()}, {"cry": 1, "bark": 1})
        self.assertEqual((ours["psds1"], ours["psds2"], ours["scored"]), (1, 1, 2))
        self.write("scores/a.tsv", "onset\toffset\tcry\n0\t1\t0.1\n1\t2\t0.9\n")
        self.write("scores/b.tsv", "onset\toffset\tcry\n0\t2\t0.2\n2\t3\t0.7\n")
        ours = self.events("--score-tables", "scores", "truth.tsv", stderr="no table has a column for bark")
        self.assertEqual([ours["labels"][label]["psds2"] for label in ("bark", "cry")], [0, 1])
        (self.dir / "scores/b.tsv").unlink()
        ours = self.events("--score-tables", "scores", "--detections", "truth.tsv", "truth.tsv", "--tags", "cry",
                           stderr="1 of 2 recordings have no score table")
        self.assertEqual((ours["scored"], ours["recordings"]), (1, 2))

    def test_bad_input_is_named(self):
        self.write("weak.csv", "file,label\na.wav,cry\n")
        self.refused("--detections", "truth.tsv", "weak.csv", message="no recording has labels with times")
        self.write("two.tsv", "filename\tonset\toffset\tevent_label\nx/a.wav\t1\t2\tcry\ny/a.wav\t1\t2\tcry\n")
        self.refused("--detections", "truth.tsv", "two.tsv", message="'a.wav' may be several recordings")
        self.refused("--detections", "two.tsv", "truth.tsv", message="may both be a.wav of the truth")
        self.refused("--detections", "none.tsv", "truth.tsv", message="none.tsv")
        self.write("none/x.npy", "")
        self.refused("--score-tables", "none", "truth.tsv", message="no score tables")
        for text, message in (("onset\toffset\tcry\n0\t1\tx\n", "line 2: 'x' is not a number"),
                              ("onset\toffset\tcry\n0\t1\t0.5\n0.5\t2\t0.5\n", "line 3: a step of scores begins at 0.5"),
                              ("onset\toffset\tcry\n1\t1\t0.5\n", "line 2: a step of scores ends at 1"),
                              ("onset\toffset\tcry\n0\t1\n", "line 2: 2 fields, expected 3"), ("", "empty"),
                              ("filename\tonset\tcry\n", "line 1: expected a header: onset, offset, and the labels")):
            self.write("bad/a.tsv", text)
            self.refused("--score-tables", "bad", "truth.tsv", message=message)
        self.refused("--score-tables", ".", "truth.tsv", message="no table is named after a recording")
        for text, message in (("a\tb\n", "expected a header"), ("filename\tduration\na.wav\t0\n", "line 2: a duration of 0"),
                              ("filename\tduration\na.wav\n", "line 2: a field is missing")):
            self.write("durations.tsv", text)
            self.refused("--detections", "truth.tsv", "truth.tsv", "--durations", "durations.tsv", message=message)

    def test_options_that_do_not_go_together(self):
        self.refused(message="no model", status=2)
        self.refused("--detections", "truth.tsv", message="no labels to judge by", status=2)
        for option in ("--per-recording", "--merge", "--scores=x", "--curves=x", "--shard=1/2", "--days=2024-01-01"):
            self.refused("--detections", "truth.tsv", "truth.tsv", option, message="needs a model", status=2)
        write_model(self.dir / "model")
        self.refused("model", "in", "--durations", "x", message="--durations goes with --detections", status=2)


class Models(EventSandbox):
    """The events of a model are those that detect finds."""

    def setUp(self):
        super().setUp()
        write_model(self.dir / "model")
        random = numpy.random.default_rng(3)
        for i in range(4):
            labels, sound = {}, []
            for second in range(0, 24, 2):
                kind = random.integers(0, 3)
                heard = kind if random.random() < 0.8 else random.integers(0, 3)
                sound.append(sine([500, 2500, 0][heard], 2, RATE))
                labels[f"00:{second:02}"] = LABELS[kind]
            write_wav(self.dir / f"in/{i}.wav", numpy.concatenate(sound), RATE)
            (self.dir / f"in/{i}.json").write_text(json.dumps(labels))

    def test_as_detect_finds_them(self):
        ours = self.events("model", "in")
        self.earshot("detect", "model", "in", "-o", "found.jsonl", "--scores=tables/")
        theirs = self.events("--detections", "found.jsonl", "--score-tables", "tables", "--background", "silence", "in")
        self.assertEqual(ours.pop("left_out"), 0)
        self.assertEqual(ours, theirs)
        self.assertEqual(set(ours["labels"]), {"low", "high"})
        self.assertGreater(ours["event"]["macro"]["f1"], 0.3)
        self.assertLess(ours["event"]["macro"]["f1"], 1)
        self.assertGreater(ours["false_alarms_per_hour"], 0)
        # Datasets made of the same sound give the same.
        self.earshot("datagen", "in", "made", "-q", *DATAGEN)
        made = self.events("model", "made")
        made.pop("left_out")
        self.assertEqual(made, ours)

    def test_parts_make_the_same_report(self):
        whole = self.report("model", "in")
        for i in (1, 2):
            self.earshot("evaluate", "model", "in", "--shard", f"{i}/2", "-o", f"part{i}.jsonl")
        self.assertEqual(self.report("model", "--merge", "part1.jsonl", "part2.jsonl"), whole)
        lines = (self.dir / "part1.jsonl").read_text().splitlines()
        row = json.loads(lines[1])
        for change in (dict(times=row["timeline"]["times"][:-1]), dict(events=[]), dict(duration=-1),
                       dict(times=row["timeline"]["times"][::-1])):
            lines[1] = json.dumps({**row, "timeline": {**row["timeline"], **change}})
            (self.dir / "part1.jsonl").write_text("\n".join(lines) + "\n")
            self.refused("model", "--merge", "part1.jsonl", "part2.jsonl", message="the scores do not match")

    def test_text(self):
        lines = [line.split() for line in self.earshot("evaluate", "model", "in").text().splitlines()]
        self.assertEqual([line[0] for line in lines[lines.index([]) + 1:] if line and line[0] in ("events", "low", "high")],
                         ["low", "high", "events", "low", "high"])

    def test_a_part_of_the_sound(self):
        part = self.events("model", "in", "--start", "4s", "--duration", "9s")
        self.assertAlmostEqual(part["hours"] * 3600, 36, delta=0.01)
        self.assertLess(part["labels"]["low"]["reference"], self.events("model", "in")["labels"]["low"]["reference"])

    def test_labels_without_times_have_no_events(self):
        for i in range(4):
            (self.dir / f"in/{i}.json").unlink()
        (self.dir / "in/labels.csv").write_text("file,label\n" + "".join(f"{i}.wav,low\n" for i in range(4)))
        self.assertNotIn("events", self.report("model", "in"))
        (self.dir / "in/labels.csv").write_text("file,label\n" + "".join(f"{i}.wav,low\n" for i in (1, 2, 3)))
        (self.dir / "in/0.json").write_text(json.dumps({"00:00": "silence", "00:04": "low", "00:08": "silence"}))
        self.assertEqual(self.report("model", "in")["events"]["left_out"], 3)
        self.assertIn("3 recordings left out of these", self.earshot("evaluate", "model", "in").text())


if __name__ == "__main__":
    unittest.main()
