"""The recipe `phrase` from recordings to answers, and training on windows and on labels of whole recordings."""
import csv
import io
import json
import os
import subprocess
import time

import numpy
from sklearn import metrics

from support.phrases import RATE, SHORT, chirp, write_calls
from support.sandbox import EARSHOT, Sandbox, noise, write_wav
from support.sparse_npz import write_sparse_npz

LOGMEL = {"kind": "logmel", "rate_hz": 16000, "window_s": 0.025, "hop_s": 0.01, "fft_size": 512, "centred": False,
          "power": 2, "low_hz": 50.0, "high_hz": 7800.0, "mels": 6, "scale": "slaney", "norm": "slaney", "floor": 1e-10}


def write_frames(path, frames, classes, labels=("background", "word"), events=(), compressed=False):
    path.parent.mkdir(parents=True, exist_ok=True)
    save = numpy.savez_compressed if compressed else numpy.savez
    save(path, samples=numpy.asarray(frames, numpy.float32), classes=numpy.asarray(classes, numpy.int64),
         cutoff_frequencies=numpy.array([50.0, 7800.0]), labels=numpy.array(labels), times=0.01 * numpy.arange(len(frames)),
         events=numpy.asarray(events, float).reshape(-1, 3), frontend=numpy.array(json.dumps(LOGMEL)),
         source=numpy.array(json.dumps({"file": path.stem, "group": path.stem, "content_hash": path.stem})))


class Recipe(Sandbox):
    def test_learns_a_phrase_from_recordings_and_finds_it_in_others(self):
        write_calls(self.dir / "calls", 60)
        self.earshot("datagen", "--recipe", "phrase", "calls", "dataset", "-q")
        self.earshot("train", "--recipe", "phrase", *SHORT, "dataset", "-o", "model", "-q", "--epochs", 30, "--threads", 1)
        model = json.loads((self.dir / "model/model.json").read_text())
        self.assertEqual(model["window"], {"frames": 100, "hop": 50, "padding": "minimum"})
        self.assertEqual((model["labels"], model["background"]), (["background", "phrase"], "background"))
        # The figure that is reported comes from recordings that chose neither epoch nor threshold.
        roles = [item["role"] for item in model["provenance"]["data"]]
        self.assertEqual(roles.count("test"), model["metrics"]["test"]["windows"])
        bounds = write_calls(self.dir / "new", 40, seed=1)
        said = self.earshot("detect", "model", "new", "--per-recording", "--scores").text()
        rows = list(csv.DictReader(io.StringIO(said)))
        self.assertEqual([row["id"] for row in rows], [f"call{number:03}" for number in range(40)])
        truth = [row["id"] in bounds for row in rows]
        self.assertGreater(metrics.roc_auc_score(truth, [float(row["score"]) for row in rows]), 0.97)
        right = [(row["label"] == "phrase") == true for row, true in zip(rows, truth)]
        self.assertGreater(sum(right), 34)
        self.check_evaluation(truth, rows, model["thresholds"][1])
        self.check_places(bounds)

    def test_frames_of_half_the_size_teach_the_same(self):
        write_calls(self.dir / "calls", 30)
        scores = {}
        for dtype in ("float32", "float16"):
            self.earshot("datagen", "--recipe", "phrase", "calls", dtype, "--dtype", dtype, "-q")
            self.earshot("train", "--recipe", "phrase", *SHORT, dtype, "-o", "model", "--force", "-q", "--epochs", 12, "--threads", 1)
            self.earshot("evaluate", "model", "float32", "--scores", "scores.tsv", "-q")
            scores[dtype] = numpy.loadtxt(self.dir / "scores.tsv", delimiter="\t", skiprows=1, usecols=(3, 4))
        sizes = [sum(path.stat().st_size for path in (self.dir / dtype).glob("*.npz")) for dtype in ("float16", "float32")]
        self.assertLess(sizes[0], 0.6 * sizes[1])
        self.assertLess(numpy.abs(scores["float16"] - scores["float32"]).max(), 0.05)
        self.assertGreater(numpy.ptp(scores["float32"][:, 1]), 0.2)  # or all would be alike

    def check_places(self, bounds):
        """An event lies where the phrase does, more closely than windows follow each other."""
        events = [json.loads(line) for line in self.earshot("detect", "model", "new").text().splitlines()]
        self.assertEqual({event["label"] for event in events}, {"phrase"})
        best = {}
        for event in events:
            name = os.path.basename(event["file"]).removesuffix(".wav")
            if event["score"] > best.get(name, {"score": 0})["score"]:
                best[name] = event
        found = [(best[name], onset, offset) for name, (onset, offset) in bounds.items() if name in best]
        self.assertGreaterEqual(len(found), 17)
        middle = [abs((event["onset"] + event["offset"]) / 2 - (onset + offset) / 2) for event, onset, offset in found]
        self.assertLess(numpy.median(middle), 0.2)
        self.assertLess(numpy.median([event["offset"] - event["onset"] for event, *_ in found]), 0.8)

    def check_evaluation(self, truth, rows, threshold):
        """Recordings are judged as such, by what detect says of them, from sound and from frames alike."""
        self.earshot("datagen", "--recipe", "phrase", "new", "new-dataset", "-q")
        scores = numpy.array([float(row["score"]) for row in rows])
        truth, heard = numpy.array(truth), scores >= threshold
        far, frr = numpy.mean(heard[~truth]), numpy.mean(~heard[truth])
        for data, words in [("new", ["--background", "background"]), ("new-dataset", [])]:
            ours = json.loads(self.earshot("evaluate", "model", data, *words, "--json", "--scores", "scores.tsv", "-q").text())
            judged = list(csv.DictReader(io.StringIO((self.dir / "scores.tsv").read_text()), delimiter="\t"))
            self.assertEqual([row["label"] == "phrase" for row in judged], list(truth))
            numpy.testing.assert_allclose([float(row["phrase"]) for row in judged], scores, atol=1e-3)
            self.assertEqual((ours["windows"], ours["left_out"]), (40, 0))
            self.assertEqual(ours["labels"]["phrase"]["windows"], sum(truth))
            self.assertAlmostEqual(ours["labels"]["phrase"]["roc_auc"], metrics.roc_auc_score(truth, scores), 2)
            rates = ours["detection"]["phrase"]
            self.assertEqual(list(ours["detection"]), ["phrase"])
            self.assertAlmostEqual(rates["threshold"], threshold)
            self.assertAlmostEqual(rates["far"], far, 5)
            self.assertAlmostEqual(rates["frr"], frr, 5)
            self.assertAlmostEqual(rates["score"], 2 * (1 - far) * (1 - frr) / (2 - far - frr), 5)
        text = self.earshot("evaluate", "model", "new-dataset", "--per-recording").text()
        self.assertIn("of 40 recordings", text)
        self.assertRegex(text, rf"(?m)^phrase +{threshold:.3f} +{far:.3f} +{frr:.3f} ")

    def test_recordings_marked_one_or_zero(self):
        """0 is the background, and none that datagen names in case there is some stands in the way."""
        write_calls(self.dir / "calls", 20)
        (self.dir / "calls/word_bounds.json").unlink()
        (self.dir / "calls.csv").write_text("id,label\n" + "".join(f"call{n:03},{n % 2}\n" for n in range(20)))
        self.earshot("datagen", "--recipe", "phrase", "calls", "dataset", "--labels", "calls.csv", "-q")
        self.earshot("train", "--recipe", "phrase", *SHORT, "dataset", "-o", "model", "-q", "--epochs", 1, "--threads", 1)
        model = json.loads((self.dir / "model/model.json").read_text())
        self.assertEqual((model["labels"], model["background"], model["target"]), (["0", "1"], "0", "recording"))
        said = self.earshot("detect", "model", "calls", "--per-recording").text().splitlines()
        self.assertEqual(len(said), 21)
        self.assertLessEqual({row.split(",")[1] for row in said[1:]}, {"0", "1"})
        # A recipe's share for validation gives way to data for it, and to cross-validation.
        for words in [["--validation-data", "dataset/call018.npz", "--validation-data", "dataset/call019.npz"], ["--folds", 2]]:
            datasets = [f"dataset/call{n:03}.npz" for n in range(18)]
            self.earshot("train", "--recipe", "phrase", *SHORT, *datasets, "-o", "other", "--force", "-q", "--epochs", 1,
                         "--test", 0, "--threads", 1, *words)
        # Where frames have the labels, none is background unless somebody says so.
        self.earshot("train", "dataset", "-o", "frames", "-q", "--epochs", 1, "--target", "frame", "--loss", "softmax")
        self.assertEqual(json.loads((self.dir / "frames/model.json").read_text())["background"], "")


class Windows(Sandbox):
    def features(self, window, deltas, pool):
        planes = [window]
        for _ in range(deltas):
            planes.append(numpy.diff(planes[-1], axis=0, prepend=planes[-1][:1]))
        pooled = [plane.reshape(pool, -1, plane.shape[1]).mean(axis=1) for plane in planes]
        features = numpy.stack(pooled)
        features = features - features.mean(axis=1, keepdims=True)
        return features / (numpy.sqrt((features ** 2).mean(axis=(1, 2), keepdims=True)) + 1e-5)

    def logit(self, window, weights, dense):
        """Of the one output, from the files alone and in double precision."""
        x = self.features(window, 2, 10)
        if dense:
            x = x.reshape(-1)
            x = (x - x.mean()) / numpy.sqrt(x.var() + 1e-5) * weights["norm.weight"] + weights["norm.bias"]
            for layer in ["dense_1", "dense_2"]:
                x = numpy.maximum(0, weights[f"{layer}.weight"] @ x + weights[f"{layer}.bias"])
        else:
            for layer in ["conv_1", "conv_2", "conv_3"]:
                kernel = weights[f"{layer}.weight"]
                padded = numpy.pad(x, ((0, 0), (1, 1), (1, 1)))
                patches = numpy.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))[:, ::2, ::2]
                x = numpy.einsum("ctbij,ocij->otb", patches, kernel)
                at = {name: weights[f"{layer}_norm.{name}"][:, None, None] for name in ["weight", "bias", "running_mean",
                                                                                      "running_var"]}
                x = (x - at["running_mean"]) / numpy.sqrt(at["running_var"] + 1e-5) * at["weight"] + at["bias"]
                x = numpy.maximum(0, x)
            steps = x.transpose(1, 0, 2).reshape(x.shape[1], -1)
            x = numpy.maximum(0, steps @ weights["mix.weight"].T + weights["mix.bias"]).max(axis=0)
        return (weights["output.weight"] @ x + weights["output.bias"])[0]

    def test_scores_are_those_of_the_formulas(self):
        """Windows of a dataset as evaluate scores them, computed again by numpy from model and dataset."""
        random = numpy.random.default_rng(2)
        for number in range(6):
            classes = numpy.repeat(random.integers(0, 2, 9), 20)[:random.integers(130, 180)]
            frames = random.standard_normal((len(classes), 6)) - 8 + 2 * classes[:, None] * numpy.eye(6)[2]
            write_frames(self.dir / f"data/r{number}.npz", frames, classes)
        for arch in ["dnn", "cnn"]:
            self.earshot("train", "data", "-o", arch, "-q", "--arch", arch, "--loss", "sigmoid", "--window", "0.4s",
                         "--window-hop", "0.1s", "--deltas", 2, "--pool", 10, "--standardise", "mean", "--epochs", 3,
                         "--dropout", 0.1)
            self.earshot("evaluate", arch, "data", "--scores", "scores.tsv", "-q")
            weights = numpy.load(self.dir / arch / "weights.npz", allow_pickle=False)
            rows = list(csv.DictReader((self.dir / "scores.tsv").open(), delimiter="\t"))
            wanted = []
            for number in range(6):
                frames = numpy.load(self.dir / f"data/r{number}.npz")["samples"].astype(float)
                starts = list(range(0, len(frames) - 40, 10)) + [len(frames) - 40]
                wanted += [1 / (1 + numpy.exp(-self.logit(frames[s:s + 40], weights, arch == "dnn"))) for s in starts]
            numpy.testing.assert_allclose([float(row["word"]) for row in rows], wanted, atol=1e-5)
            numpy.testing.assert_allclose([float(row["background"]) for row in rows], 1 - numpy.array(wanted), atol=1e-5)

    def test_false_alarms_and_misses_are_those_of_scikit_learn(self):
        """Of scores that say little: of windows that have labels at random."""
        random = numpy.random.default_rng(5)
        for number in range(12):
            place = "held" if number >= 8 else "data"
            classes = numpy.repeat(random.integers(0, 2, 15), 10)
            frames = random.standard_normal((150, 6)) + 0.3 * classes[:, None]
            write_frames(self.dir / f"{place}/r{number}.npz", frames, classes)
        self.earshot("train", "data", "-o", "m", "-q", "--arch", "dnn", "--loss", "sigmoid", "--window", "0.1s", "--criterion",
                     "score", "--test-data", "held", "--epochs", 3)
        figures = json.loads((self.dir / "m/model.json").read_text())["metrics"]["test"]
        self.earshot("evaluate", "m", "held", "--scores", "scores.tsv", "-q")
        rows = list(csv.DictReader((self.dir / "scores.tsv").open(), delimiter="\t"))
        truth = numpy.array([row["label"] == "word" for row in rows])
        scores = numpy.array([float(row["word"]) for row in rows])
        self.assertEqual(len(rows), figures["windows"])
        ours = figures["detection"]["word"]
        (true_negatives, false_positives), (false_negatives, true_positives) = metrics.confusion_matrix(
            truth, scores >= ours["threshold"])
        far = false_positives / (false_positives + true_negatives)
        frr = false_negatives / (false_negatives + true_positives)
        self.assertAlmostEqual(ours["far"], far, 5)
        self.assertAlmostEqual(ours["frr"], frr, 5)
        self.assertAlmostEqual(ours["score"], 2 * (1 - far) * (1 - frr) / (2 - far - frr), 5)
        self.assertAlmostEqual(figures["labels"]["word"]["roc_auc"], metrics.roc_auc_score(truth, scores), 5)
        self.assertAlmostEqual(figures["labels"]["word"]["average_precision"],
                               metrics.average_precision_score(truth, scores), 5)

    def test_options_that_do_not_go_together(self):
        write_frames(self.dir / "data/r.npz", numpy.zeros((50, 6)), numpy.zeros(50))
        for words, message in [(["--target", "recording"], "--target recording needs --loss sigmoid"),
                               (["--target", "recording", "--loss", "sigmoid", "--split", "frames"], "leave --split out"),
                               (["--arch", "rnn"], "rnn")]:
            self.earshot("train", "data", "-o", "m", *words, status=2, stderr=message)
        write_frames(self.dir / "data/s.npz", numpy.zeros((50, 6)), numpy.ones(50))
        self.earshot("train", "data", "-o", "m", "--arch", "cnn", status=2, stderr="windows of several frames (--window)")
        self.earshot("train", "data", "-o", "m", "--window", "0.1s", "--pool", 11, "--validation", 0, status=2,
                     stderr="a window has 10 frames only")
        self.earshot("train", "data", "-o", "m", "--window", "0.1s", "--deviation", status=2, stderr="--deviation needs --pool")


class Memory(Sandbox):
    def epoch(self, name, frames_each):
        """MB that training for an epoch on four recordings takes at most."""
        (self.dir / name).mkdir()
        for number in range(4):
            label = number % 2
            write_sparse_npz(self.dir / f"{name}/r{number}.npz",
                             {"samples": ("<f4", (frames_each, 48)), "times": ("<f8", (frames_each,))},
                             classes=numpy.full(frames_each, label), labels=numpy.array(["background", "word"]),
                             events=numpy.zeros((0, 3)), frontend=numpy.array(json.dumps(LOGMEL)),
                             source=numpy.array(json.dumps({"file": f"{number}", "group": f"{number}",
                                                            "content_hash": f"{number}"})))
        process = subprocess.Popen([EARSHOT, "train", name, "-o", f"{name}-model", "-q", "--target", "recording", "--loss",
                                    "sigmoid", "--window", "1s", "--arch", "dnn", "--epochs", "1", "--validation", "0",
                                    "--threads", "1"], cwd=self.dir)
        _, status, use = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(process.returncode, 0)
        return use.ru_maxrss / 1024

    def test_frames_of_a_large_dataset_stay_on_disk(self):
        """Of 1.2 GB of frames, no more is in memory than the 256 MiB that may be."""
        small, large = self.epoch("small", 1000), self.epoch("large", 1600000)
        self.assertLess(large, small + 256 * 1.05 + 60)


class Batch(Sandbox):
    def setUp(self):
        super().setUp()
        write_calls(self.dir / "calls", 16)
        self.earshot("datagen", "--recipe", "phrase", "calls", "dataset", "-q")
        self.earshot("train", "--recipe", "phrase", *SHORT, "dataset", "-o", "model", "-q", "--epochs", 1)

    def detect(self, *words, **options):
        return self.earshot("detect", "model", *words, "--per-recording", "--scores", **options)

    def test_windows_cover_the_recording_and_no_more(self):
        """No row of scores is of padding."""
        write_wav(self.dir / "ten.wav", noise(10.01, RATE), RATE)
        rows = self.earshot("detect", "model", "ten.wav", "--scores=-", "-q", "--overlap", 0.5).text().splitlines()[1:]
        self.assertEqual(len(rows), 19)  # 999 frames: 18 windows of 100 every 50, and the one that ends with them
        self.assertAlmostEqual(float(rows[-1].split("\t")[1]), 10.01, 2)

    def test_windows_may_overlap_more_and_live_sound_is_heard_the_same(self):
        parts = [noise(3, RATE), 0.3 * chirp(True), noise(4, RATE), 0.3 * chirp(True), noise(1, RATE)]
        write_wav(self.dir / "long.wav", numpy.concatenate(parts), RATE, "FLOAT")
        for overlap, hop_s in ((0.5, 0.5), (0.9, 0.1)):
            table = self.earshot("detect", "model", "long.wav", "--overlap", overlap, "--scores=-", "-o", "all").text()
            windows = [line.split("\t") for line in table.splitlines()[1:]]
            numpy.testing.assert_allclose(numpy.diff([float(row[0]) for row in windows[1:]]), hop_s, atol=1.1e-3)
            # A model that has learned next to nothing still has windows that score more than others.
            middle = numpy.median([float(row[-1]) for row in windows])
            options = ("--overlap", overlap, "--threshold", f"{middle:.4f}")
            live = self.earshot("detect", "model", "--device", "-", *options, stdin=(self.dir / "long.wav").read_bytes())
            found = self.earshot("detect", "model", "long.wav", *options).rows()
            keys = ("onset", "offset", "label", "score")
            self.assertEqual(*([[row[key] for key in keys] for row in rows] for rows in (live.rows(), found)))
            self.assertGreater(len(found), 0)
            (self.dir / "all").unlink()

    def test_answers_do_not_depend_on_jobs_or_on_who_shares_a_batch(self):
        whole = self.detect("calls").out
        self.assertEqual(self.detect("calls", "-j", 1).out, whole)
        alone = b"".join(self.detect(f"calls/call{number:03}.wav").out.split(b"\n", 1)[1] for number in range(16))
        header = b"id,label,score\n"
        for ours, other in zip((header + alone).splitlines(), whole.splitlines(), strict=True):
            self.assertEqual(ours.rsplit(b",", 1)[0], other.rsplit(b",", 1)[0])
            if ours != header.strip():
                self.assertAlmostEqual(float(ours.rsplit(b",", 1)[1]), float(other.rsplit(b",", 1)[1]), 3)

    def test_outputs_of_shards_are_the_whole(self):
        whole = self.detect("calls").out
        for count in [1, 3, 20]:
            parts = [self.detect("calls", "--shard", f"{i + 1}/{count}").out for i in range(count)]
            self.assertEqual(b"".join(parts), whole)
        for bad in ["0/3", "4/3", "1", "a/b", "1/0", "-1/2"]:
            self.earshot("detect", "model", "calls", "--per-recording", f"--shard={bad}", status=2, stderr="expected I/N")

    def test_a_killed_run_goes_on_where_it_stood(self):
        for number in range(16, 400):
            os.link(self.dir / f"calls/call{number % 16:03}.wav", self.dir / f"calls/call{number:03}.wav")
        whole = self.detect("calls", "-o", "whole.csv", "-q")
        words = [EARSHOT, "detect", "model", "calls", "--per-recording", "--scores", "-o", "out.csv", "-j", "1"]
        journal = self.dir / ".out.csv.journal"
        done = 0
        for _ in range(2):
            process = subprocess.Popen(words, cwd=self.dir, stderr=subprocess.PIPE)
            while process.poll() is None and (not journal.exists() or len(journal.read_bytes().splitlines()) < done + 2):
                time.sleep(0.002)
            process.kill()
            said = process.communicate()[1].decode()
            self.assertFalse((self.dir / "out.csv").exists())
            lines = len(journal.read_bytes().splitlines()) - 1
            self.assertGreater(lines, done)
            if done:
                self.assertIn(f"{done} of 400 recordings were already scored", said)
            done = lines
        with journal.open("ab") as file:
            file.write(b'{"input":"calls/call399.wav","bytes":1')  # as a crash leaves it
        again = subprocess.run(words, cwd=self.dir, capture_output=True, text=True, check=True)
        self.assertIn(f"{done} of 400 recordings were already scored", again.stderr)
        self.assertEqual((self.dir / "out.csv").read_bytes(), (self.dir / "whole.csv").read_bytes())
        self.assertFalse(journal.exists())

    def test_a_journal_of_another_model_or_of_a_recording_that_changed_counts_for_nothing(self):
        self.detect("calls", "-o", "whole.csv", "-q")
        process = subprocess.Popen([EARSHOT, "detect", "model", "calls", "--per-recording", "-o", "out.csv"], cwd=self.dir)
        journal = self.dir / ".out.csv.journal"
        while process.poll() is None and (not journal.exists() or len(journal.read_bytes().splitlines()) < 2):
            time.sleep(0.001)
        process.kill()
        process.wait()
        if not journal.exists():
            self.skipTest("it had finished before it could be killed")
        lines = journal.read_text().splitlines()
        row = json.loads(lines[1])
        row["result"]["value"]["scores"] = [0.123, 0.877]
        # As it stands, a row is believed.
        journal.write_text(lines[0] + "\n" + json.dumps(row) + "\n")
        self.assertIn("0.8770", self.detect("calls", "-o", "out.csv", stderr="1 of 16 recordings were already scored").text()
                      or (self.dir / "out.csv").read_text())
        # Not of a recording that is another now, nor of another model.
        journal.write_text(lines[0] + "\n" + json.dumps({**row, "bytes": row["bytes"] + 1}) + "\n")
        self.detect("calls", "-o", "out.csv", stderr=None)
        self.assertEqual((self.dir / "out.csv").read_bytes(), (self.dir / "whole.csv").read_bytes())
        journal.write_text(lines[0].replace('"model":"', '"model":"0') + "\n" + json.dumps(row) + "\n")
        self.detect("calls", "-o", "out.csv")
        self.assertEqual((self.dir / "out.csv").read_bytes(), (self.dir / "whole.csv").read_bytes())

    def test_what_cannot_be_read_is_named_and_counted(self):
        (self.dir / "calls/call003.wav").write_bytes(b"no sound")
        (self.dir / "calls/call007.wav").write_bytes(b"")
        said = self.detect("calls", status=3, stderr="2 of 16 recordings failed")
        self.assertEqual(len(said.text().splitlines()), 15)
        for name in ["call003.wav", "call007.wav"]:
            self.assertEqual(len([line for line in said.err.splitlines() if name in line]), 1)
        write_wav(self.dir / "short.wav", [0.1], RATE)
        self.detect("short.wav", status=1, stderr="short.wav: too short for a window of")

    def test_options_that_do_not_go_together(self):
        for words, message in [(["--top", 2], "--per-recording cannot be combined with --top"), (["--format", "csv"], "--format"),
                               (["-o", "dir/"], "a directory for the output")]:
            self.earshot("detect", "model", "calls", "--per-recording", *words, status=2, stderr=message)
        self.earshot("detect", "model", "calls", "--scores", status=2, stderr="--scores needs a destination")

    def test_a_full_disk_is_an_error(self):
        self.earshot("detect", "model", "calls", "--per-recording", "-o", "/dev/full", status=1, stderr=None)
