"""earshot evaluate: figures beside scikit-learn's, and data that do not fit."""
import json
import warnings

import numpy
from sklearn import metrics

from support.models import DATAGEN, FRONTEND, LABELS, scores_of, write_model
from support.sandbox import Sandbox, sine, write_wav

RATE = 8000


class EvaluateSandbox(Sandbox):
    def dataset(self, name, frames, classes, labels=LABELS, frontend=FRONTEND, **more):
        """An NPZ as datagen writes it; without labels, as the original program did."""
        (self.dir / name).parent.mkdir(parents=True, exist_ok=True)
        arrays = dict(samples=numpy.asarray(frames, numpy.float32), classes=numpy.asarray(classes, numpy.int64),
                      cutoff_frequencies=numpy.array([0.0, 4000.0]), **more)
        if labels is not None:
            arrays.update(labels=numpy.array(labels), frontend=numpy.array(json.dumps(frontend)))
        numpy.savez_compressed(self.dir / name, **arrays)

    def evaluate(self, *words, **options):
        return self.earshot("evaluate", "model", *words, **options)

    def figures(self, *words, **options):
        return json.loads(self.evaluate(*words, "--json", **options).text())

    def refused(self, *words, message, status=1):
        run = self.evaluate(*words, status=status, stderr=message)
        self.assertEqual(len(run.err.splitlines()), 1)
        self.assertEqual(run.out, b"")


class Figures(EvaluateSandbox):
    """Against scikit-learn, on a model whose logits are the frames."""

    def judged(self, classes, used, windows, levels, seed):
        """Random frames of few levels, so that scores tie, over several files. Truths, scores and figures."""
        random = numpy.random.default_rng(seed)
        labels = [f"label {c}" for c in range(classes)]
        frontend = {**FRONTEND, "bins": classes}
        write_model(self.dir / "model", labels=labels, frontend=frontend, thresholds=[0.5] * classes, background="",
                    weight=numpy.eye(classes, dtype=numpy.float32), bias=numpy.zeros(classes, numpy.float32))
        truths = random.integers(0, used, windows)
        frames = random.integers(0, levels, (windows, classes)) + 1.5 * numpy.eye(classes)[truths]
        for i, part in enumerate(numpy.array_split(numpy.arange(windows), 3)):
            self.dataset(f"ds/{i}.npz", frames[part], truths[part], labels, frontend)
        figures = self.figures("ds", "--scores", "scores.tsv")
        rows = [line.split("\t") for line in (self.dir / "scores.tsv").read_text().splitlines()[1:]]
        scores = numpy.array([row[3:] for row in rows], float)
        numpy.testing.assert_allclose(scores, scores_of(frames, numpy.eye(classes), numpy.zeros(classes)), rtol=1e-5)
        self.assertEqual([row[2] for row in rows], [labels[c] for c in truths])
        return truths, scores, figures

    def check(self, classes, used, windows, levels, seed):
        truths, scores, ours = self.judged(classes, used, windows, levels, seed)
        answers = scores.argmax(axis=1)
        everything = numpy.arange(classes)
        near = lambda got, want: self.assertAlmostEqual(got, want, delta=1e-6)
        self.assertEqual(ours["windows"], windows)
        self.assertEqual(ours["confusion"], metrics.confusion_matrix(truths, answers, labels=everything).tolist())
        near(ours["accuracy"], metrics.accuracy_score(truths, answers))
        near(ours["balanced_accuracy"], metrics.recall_score(truths, answers, labels=numpy.unique(truths),
                                                             average="macro"))
        average = lambda kind: metrics.precision_recall_fscore_support(truths, answers, average=kind,
                                                                       zero_division=0)[:3]
        for kind in ("macro", "micro"):
            for name, want in zip(("precision", "recall", "f1"), average(kind)):
                near(ours[kind][name], want)
        each = metrics.precision_recall_fscore_support(truths, answers, labels=everything, zero_division=0)
        areas = []
        for c in everything:
            one, positive = ours["labels"][f"label {c}"], truths == c
            self.assertEqual(one["windows"], each[3][c])
            self.assertEqual(one["answers"], numpy.count_nonzero(answers == c))
            for name, want, over in (("precision", each[0][c], numpy.any(answers == c)),
                                     ("recall", each[1][c], positive.any()),
                                     ("f1", each[2][c], positive.any() or numpy.any(answers == c))):
                near(one[name], want) if over else self.assertIsNone(one[name])
            if positive.any():
                near(one["average_precision"], metrics.average_precision_score(positive, scores[:, c]))
            else:
                self.assertIsNone(one["average_precision"])
            if positive.any() and not positive.all():
                near(one["roc_auc"], metrics.roc_auc_score(positive, scores[:, c]))
                areas.append(one["roc_auc"])
            else:
                self.assertIsNone(one["roc_auc"])
        table = numpy.eye(classes)[truths]
        near(ours["micro"]["average_precision"], metrics.average_precision_score(table, scores, average="micro"))
        near(ours["micro"]["roc_auc"], metrics.roc_auc_score(table.ravel(), scores.ravel()))
        near(ours["macro"]["roc_auc"], numpy.mean(areas)) if areas else self.assertIsNone(ours["macro"]["roc_auc"])

    def test_as_scikit_learn_has_them(self):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of scikit-learn, about ratios over nothing
            for case in ((3, 3, 400, 4, 1), (5, 3, 200, 2, 2), (2, 2, 50, 1, 3), (4, 1, 20, 3, 4), (12, 9, 300, 6, 5)):
                with self.subTest(case):
                    self.check(*case)


class Reports(EvaluateSandbox):
    def setUp(self):
        super().setUp()
        write_model(self.dir / "model")
        frames = numpy.array([[0.5, 0, 0, 0], [0, 0, 0.5, 0], [0, 0, 0, 0]])
        self.dataset("ds/a.npz", frames, [0, 1, 2])
        self.dataset("ds/b.npz", frames, [1, 1, -1])

    def test_tables(self):
        text = self.evaluate("ds", "--per-recording").text()
        lines = [line.split() for line in text.splitlines()]
        self.assertEqual(lines[:4], [["truth", "\\", "answer", "low", "high", "silence"], ["low", "1", "0", "0"],
                                     ["high", "1", "2", "0"], ["silence", "0", "0", "1"]])
        self.assertIn(["high", "3", "1.000", "0.667", "0.800"], [line[:5] for line in lines])
        self.assertIn("accuracy 0.800, balanced 0.889, of 5 windows in 2 recordings, 1 window left out", text)
        self.assertIn(["2", "0.500", "0.500", "ds/b.npz"], lines)
        self.assertLessEqual(max(map(len, text.splitlines())), 100)

    def test_a_wide_matrix_has_numbers_for_names(self):
        labels = [f"a rather long label {c}" for c in range(10)]
        write_model(self.dir / "model", labels=labels, thresholds=[0.5] * 10, background="",
                    weight=numpy.zeros((10, 4), numpy.float32), bias=numpy.zeros(10, numpy.float32))
        self.dataset("wide.npz", numpy.zeros((1, 4)), [9], labels)
        text = self.evaluate("wide.npz").text()
        self.assertLessEqual(max(map(len, text.splitlines())), 110)
        self.assertEqual(text.splitlines()[10].split(), ["10", *labels[9].split(), "1", *["0"] * 9])

    def test_a_report_to_a_file(self):
        self.evaluate("ds", "--json", "-o", "report.json")
        self.assertEqual(json.loads((self.dir / "report.json").read_text())["windows"], 5)

    def test_by_recording_in_json(self):
        self.assertEqual([(row["file"], row["windows"]) for row in self.figures("ds", "--per-recording")["by_recording"]],
                         [("ds/a.npz", 3), ("ds/b.npz", 2)])

    def test_labelled_recordings(self):
        sound = numpy.concatenate([sine(500, 2, RATE), sine(2500, 1, RATE), numpy.zeros(RATE)])
        for name in "ab":
            write_wav(self.dir / "in" / name / "audio.wav", sound, RATE)
            (self.dir / "in" / name / "labels.json").write_text('{"00:00": "low", "00:02": "high"}')
        figures = self.figures("in", "-j", 2)
        self.assertEqual(figures["confusion"], [[8, 0, 0], [0, 4, 4], [0, 0, 0]])
        self.earshot("datagen", "in", "made", "-q", *DATAGEN)
        self.assertEqual(self.figures("made")["confusion"], figures["confusion"])
        (self.dir / "in" / "a" / "audio.wav").write_text("no sound")
        both = ["in/a/audio.wav", "in/b/audio.wav"]
        self.assertEqual(self.figures(*both, status=3, stderr="in/a/audio.wav: not audio")["recordings"], 1)


class Misfits(EvaluateSandbox):
    def setUp(self):
        super().setUp()
        write_model(self.dir / "model")
        self.frames = numpy.array([[0.5, 0, 0, 0], [0, 0, 0.5, 0]])

    def test_labels_go_by_name_whatever_their_number(self):
        self.dataset("a.npz", self.frames, [2, 0], ["high", "silence", "low"])
        self.assertEqual(self.figures("a.npz")["accuracy"], 1)

    def test_a_label_that_the_model_does_not_know(self):
        self.dataset("a.npz", self.frames, [0, 1], ["low", "dog"])
        self.refused("a.npz", message="a.npz: label 'dog' is not one of model's: low, high, silence")
        figures = self.figures("a.npz", "--leave-out", "dog")
        self.assertEqual((figures["windows"], figures["left_out"]), (1, 1))
        self.dataset("a.npz", self.frames, [0, 0], ["low", "dog"])  # named, but of no window
        self.assertEqual(self.figures("a.npz")["windows"], 2)

    def test_a_label_to_leave_out_that_nobody_has_was_mistyped(self):
        self.dataset("a.npz", self.frames, [0, 1], ["low", "high"])
        self.earshot("evaluate", "model", "a.npz", "--leave-out", "hihg", status=2,
                     stderr="--leave-out hihg: no such label in model or the data (the model's: low, high, silence)")
        self.assertEqual(self.figures("a.npz", "--leave-out", "silence")["windows"], 2)  # of the model alone

    def test_frames_made_with_other_settings(self):
        self.dataset("a.npz", self.frames, [0, 1], frontend={**FRONTEND, "high_hz": 3000.0})
        self.refused("a.npz", message="a.npz: its frames differ from those that model was trained on: ")
        self.dataset("a.npz", numpy.zeros((2, 5)), [0, 1])
        self.refused("a.npz", message="a.npz: frames have 5 values, but model expects 4")

    def test_frames_that_nobody_says_how_they_were_made(self):
        self.dataset("a.npz", self.frames, [0, 1], labels=None)
        write_model(self.dir / "model", labels=["0", "1", "2"], background="")
        self.assertEqual(self.figures("a.npz", stderr="does not say how its frames were computed")["accuracy"], 1)
        write_model(self.dir / "model", labels=["0", "1", "2"], background="", frontend=None)
        self.assertEqual(self.figures("a.npz", stderr="model does not say")["accuracy"], 1)

    def test_nothing_to_judge_on(self):
        self.dataset("a.npz", self.frames, [-1, -1])
        self.refused("a.npz", message="no labelled window")
        (self.dir / "empty").mkdir()
        self.refused("empty", message="empty")
        self.refused("nowhere", message="nowhere")

    def test_numbers_that_are_none(self):
        self.dataset("a.npz", [[0, 0, 0, 0], [0, numpy.nan, 0, 0]], [0, 1])
        self.refused("a.npz", message="a.npz: row 1 of its samples holds NaN or infinity")

    def test_a_file_that_cannot_be_read_is_named_and_the_others_go_on(self):
        self.dataset("ds/a.npz", self.frames, [0, 1])
        (self.dir / "ds" / "b.npz").write_bytes(b"PK\3\4 no archive")
        self.assertEqual(self.figures("ds", status=3, stderr="b.npz")["recordings"], 1)
        self.assertEqual(self.figures("ds/a.npz", "nowhere", status=3, stderr="nowhere: No such file")["recordings"], 1)

    def test_one_recording_among_many_that_cannot_be_judged_changes_no_score_of_the_others(self):
        """Recordings are scored together: that each row stays with its own file is judged against files by themselves."""
        random = numpy.random.default_rng(1)
        names = [f"ds/{i:02}.npz" for i in range(18)]
        for name in names:
            frames = random.random((random.integers(1, 30), 4))
            if name == names[7]:
                frames[-1, 2] = numpy.nan
            self.dataset(name, frames, random.integers(-1, 2, len(frames)).tolist()[:-1] + [1])

        def rows(data, **options):
            self.evaluate(data, "-j", 1, "--scores", "scores.tsv", **options)
            return (self.dir / "scores.tsv").read_text().splitlines()[1:]
        apart = [row for name in names if name != names[7] for row in rows(name)]
        self.assertEqual(rows("ds", status=3, stderr="ds/07.npz: row"), apart)
