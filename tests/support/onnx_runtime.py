"""Runs ONNX models in a program that knows nothing of earshot: onnxruntime-node, from npm."""
import os
import pathlib
import shutil
import subprocess
import unittest

import numpy

from support.sandbox import SOURCE


def package():
    """The directory of onnxruntime-node: EARSHOT_ONNXRUNTIME, or where `npm install -g` puts it. None if missing."""
    if shutil.which("node") is None:
        return None
    roots = [os.environ.get("EARSHOT_ONNXRUNTIME", "")]
    if shutil.which("npm"):
        roots.append(subprocess.run(["npm", "root", "-g"], capture_output=True, text=True).stdout.strip() + "/onnxruntime-node")
    for root in filter(None, roots):
        if (pathlib.Path(root) / "package.json").is_file():
            return pathlib.Path(root).resolve()
    return None


PACKAGE = package()
needs_onnxruntime = unittest.skipUnless(
    PACKAGE, "no onnxruntime-node (npm install -g onnxruntime-node, or EARSHOT_ONNXRUNTIME=its directory)")


def run(model, values):
    """What a model makes of an array of float32. The directory of the model must be writable."""
    values = numpy.ascontiguousarray(values, numpy.float32)
    given, made = f"{model}.in", f"{model}.out"
    values.tofile(given)
    ran = subprocess.run(["node", SOURCE / "tests/support/run_onnx.js", PACKAGE, model, given,
                          ",".join(map(str, values.shape)), made], capture_output=True, text=True, timeout=600)
    if ran.returncode:
        raise AssertionError(f"{model}: {ran.stderr}")
    return numpy.fromfile(made, numpy.float32).reshape([int(size) for size in ran.stdout.strip().split(",")])
