"""A label, or unknown: thresholds, figures beside scikit-learn's, linear discriminants, selection by tag and day."""
import json

import numpy
from sklearn import metrics
from sklearn.covariance import ledoit_wolf
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from support.sandbox import Sandbox, sine, write_wav

RATE = 8000
FRONTEND = {"kind": "spectrum", "rate_hz": RATE, "duration_s": 0.5, "low_hz": 0.0, "high_hz": 4000.0, "bins": 4}


def sigmoid(x):
    return 1 / (1 + numpy.exp(-numpy.asarray(x, float)))


class OpenSetSandbox(Sandbox):
    def dataset(self, name, frames, classes, labels, frontend=FRONTEND, file=None):
        """An NPZ as datagen writes it; class -1 has no label."""
        frames = numpy.asarray(frames, numpy.float32)
        path = self.dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        numpy.savez(path, samples=frames, classes=numpy.asarray(classes, numpy.int64),
                    cutoff_frequencies=numpy.array([0.0, 4000.0]), labels=numpy.array(labels, str),
                    times=numpy.arange(len(frames)) * frontend["duration_s"],
                    frontend=numpy.array(json.dumps({**frontend, "bins": frames.shape[1]})),
                    source=numpy.array(json.dumps({"file": file or name, "group": file or name})))

    def model(self, labels, thresholds, background=""):
        """Its scores are the sigmoids of the frames, a value for each known label; the last label is unknown."""
        known = len(labels) - 1
        path = self.dir / "model"
        path.mkdir(exist_ok=True)
        numpy.savez(path / "weights.npz", **{"input.mean": numpy.zeros(known, numpy.float32),
                                             "input.deviation": numpy.ones(known, numpy.float32),
                                             "output.weight": numpy.eye(known, dtype=numpy.float32),
                                             "output.bias": numpy.zeros(known, numpy.float32)})
        (path / "model.json").write_text(json.dumps({
            "format_version": 1, "recipe": "", "frontend": {**FRONTEND, "bins": known},
            "architecture": {"kind": "mlp", "inputs": known, "hidden": [], "classes": known, "dropout": 0.0,
                             "input": {"compress": "none"}, "answer": "likeness"},
            "labels": labels, "thresholds": [*thresholds, 0.5], "background": background, "unknown": labels[-1],
            "metrics": {}, "provenance": {}}))

    def read_model(self, name="model"):
        return json.loads((self.dir / name / "model.json").read_text())

    def evaluate(self, *words, **options):
        return json.loads(self.earshot("evaluate", *words, "--json", **options).text())

    def train(self, *words, **options):
        return self.earshot("train", *words, "-q", **options)


class Figures(OpenSetSandbox):
    """On a model whose scores are known, random and often equal."""

    LABELS = ["a", "b", "quiet", "c", "odd"]

    def setUp(self):
        super().setUp()
        random = numpy.random.default_rng(7)
        thresholds = [0.6, 0.8, 0.3, 0.7]
        self.model(self.LABELS, thresholds, "quiet")
        names = ["a", "b", "c", "quiet", "dog", "odd"]  # dog is no label of the model: unknown, as odd is
        truths = random.integers(0, 6, 600)
        frames = random.integers(-4, 4, (600, 4)) / 2
        place = [0, 1, 3, 2]
        for i, truth in enumerate(truths):
            if truth < 4:
                frames[i, place[truth]] += 1
        for i, part in enumerate(numpy.array_split(numpy.arange(600), 3)):
            self.dataset(f"ds/{i}.npz", frames[part], truths[part], names)
        self.truths = numpy.array([0, 1, 3, 2, 4, 4])[truths]
        self.scores = sigmoid(frames.astype(numpy.float32)).astype(numpy.float32)
        self.thresholds = numpy.array(thresholds)
        self.figures = self.evaluate("model", "ds", "--curves", "curves.tsv")
        self.known = numpy.isin(self.truths, [0, 1, 3])
        self.tags = numpy.where([True, True, False, True], self.scores, -1)

    def test_confusion_has_a_row_and_a_column_for_unknown(self):
        answers = []
        for row in self.scores:
            tags = [c for c in (0, 1, 3) if row[c] >= self.thresholds[c]]
            answers.append(max(tags, key=lambda c: (row[c], -c)) if tags else 2 if row[2] >= 0.3 else 4)
        expected = metrics.confusion_matrix(self.truths, answers, labels=range(5))
        self.assertGreater(expected[:, 4].sum(), 50)
        self.assertEqual(self.figures["confusion"], expected.tolist())

    def test_known_against_unknown(self):
        open_set = self.figures["open_set"]
        best = self.tags.max(axis=1)
        self.assertEqual((open_set["known"], open_set["unknown"]), (self.known.sum(), (~self.known).sum()))
        self.assertAlmostEqual(open_set["roc_auc"], metrics.roc_auc_score(self.known, best), 6)
        right = self.known & (self.tags.argmax(axis=1) == self.truths)
        self.assertAlmostEqual(open_set["closed_accuracy"], right.sum() / self.known.sum(), 6)
        x, y = [0.0], [0.0]  # Dhamija et al. (2018), by their definition
        for threshold in numpy.unique(best)[::-1]:
            x.append((best[~self.known] >= threshold).mean())
            y.append((right & (best >= threshold)).sum() / self.known.sum())
        self.assertAlmostEqual(open_set["area"], numpy.trapz(y, x), 6)
        rows = [line.split("\t") for line in (self.dir / "curves.tsv").read_text().splitlines()]
        ours = numpy.array([row[3:] for row in rows if row[0] == "open-set"], float)
        numpy.testing.assert_allclose(ours, numpy.transpose([x, y])[1:], atol=1e-9)

    def test_precision_over_recall_of_each_tag(self):
        rows = [line.split("\t") for line in (self.dir / "curves.tsv").read_text().splitlines()]
        for c, label in enumerate(self.LABELS[:4]):
            ours = numpy.array([row[2:] for row in rows if row[:2] == ["precision-recall", label]], float)[::-1]
            precision, recall, thresholds = metrics.precision_recall_curve(self.truths == c, self.scores[:, c])
            ours = ours[-len(thresholds):]  # up to full recall, which is as far as scikit-learn goes
            numpy.testing.assert_allclose(ours[:, 2], precision[:-1], atol=1e-9)
            numpy.testing.assert_allclose(ours[:, 1], recall[:-1], atol=1e-9)
            numpy.testing.assert_allclose(ours[:, 0], thresholds, rtol=1e-6)
            self.assertAlmostEqual(self.figures["labels"][label]["average_precision"],
                                   metrics.average_precision_score(self.truths == c, self.scores[:, c]), 6)

    def test_false_alarms_are_stretches_of_background_within_a_recording(self):
        hours = (~self.known).sum() * 0.5 / 3600
        self.assertAlmostEqual(self.figures["background_hours"], hours, 6)
        for c in (0, 1, 3):
            alarms = 0
            for part in numpy.array_split(numpy.arange(600), 3):
                before = False
                for i in part:
                    now = not self.known[i] and self.scores[i, c] >= self.thresholds[c]
                    alarms += now and not before
                    before = now
            self.assertAlmostEqual(self.figures["labels"][self.LABELS[c]]["false_alarms_per_hour"] * hours, alarms, 3)
        self.assertNotIn("false_alarms_per_hour", self.figures["labels"]["quiet"])

    def test_only_some_tags(self):
        figures = self.evaluate("model", "ds", "--tags", "a,b")
        self.assertEqual(figures["open_set"]["known"], int(numpy.isin(self.truths, [0, 1]).sum()))
        self.assertEqual(figures["labels"]["odd"]["windows"], int(numpy.isin(self.truths, [3, 4]).sum()))


class Detecting(OpenSetSandbox):
    def test_below_every_threshold_the_answer_is_unknown(self):
        self.model(["a", "b", "quiet", "odd"], [0.9, 0.9, 0.6], "quiet")
        weight = numpy.zeros((3, 4), numpy.float32)  # a: below 1 kHz, b: from 2 to 3 kHz, quiet: neither
        weight[0, 0] = weight[1, 2] = 40
        weight[2, :] = -400
        numpy.savez(self.dir / "model" / "weights.npz",
                    **{"input.mean": numpy.zeros(4, numpy.float32), "input.deviation": numpy.ones(4, numpy.float32),
                       "output.weight": weight, "output.bias": numpy.array([-3, -3, 3], numpy.float32)})
        model = self.read_model()
        model["frontend"]["bins"] = model["architecture"]["inputs"] = 4
        (self.dir / "model" / "model.json").write_text(json.dumps(model))
        sound = numpy.concatenate([sine(500, 2, RATE), numpy.zeros(RATE), sine(1500, 2, RATE), sine(2500, 2, RATE)])
        write_wav(self.dir / "in.wav", sound, RATE)
        events = [json.loads(line) for line in self.earshot("detect", "model", "in.wav").text().splitlines()]
        self.assertEqual([(event["label"], event["onset"], event["offset"]) for event in events],
                         [("a", 0, 2), ("odd", 3, 5), ("b", 5, 7)])


class Discriminants(OpenSetSandbox):
    LABELS = ["x", "y", "z"]

    def setUp(self):
        super().setUp()
        random = numpy.random.default_rng(3)
        mix = random.normal(size=(6, 6))
        self.truths = numpy.repeat([0, 1, 2], [40, 60, 80])
        self.frames = (random.normal(size=(180, 6)) @ mix + 2 * random.normal(size=(3, 6))[self.truths]).astype(numpy.float32)
        self.dataset("a.npz", self.frames, self.truths, self.LABELS)

    def scores(self, *options):
        self.train("a.npz", "-o", "m", "--validation", 0, "--compress", "none", "--force",
                   *(options if "--arch" in options else ("--arch", "lda", *options)))
        self.earshot("evaluate", "m", "a.npz", "--scores", "s.tsv")
        rows = [line.split("\t") for line in (self.dir / "s.tsv").read_text().splitlines()[1:]]
        return numpy.array([row[3:6] for row in rows], float)

    def check(self, scores, shrinkage, priors, inputs=None, background=None):
        if inputs is None:
            inputs = (self.frames - self.frames.mean(axis=0)) / self.frames.std(axis=0)
        theirs = LinearDiscriminantAnalysis(solver="eigen", shrinkage=shrinkage, priors=priors).fit(inputs, self.truths)
        functions = theirs.decision_function(inputs)
        means = theirs.decision_function(theirs.means_)
        own = numpy.diag(means)
        other = (means - 1e9 * numpy.eye(3)).max(axis=1)
        wanted = 4 * (functions - (own + other).mean() / 2) / (own - other).mean()
        if background is not None:
            wanted -= wanted[:, [background]]
            wanted[:, background] = -numpy.delete(wanted, background, axis=1).max(axis=1)
        numpy.testing.assert_allclose(scores, sigmoid(wanted), atol=1e-5)
        few = scores < 0.99  # nearer to 1 rounding of the scores would show
        numpy.testing.assert_allclose(numpy.log(scores[few] / (1 - scores[few])), wanted[few], atol=5e-3, rtol=1e-3)

    def test_as_scikit_learn_has_them(self):
        self.check(self.scores("--shrinkage", 0.2, "--class-weights", "none"), 0.2, numpy.array([40, 60, 80]) / 180)
        self.check(self.scores("--shrinkage", 0.0), 0.0, numpy.ones(3) / 3)

    def test_likeness_is_measured_against_the_background(self):
        self.check(self.scores("--shrinkage", 0.2, "--background", "y"), 0.2, numpy.ones(3) / 3, background=1)

    def test_shrinkage_is_estimated_as_ledoit_and_wolf_do(self):
        inputs = (self.frames - self.frames.mean(axis=0)) / self.frames.std(axis=0)
        means = numpy.stack([inputs[self.truths == c].mean(axis=0) for c in range(3)])
        _, shrinkage = ledoit_wolf(inputs - means[self.truths], assume_centered=True)
        self.assertGreater(shrinkage, 0.01)
        self.check(self.scores("--class-weights", "none"), shrinkage, numpy.array([40, 60, 80]) / 180)

    def test_the_last_layer_of_a_network(self):
        scores = self.scores("--arch", "mlp", "--head", "lda", "--epochs", 5, "--shrinkage", 0.3)
        architecture = self.read_model("m")["architecture"]
        self.assertEqual((architecture["head"], architecture["answer"]), ("lda", "likeness"))
        with numpy.load(self.dir / "m" / "weights.npz") as weights:
            values = (self.frames - weights["input.mean"]) / weights["input.deviation"]
            for layer in ("dense_1", "dense_2"):
                values = numpy.maximum(values @ weights[f"{layer}.weight"].T + weights[f"{layer}.bias"], 0)
        self.check(scores, 0.3, numpy.ones(3) / 3, values)

    def test_values_that_do_not_vary(self):
        frames = self.frames.copy()
        frames[:, 5] = frames[:, 4]
        self.dataset("flat.npz", frames, self.truths, self.LABELS)
        run = self.train("flat.npz", "-o", "n", "--arch", "lda", "--compress", "none", "--shrinkage", 0, "--validation", 0,
                         status=1, stderr="do not vary in all directions")
        self.assertEqual(len(run.err.splitlines()), 1)
        self.assertFalse((self.dir / "n").exists())


class Training(OpenSetSandbox):
    """Events on three days, two tags, another sound, and background."""

    def setUp(self):
        super().setUp()
        self.random = numpy.random.default_rng(11)
        for day in ("01", "02", "03"):
            for part in "ab":
                truths = numpy.repeat([0, 1, 2, 3], 30)
                file = f"archive/2026-11-{day}/202611{day}T10{ord(part)}000.000Z.flac"
                self.dataset(f"ds/{day}{part}.npz", self.sounds(truths), truths, ["bark", "door", "tv", "background"], file=file)
        self.dataset("bg/1.npz", self.sounds([3] * 300), [-1] * 300, [], file="bg/2026-11-01.wav")

    def sounds(self, truths):
        """bark, door, tv, background: each with its own place."""
        places = numpy.array([[5, 0, 0], [0, 5, 0], [2, 2, 0], [0, 0, 0]])
        return places[numpy.asarray(truths)] + self.random.normal(size=(len(truths), 3))

    def fit(self, *words, unknown="unknown", **options):
        return self.train("ds", "-o", "m", "--arch", "lda", "--compress", "none", "--unknown", unknown, "--force", *words,
                          **options)

    def test_tags_days_background_and_precision(self):
        self.fit("--tags", "bark,door", "--days", "2026-11-01..2026-11-02", "--test-days", "2026-11-03", "--background",
                 "bg/", "--precision", 0.95)
        model = self.read_model("m")
        self.assertEqual(model["labels"], ["background", "bark", "door", "unknown"])
        self.assertEqual((model["background"], model["unknown"]), ("background", "unknown"))
        roles = {item["file"]: item["role"] for item in model["provenance"]["data"]}
        self.assertEqual({file for file, role in roles.items() if role == "test"}, {"ds/03a.npz", "ds/03b.npz"})
        self.assertEqual(len(roles), 7)
        judged, test = model["metrics"], model["metrics"]["test"]
        self.assertEqual(judged["not_reached_by"], [])
        self.assertEqual((test["labels"]["bark"]["windows"], test["labels"]["unknown"]["windows"]), (60, 60))
        for tag in ("bark", "door"):
            self.assertGreater(test["labels"][tag]["recall"], 0.8)
        self.assertGreater(test["open_set"]["roc_auc"], 0.85)
        figures = self.evaluate("m", "ds", "--days", "2026-11-03", "--tags", "bark,door")
        self.assertEqual(figures["confusion"], test["confusion"])
        on_background = self.evaluate("m", "--background", "bg/")
        self.assertEqual(on_background["labels"]["background"]["windows"], 300)
        self.assertAlmostEqual(on_background["background_hours"], 300 * 0.5 / 3600, 6)

    def test_evaluate_hears_windows_as_training_judged_them(self):
        self.fit("--tags", "bark,door", "--test-days", "2026-11-03", "--window", "1.5s", "--window-hop", "0.5s", "--paces", 0.4,
                 "--pitches", 0.4)
        model = self.read_model("m")

        def area(figures):
            return figures["open_set"]["roc_auc"]

        def judged():
            return self.evaluate("m", "ds", "--days", "2026-11-03", "--tags", "bark,door")
        self.assertAlmostEqual(area(judged()), area(model["metrics"]["test"]), 6)
        del model["graph"]  # as in older models, whose network is what the architecture says
        for way in ("paces", "pitches"):
            del model["architecture"][way]
            before = area(judged())
            (self.dir / "m" / "model.json").write_text(json.dumps(model))
            self.assertNotAlmostEqual(area(judged()), before, 6)

    def test_a_wish_is_for_what_makes_events(self):
        found = []
        for precision in (0.5, 1):
            self.fit("--tags", "bark,door", "--background", "bg/", "--precision", precision)
            found.append(self.read_model("m")["thresholds"])
        self.assertEqual(found[0][0], found[1][0])
        self.assertTrue(all(a < b for a, b in zip(found[0][1:3], found[1][1:3])))

    def test_false_alarms_per_hour(self):
        self.fit("--tags", "bark,door", "--background", "bg/", "--false-alarms-per-hour", 0)
        strict = self.read_model("m")["thresholds"]
        self.fit("--tags", "bark,door", "--background", "bg/", "--false-alarms-per-hour", 600)
        lax = self.read_model("m")["thresholds"]
        self.assertTrue(all(a > b for a, b in zip(strict[1:3], lax[1:3])))
        self.assertGreaterEqual(self.evaluate("m", "--background", "bg/")["background_hours"], 0.04)

    def test_a_tag_alone_is_told_from_background(self):
        self.fit("--tags", "bark", "--background", "bg/")
        self.assertEqual(self.read_model("m")["labels"], ["background", "bark", "unknown"])

    def test_without_unknown_other_labels_are_left_out(self):
        self.train("ds", "-o", "m", "--tags", "bark,door", "--epochs", 2)
        model = self.read_model("m")
        self.assertEqual(model["labels"], ["background", "bark", "door"])
        self.assertNotIn("unknown", model)

    def test_what_cannot_be(self):
        for words, message, status in [
            (["--tags", "brak"], "--tags brak: no such label (labels: background, bark, door, tv)", 1),
            (["--days", "2026-13-01"], "--days: '2026-13-01' is not a day or a range of days (write 2026-11-01, or", 2),
            (["--days", "2026-11-05..2026-11-01"], "the last day is before the first", 2),
            (["--days", "2025-01-01"], "no datasets of these days", 1),
            (["--precision", 0.9, "--false-alarms-per-hour", 1], "cannot be combined", 2),
            (["--loss", "sigmoid"], "leave --loss out", 2),
        ]:
            with self.subTest(words):
                run = self.fit(*words, status=status, stderr=message)
                self.assertEqual(len(run.err.splitlines()), 1)
                self.assertFalse((self.dir / "m").exists())
        self.fit("--leave-out", "background", "--tags", "bark,door", "--false-alarms-per-hour", 1, unknown="", status=1,
                 stderr="there is no background to count them on")
        self.dataset("ds/undated.npz", self.sounds([0, 1, 3]), [0, 1, 3], ["bark", "door", "tv", "background"])
        self.fit("--days", "2026-11-01", status=1, stderr="ds/undated.npz: no date in its name or its folders' names")


class Ranking(OpenSetSandbox):
    def test_a_library_of_models(self):
        random = numpy.random.default_rng(5)
        for name in "abcd":
            truths = random.integers(0, 2, 80)
            self.dataset(f"ds/{name}.npz", random.normal(size=(80, 2)) + 4 * numpy.eye(2)[truths], truths, ["p", "q"])
        (self.dir / "models").mkdir()
        self.train("ds", "-o", "models/good", "--arch", "lda", "--compress", "none")
        self.train("ds", "-o", "models/poor", "--epochs", 1, "--learning-rate", 1e-9, "--compress", "none", "--seed", 4)
        self.earshot("train", "ds", "-o", "models/good", "--arch", "lda", status=1, stderr="--force")
        rows = [line.split() for line in self.earshot("evaluate", "models/good", "models/poor").text().splitlines()]
        self.assertEqual(rows[0][:2], ["rank", "model"])
        self.assertEqual([row[:3] for row in rows[1:]], [["1", "models/good", "validation"], ["2", "models/poor", "validation"]])
        ranked = json.loads(self.earshot("evaluate", "models/poor", "models/good", "ds", "--json").text())
        self.assertEqual([row["model"] for row in ranked], ["models/good", "models/poor"])
        self.assertAlmostEqual(ranked[0]["macro_f1"], self.evaluate("models/good", "ds")["macro"]["f1"], 6)
        (self.dir / "models" / "broken").mkdir()
        (self.dir / "models" / "broken" / "model.json").write_text("{")
        self.earshot("evaluate", "models/good", "models/broken", status=3, stderr="models/broken/model.json: not valid JSON")
