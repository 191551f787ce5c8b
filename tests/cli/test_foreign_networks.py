"""Networks of other programs, ONNX and TFLite, beside PyTorch."""
import io
import subprocess
import unittest
import warnings

import numpy
import torch
from torch import nn
from torch.nn import functional

from cli import test_onnx_operations
from support import tflite
from support.sandbox import BUILD, Sandbox

try:
    import onnx
    from onnx import helper, numpy_helper
except ImportError:
    onnx = None

RANDOM = numpy.random.default_rng(20)


def random(*shape):
    return RANDOM.normal(size=shape).astype(numpy.float32)


class Networks(Sandbox):
    def run_file(self, content, windows, result="", frames=0):
        """Vectors [windows, steps, values] of a file."""
        path = self.dir / "network"
        path.write_bytes(content)
        ran = subprocess.run([BUILD / "tests/run_network", path, result, str(frames)], input=windows.astype(numpy.float32).tobytes(),
                             capture_output=True, timeout=120)
        self.assertEqual(ran.returncode, 0, ran.stderr.decode())
        steps, values = map(int, ran.stderr.split()[:2])
        return numpy.frombuffer(ran.stdout, numpy.float32).reshape(len(windows), steps, values)

    def fails(self, content, *words, result=""):
        """That a file is refused, with these words in the message."""
        path = self.dir / "network"
        path.write_bytes(content)
        ran = subprocess.run([BUILD / "tests/run_network", path, result, "0"], input=b"", capture_output=True, timeout=60)
        self.assertEqual(ran.returncode, 1, ran.stderr.decode())
        for word in words:
            self.assertIn(word, ran.stderr.decode())
        self.assertIn(str(path), ran.stderr.decode())


def exported(module, x, opset=13):
    """A PyTorch module as it writes itself for others."""
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(module.eval(), torch.tensor(x[:1]), file, opset_version=opset, do_constant_folding=True)
    return file.getvalue()


class Map(nn.Module):
    """Frames as a map of one channel."""

    def forward(self, x):
        return x.unsqueeze(1)


class Squeeze(nn.Module):
    """Squeeze and excitation, as in MobileNetV3."""

    def __init__(self, channels):
        super().__init__()
        self.down, self.up = nn.Conv2d(channels, 4, 1), nn.Conv2d(4, channels, 1)

    def forward(self, x):
        gate = functional.adaptive_avg_pool2d(x, 1)
        return x * functional.hardsigmoid(self.up(functional.relu(self.down(gate))))


class Block(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        return x + self.inner(x)


class SelfAttention(nn.Module):
    """Attention as transformers of the field write it: with reshapes to heads."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads, self.all, self.out = heads, nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.norm, self.feed = nn.LayerNorm(width), nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))
        self.place = nn.Parameter(torch.randn(1, 12, width))

    def forward(self, x):
        x = x + self.place
        batch, steps, width = x.shape
        queries, keys, values = self.all(self.norm(x)).reshape(batch, steps, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        shares = torch.softmax(queries @ keys.transpose(-2, -1) / (width // self.heads) ** 0.5, -1)
        x = x + self.out((shares @ values).transpose(1, 2).reshape(batch, steps, width))
        return x + self.feed(x)


@unittest.skipUnless(onnx, "no python3-onnx")
class Onnx(Networks):
    def check(self, module, x, opset=13):
        """That a module's vectors are its own. @param x  [windows, K, D]"""
        torch.manual_seed(1)
        wanted = module.eval()(torch.tensor(x)).detach().numpy()
        got = self.run_file(exported(module, x, opset), x)
        numpy.testing.assert_allclose(got.reshape(wanted.shape), wanted, atol=2e-4, rtol=2e-4)

    def test_convolutional_networks(self):
        residual = Block(nn.Sequential(nn.Conv2d(8, 8, 3, padding=1, groups=8, bias=False), nn.BatchNorm2d(8), nn.ReLU6(), nn.Conv2d(8, 8, 1)))
        module = nn.Sequential(
            Map(), nn.Conv2d(1, 8, (3, 5), stride=2, padding=(1, 2)), nn.BatchNorm2d(8), nn.Hardswish(), residual,
            Squeeze(8), nn.MaxPool2d(2, ceil_mode=True), nn.LeakyReLU(0.2), nn.Conv2d(8, 6, 3, dilation=(2, 1), padding=(2, 0)),
            nn.PReLU(6), nn.AvgPool2d(3, 2, padding=1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 5), nn.Softmax(1))
        for opset in [11, 13, 16]:
            self.check(module, random(3, 24, 16), opset)

    def test_convolutions_over_time(self):
        module = nn.Sequential(nn.Conv1d(20, 6, 3, padding=2, dilation=2), nn.ELU(), nn.ConstantPad1d((1, 2), 0.5), nn.MaxPool1d(2),
                               nn.ReflectionPad1d((2, 1)), nn.InstanceNorm1d(6, affine=True), nn.Conv1d(6, 4, 5, stride=3), nn.Softplus(),
                               nn.Flatten(), nn.LogSoftmax(1))
        self.check(module, random(2, 20, 30))

    def test_transformers(self):
        for opset in [11, 13, 14]:
            self.check(nn.Sequential(nn.Linear(7, 16), SelfAttention(16, 4), SelfAttention(16, 2)), random(2, 12, 7), opset)

    def test_maps_become_vectors_by_time(self):
        module = nn.Sequential(Map(), nn.Conv2d(1, 5, 3, padding=1), nn.Tanh())
        x = random(2, 12, 6)
        wanted = module(torch.tensor(x)).mean(3).transpose(1, 2).detach().numpy()
        numpy.testing.assert_allclose(self.run_file(exported(module, x), x), wanted, atol=1e-5)

    def model(self, nodes, inputs, arrays=None, result=None, opset=13):
        """A file by hand. @param nodes  (op, inputs, outputs, attributes)"""
        made = [helper.make_node(op, names, outputs, **attributes) for op, names, outputs, attributes in nodes]
        given = [helper.make_tensor_value_info(name, 1, shape) for name, shape in inputs.items()]
        out = helper.make_tensor_value_info(result or nodes[-1][2][0], 1, None)
        constants = [numpy_helper.from_array(numpy.asarray(values), name) for name, values in (arrays or {}).items()]
        graph = helper.make_graph(made, "g", given, [out], constants)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)]).SerializeToString()

    def test_operations_that_combine_numbers(self):
        x = abs(random(2, 6, 4)) + 0.2
        array = abs(random(6, 1)) + 0.3
        for op, function in [("Add", numpy.add), ("Sub", numpy.subtract), ("Mul", numpy.multiply), ("Div", numpy.divide),
                             ("Max", numpy.maximum), ("Min", numpy.minimum)]:
            for numbers in [array, numpy.float32(0.7)]:
                for names, wanted in [(["x", "c"], function(x, numbers)), (["c", "x"], function(numbers, x))]:
                    file = self.model([(op, names, ["y"], {})], {"x": [None, 6, 4]}, {"c": numbers})
                    numpy.testing.assert_allclose(self.run_file(file, x), wanted, rtol=1e-5, err_msg=op)
        for exponent in [2, 0.5, 3, 1.7]:
            file = self.model([("Pow", ["x", "p"], ["y"], {})], {"x": [None, 6, 4]}, {"p": numpy.float32(exponent)})
            numpy.testing.assert_allclose(self.run_file(file, x), x ** exponent, rtol=1e-4)

    def test_operations_on_places(self):
        x = random(2, 6, 4)
        whole = lambda *numbers: numpy.array(numbers, numpy.int64)
        cases = [
            ([("Slice", ["x", "b", "e", "a"], ["y"], {})], {"b": whole(1, -3), "e": whole(2**63 - 1, -1), "a": whole(1, 2)}, x[:, 1:, -3:-1]),
            ([("Split", ["x"], ["a", "b"], {"axis": 2}), ("Concat", ["b", "a"], ["y"], {"axis": 1})], {},
             numpy.concatenate([x[:, :, 2:], x[:, :, :2]], 1)),
            ([("Gather", ["x", "i"], ["y"], {"axis": 1})], {"i": numpy.array(2)}, x[:, 2][:, None]),
            ([("Transpose", ["x"], ["y"], {"perm": [0, 2, 1]})], {}, x.transpose(0, 2, 1)),
            ([("ReduceMax", ["x"], ["y"], {"axes": [-1], "keepdims": 0})], {}, x.max(2)[:, None]),
            ([("Shape", ["x"], ["s"], {}), ("Gather", ["s", "i"], ["k"], {}), ("Concat", ["n", "k"], ["t"], {"axis": 0}),
              ("Reshape", ["x", "t"], ["y"], {})], {"i": whole(2), "n": whole(-1)}, x),
            ([("Unsqueeze", ["x", "a"], ["u"], {}), ("Expand", ["u", "s"], ["v"], {}), ("ReduceSum", ["v", "b"], ["y"], {"keepdims": 0})],
             {"a": whole(1), "s": whole(1, 3, 1, 1), "b": whole(1)}, 3 * x),
            ([("Resize", ["x", "", "s"], ["y"], {"mode": "nearest"})], {"s": numpy.float32([1, 2, 3])}, x.repeat(2, 1).repeat(3, 2)),
            ([("MatMul", ["c", "x"], ["y"], {})], {"c": (matrix := random(5, 6))}, matrix @ x),
        ]
        for nodes, arrays, wanted in cases:
            got = self.run_file(self.model(nodes, {"x": [None, 6, 4]}, arrays), x)
            numpy.testing.assert_allclose(got, wanted, rtol=1e-4, atol=1e-5, err_msg=str(nodes))

    def test_numbers_of_eight_bits_are_what_they_stand_for(self):
        weight, scales = RANDOM.integers(-128, 128, (4, 6), numpy.int8), abs(random(4))
        zeros = RANDOM.integers(-9, 9, 4, numpy.int8)
        x = random(2, 3, 6)
        file = self.model([("DequantizeLinear", ["w", "s", "z"], ["f"], {"axis": 0}), ("Transpose", ["f"], ["t"], {"perm": [1, 0]}),
                           ("MatMul", ["x", "t"], ["y"], {})], {"x": [None, 3, 6]}, {"w": weight, "s": scales, "z": zeros})
        wanted = x @ ((weight.astype(numpy.float32) - zeros[:, None]) * scales[:, None]).T
        numpy.testing.assert_allclose(self.run_file(file, x), wanted, rtol=1e-4, atol=1e-3)

    def test_any_value_can_be_the_result(self):
        x = random(2, 5, 4)
        nodes = [("Relu", ["x"], ["r"], {}), ("Exp", ["r"], ["e"], {}), ("Sin", ["e"], ["y"], {})]
        file = self.model(nodes, {"x": [None, 5, 4]})
        numpy.testing.assert_allclose(self.run_file(file, x, "e"), numpy.exp(numpy.maximum(x, 0)), rtol=1e-5)
        numpy.testing.assert_allclose(self.run_file(file, x, "before Exp"), numpy.maximum(x, 0))
        self.fails(file, "Sin", "does not have")  # what the result does not need may be missing
        self.fails(file, "no tensor 'z'", "'e'", result="z")
        self.fails(file, "no operation Conv", result="before Conv")

    def test_frames_that_the_file_leaves_open(self):
        x = random(2, 9, 4)
        file = self.model([("Relu", ["x"], ["y"], {})], {"x": [None, None, 4]})
        numpy.testing.assert_allclose(self.run_file(file, x, frames=9), numpy.maximum(x, 0))
        self.fails(file, "open")

    def test_files_of_strangers(self):
        inputs = {"x": [None, 6, 4]}
        whole = numpy.array([1, 2**40], numpy.int64)
        self.fails(self.model([("Add", ["x", "y"], ["z"], {}), ("Add", ["x", "z"], ["y"], {})], inputs, result="y"), "before it")  # a cycle
        self.fails(self.model([("Reshape", ["x", "s"], ["y"], {})], inputs, {"s": whole}), "Reshape")
        self.fails(self.model([("Expand", ["x", "s"], ["y"], {})], {"x": [None, 1, 4]}, {"s": numpy.array([1, 2**40, 4])}), "Expand")
        self.fails(self.model([("ConstantOfShape", ["s"], ["y"], {})], inputs, {"s": whole}), "ConstantOfShape")
        self.fails(self.model([("Relu", ["x"], ["y"], {})], {"x": [None, 2**30, 2**30]}), "values")
        self.fails(self.model([("Relu", ["x"], ["y"], {})], {"x": [None, 2, 2, 2]}), "input is [1, 2, 2, 2]")
        self.fails(self.model([("Relu", ["x"], ["y"], {})], {"x": [None, 4, 4], "z": [1]}), "2 inputs")
        self.fails(self.model([("Add", ["x", "c"], ["y"], {})], inputs, {"c": numpy.float32([1, numpy.nan, 3, 4])}), "NaN")
        self.fails(self.model([("Unheard\x1bOf", ["x"], ["y"], {})], inputs), "Unheard?Of")
        self.fails(b"\0" * 100, "neither")
        self.fails(b"", "neither")
        good = self.model([("MatMul", ["x", "w"], ["y"], {})], inputs, {"w": random(4, 3)})
        for cut in range(1, len(good), 7):
            self.cut(good[:cut])

    def cut(self, content):
        """That a damaged file ends in an error or a network, not in a crash."""
        path = self.dir / "network"
        path.write_bytes(content)
        ran = subprocess.run([BUILD / "tests/run_network", path, "", "0"], input=b"", capture_output=True, timeout=60)
        self.assertIn(ran.returncode, [0, 1], ran.stderr)


class WrittenByEarshot(test_onnx_operations.Operations):
    """What earshot writes as ONNX it reads again, operation by operation: beside PyTorch, without another program."""

    __unittest_skip__ = False
    test_sequences = test_means_of_the_largest = None  # no GRU and no TopK is read

    def run_graph(self, nodes, frames, weights=None, kind="float32"):
        made = self.write_graph(nodes, frames, weights, kind)
        ran = subprocess.run([BUILD / "tests/run_network", made, "", "0"], input=frames.astype(numpy.float32).tobytes(),
                             capture_output=True, timeout=120)
        self.assertEqual(ran.returncode, 0, ran.stderr.decode())
        return numpy.frombuffer(ran.stdout, numpy.float32).reshape(len(frames), -1)


class Tflite(Networks):
    def same(self, size, kernel, stride, dilation=1):
        """TensorFlow's padding: the odd one is at the end."""
        total = max(0, (-(-size // stride) - 1) * stride + (kernel - 1) * dilation + 1 - size)
        return total // 2, total - total // 2

    def padded(self, x, kernel, stride, value=0.0, dilation=1):
        top, left = self.same(x.shape[2], kernel[0], stride, dilation), self.same(x.shape[3], kernel[1], stride, dilation)
        return functional.pad(x, (*left, *top), value=value)

    def test_zero_points_that_no_difference_holds(self):
        model = tflite.Model(1, 3, 2)
        matrix = numpy.int8([[3, -5], [100, 0]])
        vector = model.node(40, [model.input, model.array(numpy.int32([1]))], (1, 2), {0: False})
        last = model.node(9, [vector, model.array(matrix, [1e-18], [-(2**63)]), -1], (1, 2), {0: False})
        x = random(1, 3, 2)
        wanted = x.mean(1) @ (matrix + 2.0**63).T * 1e-18
        numpy.testing.assert_allclose(self.run_file(model.file(last), x)[:, 0], wanted, rtol=1e-4)

    def test_a_slope_that_is_computed_is_refused(self):
        model = tflite.Model(1, 3, 2)
        last = model.node(54, [model.input, model.input], (1, 3, 2))
        self.fails(model.file(last), "PRELU", "a slope that is not given as numbers of the file")

    def test_convolutions_of_eight_bits(self):
        for channels_scales in [True, False]:
            model = tflite.Model(1, 12, 7)
            map_ = model.node(22, [model.input, model.array(numpy.int32([1, 12, 7, 1]))], (1, 12, 7, 1))
            kernel = RANDOM.integers(-127, 128, (6, 3, 3, 1), numpy.int8)
            scales = abs(random(6)) * 0.02 if channels_scales else [0.01]
            zeros = [0] * 6 if channels_scales else [3]
            bias = RANDOM.integers(-999, 999, 6).astype(numpy.int32)
            conv = model.node(3, [map_, model.array(kernel, scales, zeros), model.array(bias, [0.001])], (1, 6, 4, 6),
                              {0: 0, 1: 2, 2: 2, 3: 3})
            deep = RANDOM.integers(-127, 128, (1, 3, 3, 6), numpy.int8)
            deep_scales = abs(random(6)) * 0.02
            depth = model.node(4, [conv, model.array(deep, deep_scales, axis=3), -1], (1, 6, 4, 6), {0: 0, 1: 1, 2: 1, 3: 1, 4: 1})
            mean = model.node(40, [depth, model.array(numpy.int32([1, 2]))], (1, 6), {0: False})
            matrix = random(5, 6)
            last = model.node(9, [mean, model.array(matrix), -1], (1, 5), {0: False})
            x = random(3, 12, 7)
            weight = (torch.tensor(kernel).float() - torch.tensor(zeros).view(-1, 1, 1, 1)) * torch.tensor(scales).float().view(-1, 1, 1, 1)
            y = functional.conv2d(self.padded(torch.tensor(x)[:, None], (3, 3), 2), weight.permute(0, 3, 1, 2),
                                  torch.tensor(bias) * 0.001, stride=2).clamp(0, 6)
            weight = torch.tensor(deep).float() * torch.tensor(deep_scales)
            y = functional.relu(functional.conv2d(self.padded(y, (3, 3), 1), weight.permute(3, 0, 1, 2), groups=6))
            wanted = y.mean((2, 3)) @ torch.tensor(matrix).T
            numpy.testing.assert_allclose(self.run_file(model.file(last), x)[:, 0], wanted, rtol=1e-4, atol=1e-4)
            numpy.testing.assert_allclose(self.run_file(model.file(last), x, "before FULLY_CONNECTED")[:, 0], y.mean((2, 3)), rtol=1e-4, atol=1e-4)
            # A map: its channels by time.
            numpy.testing.assert_allclose(self.run_file(model.file(depth), x), y.mean(3).transpose(1, 2), rtol=1e-4, atol=1e-4)

    def test_layouts(self):
        """Channels are last in the file: operations that care, on maps of one and of many places."""
        x = random(2, 6, 8)
        t = torch.tensor(x)
        model = tflite.Model(1, 6, 8)
        map_ = model.node(22, [model.input, model.array(numpy.int32([1, 6, 4, 2]))], (1, 6, 4, 2))
        kernel, gain, slope = random(3, 1, 1, 2), random(3), abs(random(1, 1, 3))
        conv = model.node(3, [map_, model.array(kernel), -1], (1, 6, 4, 3), {0: 1, 1: 1, 2: 1})
        scaled = model.node(18, [conv, model.array(gain)], (1, 6, 4, 3), {})
        bent = model.node(54, [scaled, model.array(slope)], (1, 6, 4, 3))
        mean = model.node(40, [bent, model.array(numpy.int32([1, 2]))], (1, 1, 1, 3), {0: True})
        gated = model.node(18, [bent, mean], (1, 6, 4, 3), {})
        padded = model.node(34, [gated, model.array(numpy.int32([[0, 0], [1, 0], [0, 2], [0, 0]]))], (1, 7, 6, 3))
        pooled = model.node(17, [padded], (1, 4, 3, 3), {0: 0, 1: 2, 2: 2, 3: 2, 4: 2})
        average = model.node(1, [padded], (1, 4, 3, 3), {0: 0, 1: 2, 2: 2, 3: 2, 4: 2})
        both = model.node(2, [pooled, average], (1, 4, 3, 6), {0: 3})
        rows = model.node(40, [both, model.array(numpy.int32([2]))], (1, 4, 6), {0: False})
        soft = model.node(25, [rows], (1, 4, 6), {0: 1.0})
        maps = t.reshape(2, 6, 4, 2).permute(0, 3, 1, 2)
        y = functional.conv2d(maps, torch.tensor(kernel).permute(0, 3, 1, 2)) * torch.tensor(gain).view(1, 3, 1, 1)
        y = torch.where(y > 0, y, y * torch.tensor(slope).view(1, 3, 1, 1))
        y = functional.pad(y * y.mean((2, 3), keepdim=True), (0, 2, 1, 0))
        top = functional.max_pool2d(self.padded(y, (2, 2), 2, -1e9), 2)
        ones = self.padded(torch.ones_like(y), (2, 2), 2)
        mean_ = functional.avg_pool2d(self.padded(y, (2, 2), 2), 2) / functional.avg_pool2d(ones, 2)
        wanted = torch.softmax(torch.cat([top, mean_], 1).mean(3).transpose(1, 2), 2)
        numpy.testing.assert_allclose(self.run_file(model.file(soft), x), wanted, rtol=1e-4, atol=1e-5)

    def test_places(self):
        x = random(2, 6, 8)
        model = tflite.Model(1, 6, 8)
        whole = lambda *numbers: model.array(numpy.int32(numbers))
        part = model.node(45, [model.input, whole(0, 1, 0), whole(1, 5, -2), whole(1, 1, 1)], (1, 4, 6), {0: 0, 1: 0})
        turned = model.node(39, [part, whole(0, 2, 1)], (1, 6, 4))
        first, second = model.node(49, [whole(1), turned], (1, 3, 4), {0: 2}, outputs=2)
        sum_ = model.node(0, [first, second], (1, 3, 4), {})
        shape = model.node(77, [sum_], (3,))
        model.node(70, [sum_, whole(1)], (1, 1, 3, 4))
        flat = model.node(22, [sum_, model.node(83, [model.node(45, [shape, whole(0), whole(1), whole(1)], (), {4: 1}), whole(-1)], (2,), {})], (1, 12))
        wanted = x[:, 1:5, :-2].transpose(0, 2, 1)
        wanted = (wanted[:, :3] + wanted[:, 3:]).reshape(2, 1, 12)
        numpy.testing.assert_allclose(self.run_file(model.file(flat), x), wanted, rtol=1e-5)

    def test_files_of_strangers(self):
        model = tflite.Model(1, 6, 4)
        custom = model.node(32, [model.input], (1, 6, 4))
        self.fails(model.file(custom), "CUSTOM")
        model = tflite.Model(1, 6, 4)
        huge = model.node(22, [model.input, model.array(numpy.int32([2**30, 2**30]))], (1, 6, 4))
        self.fails(model.file(huge), "RESHAPE")
        model = tflite.Model(1, 6, 4)
        one = model.node(0, [model.input, len(model.tensors) + 1], (1, 6, 4), {})
        two = model.node(0, [one, one], (1, 6, 4), {})
        self.fails(model.file(one), "ADD")  # a cycle
        model = tflite.Model(1, 6, 4)
        good = model.file(model.node(9, [model.input, model.array(random(3, 4))], (1, 6, 3), {2: True}))
        numpy.testing.assert_equal(self.run_file(good, random(1, 6, 4)).shape, (1, 6, 3))
        self.fails(good, "no tensor 'z'", result="z")
        for place in range(0, len(good)):  # nothing that it points to may be believed
            changed = bytearray(good)
            changed[place] ^= 0xff
            path = self.dir / "network"
            path.write_bytes(bytes(changed))
            ran = subprocess.run([BUILD / "tests/run_network", path, "", "0"], input=b"", capture_output=True, timeout=60)
            self.assertIn(ran.returncode, [0, 1], (place, ran.stderr))



if __name__ == "__main__":
    unittest.main()
