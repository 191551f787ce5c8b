"""export -o DIR/: the same model with weights that take less space."""
import unittest

import numpy

from support.models import WEIGHT, int8_of, rounded, write_model
from support.sandbox import Sandbox, noise, sine, write_wav


class Directories(Sandbox):
    def setUp(self):
        super().setUp()
        # Not what float16 or int8 have.
        self.weight = WEIGHT + numpy.random.default_rng(5).normal(size=WEIGHT.shape).astype(numpy.float32)
        write_model(self.dir / "model", weight=self.weight)
        sound = numpy.concatenate([sine(500, 1, 8000, 0.1), sine(2500, 1, 8000, 0.08), noise(1, 8000, 0.001)])
        write_wav(self.dir / "sound.wav", sound, 8000)

    def scores(self, model):
        self.earshot("detect", model, "sound.wav", "-q", "--format", "csv", "--scores=scores.tsv")
        return numpy.loadtxt(self.dir / "scores.tsv", skiprows=1, delimiter="\t")[:, 2:]

    def files(self, name):
        return {path.name: path.read_bytes() for path in (self.dir / name).iterdir()}

    def test_weights_are_rounded_and_nothing_else_changes(self):
        arrays = dict(numpy.load(self.dir / "model/weights.npz"))
        for kind in ["float32", "float16", "int8"]:
            self.earshot("export", "model", "-o", f"{kind}/", "--weights", kind)
            self.assertEqual(set(self.files(kind)), {"model.json", "weights.npz"})
            self.assertEqual(self.files(kind)["model.json"], self.files("model")["model.json"])
            small = dict(numpy.load(self.dir / kind / "weights.npz"))
            if kind == "int8":
                whole, scales = int8_of(self.weight)
                numpy.testing.assert_array_equal(small.pop("output.weight"), whole)
                numpy.testing.assert_allclose(small.pop("output.weight.scale"), scales, rtol=1e-6)
            else:
                numpy.testing.assert_array_equal(small.pop("output.weight"), self.weight.astype(kind))
            for name, array in small.items():
                rounds = kind == "float16" and name == "output.bias"  # statistics stay
                self.assertEqual(array.dtype, numpy.float16 if rounds else numpy.float32, name)
                numpy.testing.assert_array_equal(array, arrays[name].astype(array.dtype))

    def test_detect_hears_with_the_rounded_weights(self):
        exact = self.scores("model")
        for kind in ["float16", "int8"]:
            self.earshot("export", "model", "-o", f"{kind}/", "--weights", kind)
            write_model(self.dir / "wanted", weight=rounded(self.weight, kind))
            scores = self.scores(kind)
            numpy.testing.assert_allclose(scores, self.scores("wanted"), atol=1e-6)
            self.assertFalse(numpy.array_equal(scores, exact))

    def test_smaller_once_more_is_the_same(self):
        self.earshot("export", "model", "-o", "a/", "--weights", "int8")
        self.earshot("export", "a", "-o", "b/", "--weights", "int8")
        self.earshot("export", "a", "-o", "c/")
        a, b, c = (dict(numpy.load(self.dir / name / "weights.npz")) for name in "abc")
        numpy.testing.assert_array_equal(a["output.weight"], b["output.weight"])
        numpy.testing.assert_allclose(a["output.weight.scale"], b["output.weight.scale"], rtol=2e-7)
        numpy.testing.assert_allclose(c["output.weight"], rounded(self.weight, "int8"), rtol=1e-6)

    def test_what_is_replaced(self):
        before = self.files("model")
        self.earshot("export", "model", "-o", "model", status=1, stderr="model: exists (replace it with --force)")
        (self.dir / "notes").mkdir()
        self.earshot("export", "model", "-o", "notes", "--weights", "int8")  # empty
        (self.dir / "papers").mkdir()
        (self.dir / "papers/a.txt").write_text("a")
        for force in [[], ["--force"]]:
            self.earshot("export", "model", "-o", "papers", *force, status=1, stderr="papers: exists and is not a model")
        self.assertEqual(self.files("papers"), {"a.txt": b"a"})
        self.assertEqual(self.files("model"), before)
        (self.dir / "model/history.jsonl").write_text("")
        self.earshot("export", "model", "-o", "model", "--weights", "int8", "--force")  # in its own place
        self.assertEqual(self.files("model"), self.files("notes"))
        self.assertEqual([path.name for path in self.dir.iterdir() if path.name.startswith(".")], [])
        self.earshot("export", "model", "-o", "no/such/place/", status=1, stderr="cannot write no/such/place")

    def test_describe_as_well(self):
        text = self.earshot("export", "model", "--describe").text()
        self.assertEqual(self.earshot("export", "model", "-o", "small/", "--describe").text(), text)
        self.assertTrue((self.dir / "small/model.json").exists())


if __name__ == "__main__":
    unittest.main()
