"""What a training run leaves behind: history, provenance, logs for TensorBoard; and the grid of runs of share/examples."""
import json
import re
import struct
import subprocess

import numpy

from support.sandbox import EARSHOT, SOURCE, Sandbox

FRONTEND = {"kind": "spectrum", "rate_hz": 8000, "duration_s": 0.5, "low_hz": 0.0, "high_hz": 4000.0, "bins": 2}


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def records(data):
    """The records of a TFRecord file, their checksums checked."""
    masked = lambda bytes: (((crc := crc32c(bytes)) >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
    while data:
        length, of_length = struct.unpack("<QI", data[:12])
        assert of_length == masked(data[:8])
        record, (of_record,) = data[12 : 12 + length], struct.unpack("<I", data[12 + length : 16 + length])
        assert of_record == masked(record)
        yield record
        data = data[16 + length :]


def varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        shift, at = shift + 7, at + 1
        if not data[at - 1] & 0x80:
            return value, at


def fields(data):
    """{number: [values]} of a protocol buffer."""
    found, at = {}, 0
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == 0:
            value, at = varint(data, at)
        else:
            size, at = (8, at) if key & 7 == 1 else (4, at) if key & 7 == 5 else varint(data, at)
            value, at = data[at : at + size], at + size
        found.setdefault(key >> 3, []).append(value)
    return found


class Experiments(Sandbox):
    def setUp(self):
        super().setUp()
        random = numpy.random.default_rng(1)
        for name in "abcdef":
            truths = random.integers(0, 2, 40)
            frames = (random.normal(size=(40, 2)) + 2 * numpy.eye(2)[truths]).astype(numpy.float32)
            (self.dir / "dataset").mkdir(exist_ok=True)
            numpy.savez(self.dir / "dataset" / f"{name}.npz", samples=frames, classes=truths.astype(numpy.int64),
                        cutoff_frequencies=numpy.array([0.0, 4000.0]), labels=numpy.array(["p", "q"]),
                        frontend=numpy.array(json.dumps(FRONTEND)))

    def train(self, *words, **options):
        return self.earshot("train", "-q", "dataset", *words, **options)

    def log(self, directory):
        """[(step, tag, value or curve)] of the one event file there."""
        (path,) = (self.dir / directory).iterdir()
        self.assertRegex(path.name, r"^events\.out\.tfevents\.\d{10}\.")
        first, *others = [fields(record) for record in records(path.read_bytes())]
        self.assertEqual(first[3], [b"brain.Event:2"])
        seen = []
        for event in others:
            self.assertGreater(struct.unpack("<d", event[1][0])[0], 1.7e9)
            (value,) = map(fields, fields(event[5][0])[1])
            if 2 in value:
                what = struct.unpack("<f", value[2][0])[0]
            else:
                plugin = fields(fields(value[9][0])[1][0])
                tensor = fields(value[8][0])
                sizes = [fields(size)[1][0] for size in fields(tensor[2][0])[2]]
                self.assertEqual((plugin[1], tensor[1], fields(plugin[2][0])[2]), ([b"pr_curves"], [1], [sizes[1]]))
                what = numpy.frombuffer(tensor[4][0], "<f4").reshape(sizes)
            seen.append((event[2][0], value[1][0].decode(), what))
        return seen

    def test_what_the_model_directory_says_of_its_making(self):
        self.train("-o", "m", "--epochs", 3, "--seed", 5)
        history = [json.loads(line) for line in (self.dir / "m" / "history.jsonl").read_text().splitlines()]
        self.assertEqual([epoch["epoch"] for epoch in history], [1, 2, 3])
        provenance = json.loads((self.dir / "m" / "model.json").read_text())["provenance"]
        self.assertEqual(provenance["seed"], 5)
        self.assertIn("epochs", provenance["config"])
        self.assertEqual([len(item["hash"]) for item in provenance["data"]], [32] * 6)
        self.assertLessEqual({"command", "earshot"}, set(provenance))
        said = self.earshot("--version", "--verbose").text()
        for library in ("LibTorch", "libavcodec", "BLAS"):
            self.assertRegex(said, rf"(?m)^{library} +{re.escape(provenance['libraries'][library])}$")

    def test_logs_for_tensorboard(self):
        (self.dir / "models").mkdir()
        self.train("-o", "models/m/", "--epochs", 3, "--tensorboard", "logs", "--patience", 0)
        seen = self.log("logs/m")
        history = [json.loads(line) for line in (self.dir / "models/m/history.jsonl").read_text().splitlines()]
        for tag, key in [("loss/training", "loss"), ("accuracy/training", "accuracy"), ("loss/validation", "validation_loss"),
                         ("accuracy/validation", "validation_accuracy")]:
            ours = [(step, value) for step, name, value in seen if name == tag]
            self.assertEqual([step for step, _ in ours], [1, 2, 3])
            numpy.testing.assert_allclose([value for _, value in ours], [epoch[key] for epoch in history], rtol=1e-6)
        metrics = json.loads((self.dir / "models/m/model.json").read_text())["metrics"]
        results = {name: value for _, name, value in seen if name.startswith("result/")}
        self.assertAlmostEqual(results["result/accuracy"], metrics["accuracy"], 5)
        for label in ("p", "q"):
            (curve,) = [value for _, name, value in seen if name == f"precision-recall/{label}"]
            self.assertEqual(curve.shape, (6, 101))
            windows = metrics["labels"][label]["windows"]
            numpy.testing.assert_array_equal(curve[0] + curve[3], windows)
            numpy.testing.assert_array_equal(curve[:4].sum(axis=0), metrics["windows"])
            self.assertTrue((numpy.diff(curve[:2]) <= 0).all())
            numpy.testing.assert_allclose(curve[5], curve[0] / windows, rtol=1e-6)
            self.assertEqual(curve[5][0], 1)

    def test_where_no_log_can_be_written(self):
        (self.dir / "logs").write_text("")
        self.train("-o", "m", "--epochs", 1, "--tensorboard", "logs", status=1, stderr="logs/m: Not a directory")
        self.assertFalse((self.dir / "m").exists())

    def test_a_grid_of_runs(self):
        grid = ["make", "-s", "-j2", "-f", str(SOURCE / "share/examples/Makefile"), f"EARSHOT={EARSHOT}", "NETWORKS=lda mlp",
                "SEEDS=1 2", "TRAIN=--epochs 2 --compress none"]
        table = subprocess.run(grid, cwd=self.dir, capture_output=True, text=True)
        self.assertEqual((table.returncode, table.stderr), (0, ""))
        rows = [line.split() for line in table.stdout.splitlines()]
        self.assertEqual(sorted(row[1] for row in rows[1:]), [f"models/{run}" for run in ("lda-1", "lda-2", "mlp-1", "mlp-2")])
        self.assertEqual([row[0] for row in rows[1:]], ["1", "2", "3", "4"])
        scores = [float(row[4]) for row in rows[1:]]
        self.assertEqual(scores, sorted(scores, reverse=True))
        self.assertEqual(len(list((self.dir / "logs").iterdir())), 4)
        made = (self.dir / "models/lda-1/model.json").stat().st_mtime_ns
        subprocess.run(grid, cwd=self.dir, check=True, capture_output=True)
        self.assertEqual((self.dir / "models/lda-1/model.json").stat().st_mtime_ns, made)
