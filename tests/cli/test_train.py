"""earshot train: what it learns, what it writes, and that both can be relied upon."""
import json
import signal
import subprocess

import numpy

from support.models import rounded
from support.sandbox import EARSHOT, Sandbox

FRONTEND = {"kind": "spectrum", "rate_hz": 44100, "duration_s": 2.0, "low_hz": 20.0, "high_hz": 20000.0, "bins": 12}


def write_dataset(path, classes, labels=("background", "cry"), seed=0, lift=2.0, frontend=FRONTEND, values=12, **changed):
    """An NPZ as datagen makes them: log-normal magnitudes, lifted in every n-th band for a frame of the n-th class."""
    path.parent.mkdir(parents=True, exist_ok=True)
    random = numpy.random.default_rng(seed)
    classes = numpy.asarray(classes)
    lifts = lift * (numpy.arange(values)[None, :] % len(labels) == classes[:, None])
    arrays = {
        "samples": numpy.exp(random.standard_normal((len(classes), values)) - 5 + lifts).astype(numpy.float32),
        "classes": classes.astype(numpy.int64),
        "cutoff_frequencies": numpy.array([20.0, 20000.0]),
        "labels": numpy.array(labels),
        "times": 2.0 * numpy.arange(len(classes)),
        "events": numpy.zeros((0, 3)),
        "frontend": numpy.array(json.dumps(frontend)),
        "source": numpy.array(json.dumps({"file": path.stem + ".wav", "group": path.stem, "hash": f"{path} {seed}"})),
    }
    arrays.update(changed)
    numpy.savez(path, **{name: array for name, array in arrays.items() if array is not None})


def log_probabilities(weights, samples):
    """What the usual network makes of frames, by its formula."""
    x = (numpy.log(samples + 1e-5) - weights["input.mean"]) / weights["input.deviation"]
    for layer in ["dense_1", "dense_2"]:
        x = numpy.maximum(0, x @ weights[f"{layer}.weight"].T + weights[f"{layer}.bias"])
    x = x @ weights["output.weight"].T + weights["output.bias"]
    return x - numpy.log(numpy.exp(x).sum(1, keepdims=True))


class Training(Sandbox):
    def setUp(self):
        super().setUp()
        random = numpy.random.default_rng(1)
        for number in range(8):
            write_dataset(self.dir / f"data/r{number}.npz", random.integers(0, 2, 40), seed=number)

    def train(self, *words, **options):
        return self.earshot("train", *words, **options)

    def model(self, name="m"):
        return json.loads((self.dir / name / "model.json").read_text())

    def weights(self, name="m"):
        return (self.dir / name / "weights.npz").read_bytes()

    def history(self, name="m"):
        return [json.loads(line) for line in (self.dir / name / "history.jsonl").read_text().splitlines()]

    def test_a_model_says_everything_about_itself(self):
        self.train("data", "-o", "m", "-q", "--seed", 3)
        model = self.model()
        self.assertEqual(model["labels"], ["background", "cry"])
        self.assertEqual(model["background"], "background")
        self.assertEqual(model["frontend"], FRONTEND)
        self.assertEqual(model["architecture"]["hidden"], [24, 9])
        self.assertEqual(len(model["thresholds"]), 2)
        self.assertGreater(model["metrics"]["accuracy"], 0.9)
        self.assertEqual(model["provenance"]["seed"], 3)
        self.assertEqual(len(model["provenance"]["data"]), 8)
        self.assertIn("earshot train data -o m -q --seed 3", model["provenance"]["command"])
        self.assertEqual([row["epoch"] for row in self.history()], list(range(1, model["metrics"]["epochs"] + 1)))
        self.assertEqual(sorted(entry.name for entry in self.dir.iterdir()), ["data", "m"])

    def test_weights_are_those_of_the_formula(self):
        """The validation loss in the history, computed again by numpy from the files alone."""
        write_dataset(self.dir / "held/v.npz", [0, 1] * 30, seed=99, lift=0.7)
        self.train("data", "-o", "m", "-q", "--validation-data", "held", "--class-weights", "none")
        data = numpy.load(self.dir / "held/v.npz")
        log_p = log_probabilities(numpy.load(self.dir / "m/weights.npz", allow_pickle=False), data["samples"])
        loss = -log_p[numpy.arange(60), data["classes"]].mean()
        best = min(self.history(), key=lambda row: row["validation_loss"])
        self.assertAlmostEqual(loss, best["validation_loss"], 5)
        self.assertAlmostEqual((log_p.argmax(1) == data["classes"]).mean(), self.model()["metrics"]["accuracy"], 3)

    def test_standardisation_is_fitted_to_training_frames_alone(self):
        write_dataset(self.dir / "held/v.npz", [0, 1] * 30, seed=99, lift=9)
        self.train("data", "-o", "m", "-q", "--validation-data", "held")
        frames = numpy.log(numpy.concatenate(
            [numpy.load(path)["samples"] for path in (self.dir / "data").glob("*.npz")]).astype(float) + 1e-5)
        weights = numpy.load(self.dir / "m/weights.npz")
        numpy.testing.assert_allclose(weights["input.mean"], frames.mean(0), rtol=1e-5)
        numpy.testing.assert_allclose(weights["input.deviation"], frames.std(0), rtol=1e-4)

    def test_reproducible_bit_for_bit_on_one_thread(self):
        for name in ["m", "n"]:
            self.train("data", "-o", name, "-q", "--threads", 1, "--dropout", 0.3, "--gain-jitter", 3)
        self.assertEqual(self.weights("m"), self.weights("n"))
        self.assertEqual(self.history("m"), self.history("n"))

    def test_resumed_run_equals_an_uninterrupted_one(self):
        common = ["-q", "--threads", 1, "--dropout", 0.3, "--patience", 0]
        self.train("data", "-o", "whole", "--epochs", 9, *common)
        self.train("data", "-o", "m", "--epochs", 4, *common)
        self.train("data", "-o", "m", "--epochs", 9, "--resume", *common)
        for name in ["weights.npz", "history.jsonl", "checkpoint.npz", "checkpoint.json"]:
            self.assertEqual((self.dir / "m" / name).read_bytes(), (self.dir / "whole" / name).read_bytes(), name)
        self.train("data", "-o", "m", "--epochs", 9, "--resume", *common, "--seed", 1, status=1, stderr="cannot resume")
        self.train("data", "-o", "none", "--resume", "-q", status=1, stderr="none: no model to resume")
        self.assertFalse((self.dir / "none").exists())

    def test_smaller_weights(self):
        common = ["-q", "--threads", 1, "--patience", 0]
        self.train("data", "-o", "whole", "--epochs", 9, *common)
        whole = numpy.load(self.dir / "whole/weights.npz")
        for kind in ["float16", "int8"]:
            self.train("data", "-o", kind, "--epochs", 9, "--weights", kind, *common)
            small = numpy.load(self.dir / kind / "weights.npz")
            self.assertEqual(small["dense_1.weight"].dtype, kind)
            values = small["dense_1.weight"] * (small["dense_1.weight.scale"][:, None] if kind == "int8" else 1)
            numpy.testing.assert_allclose(values, rounded(whole["dense_1.weight"], kind), rtol=1e-6)
            numpy.testing.assert_array_equal(small["input.mean"], whole["input.mean"])
            self.assertEqual(self.history(kind), self.history("whole"), "it learns in float32")

            # A run that goes on does not begin with the rounded weights.
            self.train("data", "-o", "m", "--force", "--epochs", 4, "--weights", kind, *common)
            self.train("data", "-o", "m", "--epochs", 9, "--resume", "--weights", kind, *common)
            for name in ["weights.npz", "history.jsonl", "checkpoint.npz", "checkpoint.json"]:
                self.assertEqual((self.dir / "m" / name).read_bytes(), (self.dir / kind / name).read_bytes(), name)
            # Nor if nothing is left to learn.
            self.train("data", "-o", "m", "--epochs", 9, "--resume", *common)
            self.assertEqual(self.weights("m"), self.weights("whole"))

    def test_thresholds_are_those_of_the_rounded_weights(self):
        write_dataset(self.dir / "held/v.npz", [0, 1] * 30, seed=99, lift=0.5)
        self.train("data", "-o", "m", "-q", "--validation-data", "held", "--precision", 0.8, "--weights", "int8")
        read = dict(numpy.load(self.dir / "m/weights.npz"))
        weights = {name: array * read[f"{name}.scale"][:, None] if array.dtype == numpy.int8 else array
                   for name, array in read.items()}
        scores = numpy.sort(numpy.exp(log_probabilities(weights, numpy.load(self.dir / "held/v.npz")["samples"]))[:, 1])
        between = (scores[1:] + scores[:-1]) / 2  # or the lowest score itself
        threshold = self.model()["thresholds"][1]
        self.assertLess(abs(numpy.append(between, scores[0]) - threshold).min(), 2e-6)

    def test_few_data_get_more_epochs_for_the_steps(self):
        common = ["-q", "--validation", 0, "--batch", 32, "--patience", 0]  # 320 frames: 10 steps an epoch
        for epochs, done in (("3", 3), ("3,20", 3), ("3,41", 5)):
            self.train("data", "-o", "m", "--force", "--epochs", epochs, *common)
            self.assertEqual(len(self.history()), done)
        # Folds learn from three quarters each, 8 steps an epoch; what follows goes on for as long as was best for them.
        self.train("data", "-o", "folds", "--epochs", "1,24", "--folds", 4, "--batch", 32, "--patience", 0, "-q")
        metrics = self.model("folds")["metrics"]
        self.assertTrue(all(1 <= fold["epochs"] <= 3 for fold in metrics["folds"]), metrics["folds"])
        self.assertEqual(metrics["epochs"], sorted(fold["epochs"] for fold in metrics["folds"])[2])
        for epochs in ("0", "3,", "3,0", ",20", "3,20,1", "many"):
            self.train("data", "-o", "no", "-q", "--epochs", epochs, status=2, stderr=f"--epochs: '{epochs}' should be N or N,STEPS")

    def run_until_epoch(self, number, *words):
        """Starts a training run and returns it once it has told of an epoch."""
        process = subprocess.Popen([EARSHOT, "train", *map(str, words), "-v"], cwd=self.dir, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        for line in process.stderr:
            if f"epoch {number} " in line:
                return process
        self.fail("it ended too early")

    def test_first_interrupt_saves_the_best_so_far_and_can_be_resumed(self):
        common = ["--threads", 1, "--patience", 0]
        for number in [signal.SIGINT, signal.SIGTERM]:
            name = number.name
            process = self.run_until_epoch(3, "data", "-o", name, "--epochs", 1000000, *common)
            process.send_signal(number)
            said = process.communicate(timeout=60)[1]
            self.assertEqual(process.returncode, 0, said)
            self.assertIn("Interrupted", said)
            done = len(self.history(name))
            self.assertEqual(self.model(name)["metrics"]["epochs"], done)
            self.train("data", "-o", name, "--epochs", done + 3, "--resume", "-q", *common)
            self.train("data", "-o", "whole", "--epochs", done + 3, "--force", "-q", *common)
            self.assertEqual(self.weights(name), self.weights("whole"))
            self.assertEqual(self.history(name), self.history("whole"))

    def test_a_killed_run_leaves_its_last_save_whole(self):
        process = self.run_until_epoch(5, "data", "-o", "m", "--epochs", 1000000, "--patience", 0, "--save-every", "0")
        process.kill()
        process.wait()
        self.assertGreaterEqual(len(self.history()), 1)
        self.train("data", "-o", "m", "--epochs", len(self.history()) + 1, "--patience", 0, "--resume", "-q")

    def test_existing_models_need_force_and_other_things_are_never_replaced(self):
        self.train("data", "-o", "m", "-q", "--epochs", 2)
        before = self.weights()
        self.train("data", "-o", "m", "-q", status=1, stderr="m: exists (replace it with --force)")
        self.assertEqual(self.weights(), before)
        self.train("data", "-o", "m", "-q", "--force", "--epochs", 3)
        self.assertNotEqual(self.weights(), before)
        self.train("data", "-o", "data", "-q", "--force", status=1, stderr="data: exists and is not a model")

    def test_folds_judge_each_recording_by_a_network_that_has_not_seen_it(self):
        self.train("data", "-o", "m", "-q", "--folds", 4)
        metrics = self.model()["metrics"]
        self.assertEqual(metrics["data"], "held-out")
        self.assertEqual(metrics["windows"], 320)
        self.assertEqual(sum(fold["windows"] for fold in metrics["folds"]), 320)
        self.assertEqual(metrics["epochs"], sorted(fold["epochs"] for fold in metrics["folds"])[2])

    def test_original_arrays_alone_train(self):
        """An NPZ by numpy.savez_compressed with the original's three arrays."""
        for number in range(4):
            full = numpy.load(self.dir / f"data/r{number}.npz")
            (self.dir / "bare").mkdir(exist_ok=True)
            numpy.savez_compressed(self.dir / f"bare/r{number}.npz", samples=full["samples"], classes=full["classes"],
                                   cutoff_frequencies=full["cutoff_frequencies"])
        said = self.train("bare", "-o", "m", stderr="do not say how their frames were made").err
        self.assertIn("datagen", said)
        self.assertIsNone(self.model()["frontend"])
        self.assertEqual(self.model()["labels"], ["0", "1"])

    def test_recipe_and_configuration(self):
        (self.dir / "mine.toml").write_text("[train]\nepochs = 3\n[datagen]\nbins = 50\n")
        self.train("data", "-o", "m", "-q", "--recipe", "mine.toml", "--patience", 0)
        self.assertEqual((len(self.history()), self.model()["recipe"]), (3, "mine"))
        self.train("data", "-o", "n", "-q", "--recipe", "spectrum-mlp", "--epochs", 2)
        self.assertEqual(self.model("n")["recipe"], "spectrum-mlp")

    def test_a_recipe_changes_the_sizes_of_layers(self):
        (self.dir / "small.toml").write_text('[train]\nepochs = 1\narch = "dnn"\nhidden = [6, 5]\n')
        self.train("data", "-o", "m", "-q", "--recipe", "small.toml")
        self.assertEqual(self.model()["architecture"]["hidden"], [6, 5])
        self.assertEqual(numpy.load(self.dir / "m/weights.npz")["dense_2.weight"].shape, (5, 6))
        self.train("data", "-o", "m", "-q", "--force", "--recipe", "small.toml", "--hidden", "7")
        self.assertEqual(self.model()["architecture"]["hidden"], [7])
        self.train("data", "-o", "n", "-q", "--hidden", "7,0", status=2, stderr="--hidden: '7,0' should be at most 16 whole")
        self.train("data", "-o", "n", "-q", "--units", "7", status=2, stderr="--units is for --arch cnn")

    # Faults of the programs before.

    def test_micmon_13_front_end_and_frame_size_stay_with_the_model(self):
        self.train("data", "-o", "m", "-q", "--epochs", 1)
        self.assertEqual(self.model()["frontend"]["bins"], 12)
        self.assertEqual(self.model()["architecture"]["inputs"], 12)

    def test_micmon_14_a_model_without_its_description_is_an_error_and_not_a_crash(self):
        self.train("data", "-o", "m", "-q", "--epochs", 1)
        (self.dir / "m/checkpoint.json").unlink()
        self.train("data", "-o", "m", "-q", "--resume", status=1, stderr="m: has no checkpoint to resume from")

    def test_micmon_21_every_class_is_on_the_training_side_whatever_the_seed(self):
        for number in range(6):
            write_dataset(self.dir / f"rare/r{number}.npz", [0] * 9 + [int(number < 2)], seed=number)
        for seed in range(10):
            self.train("rare", "-o", "m", "-q", "--force", "--epochs", 1, "--seed", seed)

    def test_sounddetect_12_validation_is_never_training_data(self):
        self.train("data/r0.npz", "-o", "m", "--epochs", 1, stderr="Too few recordings to hold any out")
        self.assertEqual(self.model()["metrics"]["data"], "training")
        self.train("data", "-o", "n", "-q", "--validation-data", "data/r0.npz", status=1,
                   stderr="the same recording is training data")

    def test_notebook_thresholds_are_not_chosen_on_the_data_that_report_the_score(self):
        """The model says which frames chose the thresholds, and test data change nothing but the report."""
        write_dataset(self.dir / "test/t.npz", [0, 1] * 30, seed=99, lift=0.5)
        self.train("data", "-o", "m", "-q", "--threads", 1)
        self.train("data", "-o", "n", "-q", "--threads", 1, "--test-data", "test")
        metrics = self.model("n")["metrics"]
        self.assertEqual(metrics["thresholds_from"], "validation")
        self.assertEqual(metrics["test"]["windows"], 60)
        self.assertNotEqual(metrics["test"]["accuracy"], metrics["accuracy"])
        self.assertEqual(self.model("m")["thresholds"], self.model("n")["thresholds"])
        self.assertEqual(self.weights("m"), self.weights("n"))

    def test_a_model_that_a_killed_run_was_making_stayed_for_ever(self):
        left = self.dir / ".m.~abcdef"  # which nobody holds locked
        left.mkdir()
        (left / "weights.npz").write_bytes(b"half")
        (self.dir / ".n.~abcdef").mkdir()  # of another model
        self.train("data", "-o", "m", "-q", "--threads", 1, "--epochs", 1)
        self.assertFalse(left.exists())
        self.assertTrue((self.dir / ".n.~abcdef").exists())


class Refusals(Sandbox):
    def refused(self, message, *words, status=1):
        said = self.earshot("train", *words, "-o", "m", "-q", status=status, stderr=message).err
        self.assertEqual(len(said.splitlines()), 1, said)
        self.assertFalse((self.dir / "m").exists())
        self.assertEqual([entry.name for entry in self.dir.iterdir() if entry.name.startswith(".m")], [])

    def test_data_that_cannot_be_learnt_from(self):
        write = lambda name, *rest, **more: write_dataset(self.dir / name, *rest, **more)
        write("a.npz", [0, 1] * 10, seed=1)
        write("b.npz", [0, 1] * 10, seed=2)
        write("one.npz", [1] * 10, seed=3)
        write("empty.npz", [0, 1] * 10, labels=("background", "cry", "dog"), seed=4)
        write("other.npz", [0, 1] * 10, seed=5, frontend=FRONTEND | {"rate_hz": 16000, "high_hz": 8000.0})
        full = numpy.load(self.dir / "a.npz")
        numpy.savez(self.dir / "bare.npz", samples=full["samples"], classes=full["classes"], cutoff_frequencies=[20, 20000])
        nan = full["samples"].copy()
        nan[7, 3] = numpy.nan
        write("nan.npz", [0, 1] * 10, seed=6, samples=nan)
        self.refused("all frames are labelled 'cry'", "one.npz")
        self.refused("no training frame is labelled 'dog'", "empty.npz", "a.npz")
        self.refused("16000", "a.npz", "other.npz")
        self.refused("bare.npz does not say how its frames were made", "a.npz", "bare.npz")
        self.refused("nan.npz", "nan.npz", "b.npz")
        self.refused("given twice", "a.npz", "a.npz")
        self.refused("none.npz", "none.npz")
        self.refused("no label 'frog'", "a.npz", "b.npz", "--leave-out", "frog")
        self.refused("--background frog: no such label (labels: background, cry)", "a.npz", "b.npz", "--background", "frog")
        self.refused("diverged", "a.npz", "b.npz", "--learning-rate", 10, "--weight-decay", 100, "--epochs", 1000, "--patience", 0)

    def test_wrong_requests(self):
        write_dataset(self.dir / "a.npz", [0, 1] * 10)
        for words in [["--folds", 1], ["--folds", 3, "--resume"], ["--validation", 1],
                      ["--epochs", 0], ["--batch", -1], ["--learning-rate", "nan"], ["--compress", "zip"],
                      ["--split", "half"], ["--epoch", 3]]:
            with self.subTest(words=words):
                self.refused("earshot train: ", "a.npz", *words, status=2)
        self.earshot("train", "a.npz", status=2, stderr="--output")
        self.earshot("train", "a.npz", "-o", "-", status=2, stderr="cannot go to standard output")

    def test_cuda_where_there_is_none(self):
        import torch
        if torch.cuda.is_available():
            self.skipTest("there is one")
        write_dataset(self.dir / "a.npz", [0, 1] * 10)
        self.refused("was built without CUDA here, or finds no graphics processor (--compute cpu", "a.npz", "--compute", "cuda", status=2)

    def test_no_place_to_write(self):
        write_dataset(self.dir / "a.npz", [0, 1] * 10)
        for words, message in ((["-o", "no/such/place"], "cannot write no/such/place: No such file or directory"),
                               (["-o", "a.npz/m"], "cannot write a.npz/m: "),
                               (["-o", "m", "--resume"], "m: no model to resume (train it without --resume first)")):
            # Before the data are read, which may take long: not even a missing dataset is noticed.
            self.earshot("train", "nowhere.npz", "-q", "--validation", 0, *words, status=1, stderr=message)
