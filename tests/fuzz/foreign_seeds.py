"""Writes the first files for onnx_fuzz and tflite_fuzz: the networks of tests/cli/test_foreign_networks.py, as far as
they are small.

    PYTHONPATH=. /usr/bin/python3 -m fuzz.foreign_seeds DIRECTORY

in tests/, with the variables that CONTRIBUTING.md sets, makes DIRECTORY/onnx and DIRECTORY/tflite.
"""
import hashlib
import pathlib
import sys
import unittest

from cli import test_foreign_networks as networks

LARGEST = 1 << 14


def main(directory):
    def keep(content):
        kind = "tflite" if content[4:8] == b"TFL3" else "onnx"
        if len(content) <= LARGEST:
            (directory / kind / hashlib.sha1(content).hexdigest()[:16]).write_bytes(content)

    for kind in ["onnx", "tflite"]:
        (directory / kind).mkdir(parents=True, exist_ok=True)
    for name in ["run_file", "fails"]:
        def kept(self, content, *words, method=getattr(networks.Networks, name), **named):
            keep(content)
            return method(self, content, *words, **named)
        setattr(networks.Networks, name, kept)
    tests = unittest.defaultTestLoader.loadTestsFromModule(networks)
    unittest.TextTestRunner(sys.stderr).run(tests)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
