"""Writes TFLite files, as far as tests need them: FlatBuffers by their definition, without a library."""
import struct

import numpy

TYPES = {"float32": 0, "float16": 1, "int32": 2, "uint8": 3, "int64": 4, "int8": 9}


class Writer:
    """Values follow what refers to them, so that offsets, which are unsigned, point forwards."""

    def __init__(self):
        self.bytes = bytearray()

    def align(self, size=4):
        self.bytes += bytes(-len(self.bytes) % size)

    def point(self, at):
        """Makes the offset at this place point to the end of what is written."""
        struct.pack_into("<I", self.bytes, at, len(self.bytes) - at)

    def value(self, value):
        """A table is a dict of fields by number, a vector a list of tables or an array, text a str."""
        self.align(8)
        if isinstance(value, dict):
            return self.table(value)
        if isinstance(value, str):
            value = value.encode()
        if isinstance(value, (bytes, numpy.ndarray)):
            count = len(value) if isinstance(value, bytes) else value.size
            self.bytes += struct.pack("<I", count) + (value if isinstance(value, bytes) else value.tobytes())
            return None
        self.bytes += struct.pack("<I", len(value))
        start = len(self.bytes)
        self.bytes += bytes(4 * len(value))
        for i, item in enumerate(value):
            self.align()
            place = start + 4 * i
            self.write_at(place, item)
        return None

    def write_at(self, place, value):
        """A table begins after its own list of fields, so the offset is set when its place is known."""
        self.align(8)
        if isinstance(value, dict):
            fields = max(value, default=-1) + 1
            self.bytes += bytes(-(len(self.bytes) + 4 + 2 * fields) % 4)
            struct.pack_into("<I", self.bytes, place, len(self.bytes) + 4 + 2 * fields - place)
        else:
            self.point(place)
        self.value_here(value)

    def value_here(self, value):
        if isinstance(value, dict):
            self.table(value)
        else:
            self.value(value)

    def table(self, fields):
        count = max(fields, default=-1) + 1
        offsets, size = [0] * count, 4
        for number, value in fields.items():
            offsets[number] = size
            size += 4
        self.bytes += struct.pack(f"<HH{count}H", 4 + 2 * count, size, *offsets)
        start = len(self.bytes)
        self.bytes += struct.pack("<i", 4 + 2 * count) + bytes(size - 4)
        for number, value in fields.items():
            place = start + offsets[number]
            if isinstance(value, bool):
                self.bytes[place] = value
            elif isinstance(value, int):
                struct.pack_into("<i", self.bytes, place, value)
            elif isinstance(value, float):
                struct.pack_into("<f", self.bytes, place, value)
            else:
                self.write_at(place, value)


def tensor(name, shape, type_="float32", buffer=0, scales=None, zeros=None, axis=0):
    made = {0: numpy.array(shape, "<i4"), 1: TYPES[type_], 2: buffer, 3: name}
    if scales is not None:
        made[4] = {2: numpy.array(scales, "<f4"), 3: numpy.array(zeros if zeros is not None else [0] * len(scales), "<i8"), 6: axis}
    return made


class Model:
    """A network of one input, from its operations."""

    def __init__(self, *shape, **quantised):
        self.tensors, self.buffers, self.operations = [], [{}], []
        self.input = self.add(tensor("input", shape, **quantised))

    def add(self, made):
        self.tensors.append(made)
        return len(self.tensors) - 1

    def array(self, values, scales=None, zeros=None, axis=0):
        """Numbers of the file. @param scales  of whole numbers: what 1 stands for"""
        values = numpy.asarray(values)
        self.buffers.append({0: values.tobytes()})
        return self.add(tensor(f"array_{len(self.tensors)}", values.shape, values.dtype.name, len(self.buffers) - 1, scales, zeros, axis))

    def node(self, code, inputs, shape, options=None, outputs=1, name=None):
        made = [self.add(tensor(name or f"value_{len(self.tensors)}", shape)) for _ in range(outputs)]
        self.operations.append((code, inputs, made, options))
        return made[0] if outputs == 1 else made

    def file(self, *results):
        """The bytes of the file. Options of an operation are a dict of fields."""
        codes = sorted({operation[0] for operation in self.operations})
        operators = []
        for code, inputs, outputs, options in self.operations:
            made = {0: codes.index(code), 1: numpy.array(inputs, "<i4"), 2: numpy.array(outputs, "<i4")}
            if options is not None:
                made[4] = options
            operators.append(made)
        graph = {0: self.tensors, 1: numpy.array([self.input], "<i4"), 2: numpy.array(results, "<i4"), 3: operators}
        model = {0: 3, 1: [{0: min(code, 127), 3: code} for code in codes], 2: [graph], 3: "test", 4: self.buffers}
        writer = Writer()
        writer.bytes += struct.pack("<I", 0) + b"TFL3"
        writer.write_at(0, model)
        return bytes(writer.bytes)
