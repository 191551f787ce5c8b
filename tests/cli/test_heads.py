"""Last layers that are fitted in one go, beside scikit-learn and numpy: --arch linear and neighbours; few examples."""
import json
import unittest

import numpy
from sklearn.linear_model import LogisticRegression

from cli.test_open_set import FRONTEND, OpenSetSandbox, sigmoid
from support import onnx_runtime

WINDOW = 4  # frames, of half a second


def pooled(recordings, mean=None, deviation=None):
    """Mean and maximum of each recording, standardised over all of them."""
    values = numpy.array([numpy.concatenate([frames.mean(0), frames.max(0)]) for frames in recordings], float)
    mean = values.mean(0) if mean is None else mean
    deviation = values.std(0) if deviation is None else deviation
    return (values - mean) / deviation


def largest(cosines, truths, classes, count):
    """The mean of the largest cosines to examples of each class."""
    return numpy.stack([numpy.sort(cosines[:, truths == c], axis=1)[:, -count:].mean(1) for c in range(classes)], 1)


class Recordings(OpenSetSandbox):
    """Recordings of a window each, of three labels, not equally many."""

    LABELS = ["x", "y", "z"]

    def setUp(self):
        super().setUp()
        random = numpy.random.default_rng(7)
        self.truths = numpy.repeat([0, 1, 2], [9, 14, 7])
        centres = random.normal(size=(3, 5))
        self.recordings = [(centres[c] + 1.5 * random.normal(size=5) + random.normal(size=(WINDOW, 5))).astype(numpy.float32)
                           for c in self.truths]
        for number, (frames, truth) in enumerate(zip(self.recordings, self.truths)):
            self.dataset(f"data/{number:02}.npz", frames, [truth] * WINDOW, self.LABELS)

    def fit(self, *words, data="data", **expected):
        return self.earshot("train", data, "-o", "m", "--window", f"{WINDOW * FRONTEND['duration_s']}s", "--padding", "mean",
                            "--compress", "none", "--force", *words, **expected)

    def scores(self, model="m", data="data"):
        self.earshot("evaluate", model, data, "--scores", "s.tsv")
        rows = [line.split("\t") for line in (self.dir / "s.tsv").read_text().splitlines()[1:]]
        return numpy.array([row[3:3 + len(self.LABELS)] for row in rows], float)


class Linear(Recordings):
    def test_as_scikit_learn_has_it(self):
        for weights, theirs in [("balanced", "balanced"), ("none", None)]:
            for penalty in [0.03, 1, 40]:
                self.fit("--arch", "linear", "--penalty", penalty, "--class-weights", weights, stderr=None)
                fit = LogisticRegression(C=1 / penalty, class_weight=theirs, tol=1e-10, max_iter=10000)
                wanted = fit.fit(pooled(self.recordings), self.truths).predict_proba(pooled(self.recordings))
                numpy.testing.assert_allclose(self.scores(), wanted, atol=1e-4)

    def test_labels_for_themselves(self):
        self.fit("--arch", "linear", "--penalty", 2, "--loss", "sigmoid", "--class-weights", "none", stderr=None)
        values = pooled(self.recordings)
        wanted = [LogisticRegression(C=0.5, tol=1e-10, max_iter=10000).fit(values, self.truths == c).predict_proba(values)[:, 1]
                  for c in range(3)]
        numpy.testing.assert_allclose(self.scores(), numpy.stack(wanted, 1), atol=1e-4)

    def test_more_examples_than_values_and_fewer(self):
        # One frame is a window: 120 of them, of five values.
        self.earshot("train", "data", "-o", "m", "--arch", "linear", "--penalty", 3, "--compress", "none", "-q")
        frames, truths = numpy.concatenate(self.recordings).astype(float), numpy.repeat(self.truths, WINDOW)
        values = (frames - frames.mean(0)) / frames.std(0)
        fit = LogisticRegression(C=1 / 3, class_weight="balanced", tol=1e-10, max_iter=10000).fit(values, truths)
        numpy.testing.assert_allclose(self.scores(), fit.predict_proba(values), atol=1e-4)

    def test_penalty_is_the_best_for_recordings_held_out_one_by_one(self):
        self.fit("--arch", "linear", "-v", stderr="more recordings of each label would help most")
        chosen = json.loads((self.dir / "m/model.json").read_text())["architecture"]["penalty"]
        values, weights = pooled(self.recordings), len(self.truths) / 3 / numpy.bincount(self.truths)

        def loss(penalty):
            total = 0
            for out in range(len(values)):
                others = numpy.arange(len(values)) != out
                fit = LogisticRegression(C=1 / penalty, class_weight="balanced", tol=1e-8, max_iter=10000)
                fit.fit(values[others], self.truths[others])
                total -= weights[self.truths[out]] * fit.predict_log_proba(values[[out]])[0, self.truths[out]]
            return total

        grid = 10 ** numpy.arange(-2, 3.1, 0.5)
        self.assertAlmostEqual(chosen, grid[numpy.argmin([loss(penalty) for penalty in grid])], places=6)

    def test_figures_are_those_of_held_out_recordings(self):
        # Frames that say nothing of the label: held out, about a third is right; learnt, all could be.
        random = numpy.random.default_rng(1)
        for number in range(30):
            self.dataset(f"noise/{number:02}.npz", random.normal(size=(WINDOW, 40)), [number % 3] * WINDOW, self.LABELS)
        err = self.fit("--arch", "linear", "--penalty", 0.01, data="noise", stderr="cross-validation over 30 recordings").err
        self.assertIn("on held-out data (30 windows)", err)
        self.assertLess(json.loads((self.dir / "m/model.json").read_text())["metrics"]["accuracy"], 0.6)
        judged = json.loads(self.earshot("evaluate", "m", "noise", "--json").text())
        self.assertGreater(judged["accuracy"], 0.95)

    def test_same_bytes_again(self):
        self.fit("--arch", "linear", "--threads", 1, "-q")
        first = (self.dir / "m/weights.npz").read_bytes()
        self.fit("--arch", "linear", "--threads", 1, "-q")
        self.assertEqual((self.dir / "m/weights.npz").read_bytes(), first)

    def test_wrong_requests(self):
        self.fit("--arch", "linear", "--penalty", 0, status=2, stderr="1e-06")
        self.fit("--arch", "mlp", "--penalty", 1, status=2, stderr="--penalty is for --arch linear")
        self.fit("--arch", "linear", "--target", "recording", "--loss", "sigmoid", status=2, stderr="--target frame, or --arch mlp")


def whitened(rows, truths, classes):
    """So that the covariance within classes, shrunk as Ledoit and Wolf say, is the identity matrix."""
    rows = numpy.asarray(rows, float)
    means = numpy.stack([rows[truths == c].mean(0) for c in range(classes)])
    apart = rows - means[truths]
    weights = 1 / (classes * numpy.bincount(truths)[truths])
    covariance = (apart * weights[:, None]).T @ apart
    size, norm = len(covariance), (covariance ** 2).sum()
    error = ((apart ** 2).sum(1) ** 2 * weights).sum() - norm
    share = numpy.clip(error / len(rows) / (norm - numpy.trace(covariance) ** 2 / size), 0, 1)
    shrunk = (1 - share) * covariance + share * numpy.trace(covariance) / size * numpy.eye(size)
    return (rows - means.mean(0)) @ numpy.linalg.inv(numpy.linalg.cholesky(shrunk)).T


class Neighbours(Recordings):
    def wanted(self, nearest, background=None):
        """Scores of the recordings, their likeness to themselves included."""
        unit = whitened(pooled(self.recordings), self.truths, 3)
        unit /= numpy.linalg.norm(unit, axis=1, keepdims=True)
        cosines = unit @ unit.T
        likeness = largest(cosines, self.truths, 3, nearest)
        own, other = [], []
        for c in range(3):
            of_class = numpy.flatnonzero(self.truths == c)
            among = cosines[numpy.ix_(of_class, of_class)].copy()
            numpy.fill_diagonal(among, -9)
            count = min(nearest, len(of_class) - 1)
            own.append(numpy.sort(among, axis=1)[:, -count:].mean())
            other.append(numpy.delete(likeness[of_class], c, axis=1).max(1).mean())
        middle, apart = (numpy.mean(own) + numpy.mean(other)) / 2, numpy.mean(own) - numpy.mean(other)
        logits = 4 * (likeness - middle) / max(apart, 0.1)
        if background is not None:
            logits -= logits[:, [background]]
            logits[:, background] = -numpy.delete(logits, background, axis=1).max(1)
        return sigmoid(logits)

    def test_by_their_definition(self):
        for nearest in [1, 5, 8]:  # one label has seven examples
            self.fit("--arch", "neighbours", *(["--nearest", nearest] if nearest != 5 else []), "-q")
            numpy.testing.assert_allclose(self.scores(), self.wanted(nearest), atol=1e-5)
        self.fit("--arch", "neighbours", "--background", "y", "-q")
        numpy.testing.assert_allclose(self.scores(), self.wanted(5, background=1), atol=1e-5)

    @onnx_runtime.needs_onnxruntime
    def test_as_onnx(self):
        for arch in ["neighbours", "linear"]:
            self.fit("--arch", arch, "-q")
            self.earshot("export", "m", "--frames", "-o", "m.onnx")
            got = onnx_runtime.run(self.dir / "m.onnx", numpy.stack(self.recordings))
            numpy.testing.assert_allclose(got.reshape(len(self.truths), 3), self.scores(), atol=1e-5)
            self.earshot("export", "m", "--weights", "int8", "-o", "small/", "--force")
            numpy.testing.assert_allclose(self.scores("small"), self.scores(), atol=0.03)

    def test_an_unknown_sound_is_like_no_example(self):
        random = numpy.random.default_rng(2)
        directions = numpy.eye(8)
        labels = ["a", "b", "odd"]
        for number in range(24):
            c = number % 3
            frames = 3 * directions[c if c < 2 else 2 + number // 3 % 6] + 0.5 * random.normal(size=(WINDOW, 8))
            self.dataset(f"open/{number:02}.npz", frames, [c] * WINDOW, labels)
        self.fit("--arch", "neighbours", "--unknown", "odd", "--precision", 0.9, "-q", data="open")
        metrics = json.loads((self.dir / "m/model.json").read_text())["metrics"]
        self.assertEqual(metrics["data"], "held-out")
        self.assertGreater(metrics["open_set"]["roc_auc"], 0.85)

    def test_many_examples_are_thinned_out(self):
        random = numpy.random.default_rng(3)
        for number, count in enumerate([6000, 300]):
            self.dataset(f"many/{number}.npz", random.normal(size=(count, 3)) + 2 * number, [number] * count, ["a", "b"])
        self.earshot("train", "many", "-o", "m", "--arch", "neighbours", "--compress", "none", "-q")
        self.assertEqual(json.loads((self.dir / "m/model.json").read_text())["architecture"]["examples"], [3796, 300])
        with numpy.load(self.dir / "m/weights.npz") as weights:
            self.assertEqual(weights["output.weight"].shape, (4096, 3))


class FewRecordings(Recordings):
    def few(self, counts, name="few"):
        for c, count in enumerate(counts):
            for number in numpy.flatnonzero(self.truths == c)[:count]:
                self.dataset(f"{name}/{number:02}.npz", self.recordings[number], [c] * WINDOW, self.LABELS)

    def test_of_every_kind(self):
        for count in [1, 2, 4]:
            self.few([count] * 3, f"few{count}")
            for arch in ["mlp", "lda", "linear", "neighbours"]:
                extra = ["--epochs", 5] if arch == "mlp" else []
                err = self.fit("--arch", arch, *extra, data=f"few{count}", stderr=None).err
                self.assertEqual("Too few recordings to hold any out" in err, count == 1, err)
                crossed = count > 1 and arch in ("linear", "neighbours")
                self.assertEqual(f"cross-validation over {3 * count} recordings" in err, crossed, err)
                self.assertEqual(self.scores(data=f"few{count}").shape, (3 * count, 3))

    def test_of_one_label_alone(self):
        self.few([1, 4, 4])
        for arch in ["mlp", "linear"]:
            err = self.fit("--arch", arch, data="few", stderr="so nothing judges 'x'.").err
            self.assertNotIn("'y'", err)

    def test_folds_that_were_asked_for(self):
        self.few([1, 4, 4])
        self.fit("--arch", "lda", "--folds", 3, data="few", status=1, stderr="all of 'x' would be held out")


if __name__ == "__main__":
    unittest.main()
