"""Each operation of a graph, as ONNX in another program, beside PyTorch."""
import json
import subprocess
import unittest

import numpy
import torch
from torch.nn import functional

from support import onnx_runtime
from support.models import rounded
from support.sandbox import BUILD, Sandbox

RANDOM = numpy.random.default_rng(18)


def random(*shape):
    return RANDOM.normal(size=shape).astype(numpy.float32)


@onnx_runtime.needs_onnxruntime
class Operations(Sandbox):
    def run_graph(self, nodes, frames, weights=None, kind="float32"):
        """Result of nodes, `frames` [windows, K, D] being node 0; the last has two dimensions."""
        return onnx_runtime.run(self.write_graph(nodes, frames, weights, kind), frames)

    def write_graph(self, nodes, frames, weights, kind):
        """The same as an ONNX file."""
        graph = {"nodes": [{"op": "input", "shape": frames.shape[1:]}, *nodes], "logits": 0}
        (self.dir / "graph.json").write_text(json.dumps(graph))
        numpy.savez(self.dir / "weights.npz", **(weights or {}))
        made = subprocess.run([BUILD / "tests/graph_onnx", "graph.json", "weights.npz", kind], cwd=self.dir,
                              capture_output=True)
        self.assertEqual(made.returncode, 0, made.stderr)
        (self.dir / "graph.onnx").write_bytes(made.stdout)
        return self.dir / "graph.onnx"

    def check(self, nodes, frames, wanted, weights=None):
        """That nodes give what PyTorch does, but for its shape."""
        wanted = numpy.asarray(wanted)
        flat = {"op": "reshape", "shape": [1, int(numpy.prod(wanted.shape[1:]))]}
        got = self.run_graph([*nodes, flat], frames, weights)
        numpy.testing.assert_allclose(got.reshape(wanted.shape), wanted, atol=2e-5, rtol=2e-5, err_msg=str(nodes))
        if not any(array.ndim > 1 for array in (weights or {}).values()):
            return
        for kind in ["float16", "int8"]:
            small = {name: rounded(array, kind) if array.ndim > 1 else array for name, array in weights.items()}
            self.assertFalse(all(numpy.array_equal(small[name], weights[name]) for name in weights))
            numpy.testing.assert_allclose(self.run_graph([*nodes, flat], frames, weights, kind),
                                          self.run_graph([*nodes, flat], frames, small), atol=1e-5, rtol=1e-5,
                                          err_msg=f"{nodes} in {kind}")

    def test_pointwise(self):
        x = 3 * random(2, 5, 6)
        functions = {"relu": torch.relu, "relu6": functional.relu6, "sigmoid": torch.sigmoid, "tanh": torch.tanh,
                     "swish": functional.silu, "hard_swish": functional.hardswish, "gelu": functional.gelu,
                     "exp": torch.exp, "square": torch.square}
        for name, function in functions.items():
            self.check([{"op": "pointwise", "function": name}], x, function(torch.tensor(x)))
        for name in ["log", "sqrt"]:
            self.check([{"op": "pointwise", "function": name}], abs(x), getattr(torch, name)(torch.tensor(abs(x))))
        for name in ["erf", "abs"]:
            self.check([{"op": "pointwise", "function": name}], x, getattr(torch, name)(torch.tensor(x)))
        self.check([{"op": "affine", "scale": -2, "offset": 0.5, "low": -1, "high": 2}], x, numpy.clip(x, -1, 2) * -2 + 0.5)
        self.check([{"op": "affine", "scale": 1, "low": 0}], x, numpy.maximum(x, 0))

    def test_two_values(self):
        x = abs(random(2, 5, 6)) + 0.1
        functions = {"add": numpy.add, "subtract": numpy.subtract, "multiply": numpy.multiply, "divide": numpy.divide,
                     "maximum": numpy.maximum, "minimum": numpy.minimum}
        mean = x.mean(1)  # [windows, 6], which needs a dimension in front
        for name, function in functions.items():
            nodes = [{"op": "reduce", "kind": "mean", "axes": [0]}, {"op": "binary", "function": name, "from": [0, 1]}]
            self.check(nodes, x, function(x, mean[:, None]))
            array = abs(random(2, 1, 6)) + 0.1
            weighted = {"op": "weighted", "name": "w", "function": name, "shape": [2, 1, 6]}
            self.check([weighted], x, function(x[:, None], array), {"w.weight": array})
            self.check([{**weighted, "swapped": True}], x, function(array, x[:, None]), {"w.weight": array})
        nodes = [{"op": "reshape", "shape": [1, 5, 6]}, {"op": "transpose", "order": [0, 2, 1], "from": [1]},
                 {"op": "matmul", "from": [1, 2]}]
        self.check(nodes, x, numpy.matmul(x, x.transpose(0, 2, 1))[:, None])

    def test_convolutions(self):
        for size, options in [((9, 7), {"kernel": [3, 2], "stride": [2, 1], "padding": [1, 2, 0, 1]}),
                              ((9, 7), {"kernel": [3, 3], "dilation": [2, 1], "padding": [2, 1, 1, 0], "padding_kind": "reflect"}),
                              ((9, 7), {"kernel": [3, 3], "padding": [1, 1, 2, 1], "padding_kind": "edge"})]:
            x, weight, bias = random(2, *size), random(4, 1, *options["kernel"]), random(4)
            mode = {"reflect": "reflect", "edge": "replicate"}.get(options.get("padding_kind"), "constant")
            top, bottom, left, right = options["padding"]
            padded = functional.pad(torch.tensor(x)[:, None], (left, right, top, bottom), mode)
            wanted = functional.conv2d(padded, torch.tensor(weight), torch.tensor(bias), options.get("stride", 1),
                                       dilation=options.get("dilation", 1))
            self.check([{"op": "reshape", "shape": [1, *size]}, {"op": "conv", "name": "c", "channels": 4, "bias": True, **options}],
                       x, wanted, {"c.weight": weight, "c.bias": bias})
        x, weight = random(2, 6, 11), random(6, 1, 3)  # depthwise, over time
        self.check([{"op": "conv", "name": "c", "channels": 6, "kernel": [3], "padding": [1, 1], "groups": 6, "bias": False}], x,
                   functional.conv1d(torch.tensor(x), torch.tensor(weight), padding=1, groups=6), {"c.weight": weight})

    def test_normalisations(self):
        x = random(3, 6, 5)
        numbers = {f"n.{name}": abs(random(6)) + 0.1 for name in ["weight", "bias", "running_mean", "running_var"]}
        wanted = functional.batch_norm(torch.tensor(x), *[torch.tensor(numbers[f"n.{name}"]) for name in
                                                          ["running_mean", "running_var", "weight", "bias"]])
        self.check([{"op": "batch_norm", "name": "n", "epsilon": 1e-5}], x, wanted,
                   {**numbers, "n.num_batches_tracked": numpy.int64(3)})
        for shape in [(5,), (6, 5)]:
            weight, bias = random(*shape), random(*shape)
            self.check([{"op": "layer_norm", "name": "n", "dimensions": len(shape), "epsilon": 1e-5}], x,
                       functional.layer_norm(torch.tensor(x), shape, torch.tensor(weight), torch.tensor(bias)),
                       {"n.weight": weight, "n.bias": bias})
        weight, bias = random(6), random(6)
        self.check([{"op": "group_norm", "name": "n", "groups": 3, "epsilon": 1e-5}], x,
                   functional.group_norm(torch.tensor(x), 3, torch.tensor(weight), torch.tensor(bias)),
                   {"n.weight": weight, "n.bias": bias})

    def test_pooling(self):
        x = random(2, 9, 8)
        map_ = torch.tensor(x)[:, None]
        nodes = lambda **options: [{"op": "reshape", "shape": [1, 9, 8]}, {"op": "pool", **options}]
        self.check(nodes(kind="max", kernel=[3, 2], stride=[2, 2], padding=[1, 1, 0, 0]), x,
                   functional.max_pool2d(map_, (3, 2), 2, (1, 0)))
        self.check(nodes(kind="mean", kernel=[3, 2], stride=[2, 1], padding=[1, 1, 1, 1]), x,
                   functional.avg_pool2d(map_, (3, 2), (2, 1), 1, count_include_pad=False))
        self.check([{"op": "pool", "kind": "max", "kernel": [2]}], x, functional.max_pool1d(torch.tensor(x), 2))
        for kind, function in [("mean", numpy.mean), ("max", numpy.max), ("sum", numpy.sum)]:
            self.check([{"op": "reduce", "kind": kind, "axes": [1]}], x, function(x, 2))
            self.check([{"op": "reduce", "kind": kind, "axes": [0], "keep": True}], x, function(x, 1, keepdims=True))
            self.check([{"op": "reduce", "kind": kind, "axes": [0, 1]}], x, function(x, (1, 2))[:, None])

    def test_means_of_the_largest(self):
        x = random(2, 3, 8)
        most = [-numpy.sort(-group, axis=-1)[..., :3].mean(-1) for group in numpy.split(x, [1, 6], axis=-1)]
        self.check([{"op": "top_mean", "sizes": [1, 5, 2], "count": 3}], x, numpy.stack(most, -1))

    def test_sequences(self):
        x = random(3, 7, 4)
        for both in [False, True]:
            gru = torch.nn.GRU(4, 5, batch_first=True, bidirectional=both)
            weights = {f"g.{name}": value.detach().numpy() for name, value in gru.state_dict().items()}
            self.check([{"op": "gru", "name": "g", "hidden": 5, "bidirectional": both}], x,
                       gru(torch.tensor(x))[0].detach(), weights)
        attention = torch.nn.MultiheadAttention(4, 2, batch_first=True)
        torch.nn.init.normal_(attention.in_proj_bias)
        weights = {f"a.{name}": value.detach().numpy() for name, value in attention.state_dict().items()}
        self.check([{"op": "attention", "name": "a", "heads": 2}], x,
                   attention(*[torch.tensor(x)] * 3, need_weights=False)[0].detach(), weights)
        weight, bias = random(6, 4), random(6)
        self.check([{"op": "linear", "name": "l", "units": 6, "bias": True}], x,
                   functional.linear(torch.tensor(x), torch.tensor(weight), torch.tensor(bias)),
                   {"l.weight": weight, "l.bias": bias})

    def test_shapes(self):
        x = random(2, 5, 6)
        self.check([{"op": "softmax", "axis": 0}], x, torch.softmax(torch.tensor(x), 1))
        self.check([{"op": "slice", "axis": 1, "begin": 1, "end": 4}], x, x[:, :, 1:4])
        self.check([{"op": "transpose", "order": [1, 0]}], x, x.transpose(0, 2, 1))
        self.check([{"op": "repeat", "axis": 0, "times": 3}], x, x.repeat(3, 1))
        self.check([{"op": "slice", "axis": 1, "begin": 0, "end": 2}, {"op": "concat", "axis": 1, "from": [0, 1]},
                    {"op": "dropout", "fraction": 0.5}], x, numpy.concatenate([x, x[:, :, :2]], 2))


if __name__ == "__main__":
    unittest.main()
