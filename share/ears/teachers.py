"""The two teachers in PyTorch, read from their files, and what they hear: YAMNet (TFLite, weights of 8 bits) and
Google's speech embedding (ONNX)."""

import struct

import numpy as np
import torch
import torch.nn.functional as F

RATE_HZ, WINDOW, HOP, FFT = 16000, 400, 160, 512  # samples
YAMNET_FLOOR, EARS_FLOOR = 1e-3, 1e-4
PATCH = 96  # frames that YAMNet hears at once


class Table:
    """A table of a FlatBuffer (flatbuffers.dev/internals)."""

    def __init__(self, data, at):
        self.data, self.at = data, at
        self.fields = at - struct.unpack_from("<i", data, at)[0]

    def _offset(self, field):
        place = 4 + 2 * field
        size = struct.unpack_from("<H", self.data, self.fields)[0]
        return struct.unpack_from("<H", self.data, self.fields + place)[0] if place < size else 0

    def _target(self, at):
        return at + struct.unpack_from("<I", self.data, at)[0]

    def number(self, field, kind, usual=0):
        offset = self._offset(field)
        return struct.unpack_from("<" + kind, self.data, self.at + offset)[0] if offset else usual

    def table(self, field):
        return Table(self.data, self._target(self.at + self._offset(field)))

    def vector(self, field, kind):
        at = self._target(self.at + self._offset(field))
        count = struct.unpack_from("<I", self.data, at)[0]
        return np.frombuffer(self.data, dtype="<" + kind, count=count, offset=at + 4)

    def tables(self, field):
        at = self._target(self.at + self._offset(field))
        count = struct.unpack_from("<I", self.data, at)[0]
        return [Table(self.data, self._target(at + 4 + 4 * i)) for i in range(count)]


CONV, DEPTHWISE, DENSE = 3, 4, 9  # operators of TFLite


def read_tflite(path):
    """Layers with weights, in order: (operator, weights [out, in, height, width] or [out, in], bias, stride)."""
    with open(path, "rb") as file:
        data = file.read()
    model = Table(data, struct.unpack_from("<I", data, 0)[0])
    operators = [max(code.number(0, "b"), code.number(3, "i")) for code in model.tables(1)]
    graph, buffers = model.tables(2)[0], model.tables(4)
    tensors = graph.tables(0)

    def value(index):
        tensor = tensors[index]
        shape = tensor.vector(0, "i4")
        raw = buffers[tensor.number(2, "I")].vector(0, "u1").tobytes()
        numbers = np.frombuffer(raw, {9: "i1", 2: "<i4", 0: "<f4"}[tensor.number(1, "b")]).reshape(shape)
        quantised = tensor.table(4)
        along = [1] * len(shape)
        along[quantised.number(6, "i")] = -1
        spread = [part.astype(np.float32).reshape(along) if len(part) > 1 else np.float32(part[0])
                  for part in (quantised.vector(2, "f4"), quantised.vector(3, "i8"))]
        return torch.tensor((numbers.astype(np.float32) - spread[1]) * spread[0])

    layers = []
    for node in graph.tables(3):
        kind = operators[node.number(0, "I")]
        if kind not in (CONV, DEPTHWISE, DENSE):
            continue
        inputs = node.vector(1, "i4")
        weights = value(inputs[1])
        if kind != DENSE:
            weights = weights.permute((0, 3, 1, 2) if kind == CONV else (3, 0, 1, 2))
            weights = weights.contiguous(memory_format=torch.channels_last)
        stride = node.table(4).number(1, "i", 1) if kind != DENSE else 1
        layers.append((kind, weights, value(inputs[2]), stride))
    return layers


class Yamnet:
    """Patches [N, 1, 96, 64] to vectors [N, 1024] and logits [N, 521]."""

    def __init__(self, path):
        self.layers = read_tflite(path)

    def __call__(self, x):
        for kind, weights, bias, stride in self.layers[:-1]:
            if weights.shape[-1] > 1:
                x = F.pad(x, [side for size in (x.shape[3], x.shape[2]) for side in self._padding(size, stride)])
            groups = len(weights) if kind == DEPTHWISE else 1
            x = F.conv2d(x, weights, bias, stride, groups=groups).clamp_(0, 6)
        vectors = x.mean((2, 3))
        return vectors, F.linear(vectors, self.layers[-1][1], self.layers[-1][2])

    @staticmethod
    def _padding(size, stride, kernel=3):
        total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
        return total // 2, total - total // 2


class Speech:
    """Frames [N, 1, T, 32] to vectors [N, steps, 96], without windows: one from 76 frames, another every 8 more."""

    def __init__(self, path):
        import onnx
        from onnx import helper, numpy_helper

        graph = onnx.load(path).graph
        arrays = {each.name: torch.tensor(numpy_helper.to_array(each).copy()) for each in graph.initializer}
        self.nodes = [(node.op_type, {a.name: helper.get_attribute_value(a) for a in node.attribute},
                       [arrays[name] for name in node.input if name in arrays])
                      for node in graph.node if node.op_type not in ("Pad", "Reshape")]

    def __call__(self, x):
        x = F.pad(x, (1, 1))
        for kind, settings, weights in self.nodes:
            if kind == "Conv":
                bias = weights[1] if len(weights) > 1 else None
                x = F.conv2d(x, weights[0], bias, padding=tuple(settings.get("pads", (0, 0))[:2]))
            elif kind == "Relu":
                x = F.relu(x)
            elif kind == "LeakyRelu":
                x = F.leaky_relu(x, settings["alpha"])
            elif kind == "Max":
                x = torch.maximum(x, weights[0])
            elif kind == "BatchNormalization":
                x = F.batch_norm(x, weights[2], weights[3], weights[0], weights[1], eps=settings["epsilon"])
            elif kind == "MaxPool":
                x = F.max_pool2d(x, settings["kernel_shape"], settings["strides"])
            else:
                raise ValueError(f"operation {kind}")
        return x.squeeze(3).transpose(1, 2)


def _triangles(edges, places):
    rising = (places[None] - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - places[None]) / (edges[2:] - edges[1:-1])[:, None]
    return np.maximum(0, np.minimum(rising, falling))


def _bins():
    return np.linspace(0, RATE_HZ / 2, FFT // 2 + 1)


def yamnet_bands():
    """[64, 257]: triangles straight in mel, nothing for bin 0, as tf.signal.linear_to_mel_weight_matrix makes them."""
    def mel(hz):
        return 1127 * np.log1p(hz / 700)

    bank = _triangles(np.linspace(mel(125), mel(7500), 66), mel(_bins()))
    bank[:, 0] = 0
    return torch.tensor(bank, dtype=torch.float32)


def speech_bands():
    """[32, 257]: Slaney's mel scale, bands of equal area."""
    step = np.log(6.4) / 27
    highest = 15 + np.log(3.8) / step
    mels = np.linspace(60 * 3 / 200, highest, 34)
    edges = np.where(mels < 15, mels * 200 / 3, 1000 * np.exp((mels - 15) * step))
    bank = _triangles(edges, _bins()) * (2 / (edges[2:] - edges[:-2]))[:, None]
    return torch.tensor(bank, dtype=torch.float32)


_HANN = torch.tensor(np.hanning(WINDOW + 1)[:WINDOW], dtype=torch.float32)
_YAMNET, _SPEECH = yamnet_bands(), speech_bands()


def magnitudes(samples):
    """[..., n] to [..., frames, 257]; frames that the sound fills."""
    return torch.fft.rfft(samples.unfold(-1, WINDOW, HOP) * _HANN, FFT).abs()


def energies(magnitude):
    """In YAMNet's bands, [..., frames, 64]."""
    return magnitude @ _YAMNET.T


def speech_frames(magnitude):
    """What the speech embedding hears, [..., frames, 32]; it counts samples in steps of 16 bits."""
    power = (magnitude ** 2) @ _SPEECH.T
    return torch.log(power + 1e-9) / np.log(10) + 2 + 30 * np.log10(2)
