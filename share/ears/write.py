"""Writes the student as earshot reads it: write.py WORK STUDENT OUT.ears. Matrices and kernels are whole numbers of 8 bits,
as `earshot train --weights int8` has them (earshot-formats(5))."""

import hashlib
import io
import json
import sys
import zipfile

import numpy as np
import torch

from shards import batch_of, frames_at, open_shards, usual_gains
from student import FRAMES, STEP, TOP, WORDS, Taught

INPUT = {"kind": "logmel", "rate_hz": 16000, "window_s": 0.025, "hop_s": 0.01, "fft_size": 512, "centred": False,
         "power": 1, "low_hz": 125, "high_hz": 7500, "mels": 64, "scale": "htk-mel", "norm": "none", "floor": 0.0001}
SMALLEST_DEVIATION = 0.02  # of what is brought to a deviation of 1: some numbers hardly ever move


@torch.no_grad()
def standardise(student, work):
    """Numbers of sounds get a deviation of 1 over the mixed clips, as those of words have. ReLU lets a scale through.
    Returns what they were divided by."""
    shard = open_shards(work)[0]
    heard = [student(frames_at(batch_of(shard, np.arange(at, at + 32))["energies"], usual_gains(32)))[..., :TOP]
             for at in range(0, 800, 32)]
    deviation = torch.cat(heard).reshape(-1, TOP).std(0).clamp(min=SMALLEST_DEVIATION)
    student.top.weight.div_(deviation[:, None, None, None])
    student.top.bias.div_(deviation)
    return deviation


def layers_of(net):
    student = net.student
    yield "first", student.first
    for i, block in enumerate(student.blocks, 1):
        for part in ("depthwise", "thin", "wide"):
            yield f"block_{i}_{part}", getattr(block, part)
    yield "bands", student.bands
    yield "top", student.top
    yield "words_thin", student.words.thin
    yield "words_join", student.words.join
    for i, (depthwise, wide) in enumerate(zip(student.words.depthwise, student.words.wide), 1):
        yield f"words_{i}_depthwise", depthwise
        yield f"words_{i}_wide", wide
    yield "words", student.words.last
    yield "classes", net.classes


def arrays_of(net):
    arrays = {}
    for name, layer in layers_of(net):
        weights = layer.weight.detach().numpy()
        scale = np.abs(weights).reshape(len(weights), -1).max(1) / 127
        scale[scale == 0] = 1
        arrays[name + ".weight"] = np.rint(weights / scale.reshape(-1, *[1] * (weights.ndim - 1))).astype(np.int8)
        arrays[name + ".weight.scale"] = scale.astype(np.float32)
        if layer.bias is not None:
            arrays[name + ".bias"] = layer.bias.detach().numpy().astype(np.float32)
    return arrays


def main():
    work, path, out = sys.argv[1:]
    net = Taught()
    net.load_state_dict(torch.load(path))
    with torch.no_grad():
        net.classes.weight.mul_(standardise(net.student, work))
    arrays = arrays_of(net)
    digest = hashlib.sha256(b"".join(arrays[name].tobytes() for name in sorted(arrays))).hexdigest()[:32]
    front_end = {"kind": "embedding", "network": "own", "file": "own.ears", "hash": digest, "result": "vectors",
                 "frames": FRAMES, "hop": STEP, "steps": 1, "dimension": TOP + WORDS, "pad_s": 0.6, "weights": "int8",
                 "input": INPUT}
    description = {"format_version": 1, "frontend": front_end, "network": "ears"}
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in {"pretrained": np.array(json.dumps(description)), **arrays}.items():
            data = io.BytesIO()
            np.save(data, array)
            entry = zipfile.ZipInfo(name + ".npy", (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data.getvalue())


main()
