"""A small network of another program, as an ONNX file.

    python3 -m support.foreign_network FILE BANDS
"""
import io
import pathlib
import sys
import warnings

import torch
from torch import nn

FRAMES = 12


def network(bands):
    """From windows [n, FRAMES, bands] to three numbers; eight before the last layer."""
    torch.manual_seed(5)
    return nn.Sequential(nn.Conv1d(FRAMES, 6, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(6 * bands, 8), nn.Tanh(), nn.Linear(8, 3))


def exported(module, bands, frames=FRAMES):
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(module.eval(), torch.zeros(1, frames, bands), file, opset_version=13, input_names=["x"],
                          dynamic_axes={"x": {0: "windows"}})
    return file.getvalue()


if __name__ == "__main__":
    path, count = sys.argv[1:]
    pathlib.Path(path).write_bytes(exported(network(int(count)), int(count)))
