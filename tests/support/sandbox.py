"""Runs the real commands, each test in a fresh directory."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import numpy

EARSHOT = os.environ["EARSHOT"]
SOURCE = pathlib.Path(os.environ["EARSHOT_SOURCE"])
BUILD = pathlib.Path(os.environ["EARSHOT_BUILD"])
SANITIZER = os.environ.get("EARSHOT_SANITIZE", "")  # "address,undefined", say
memory_is_measurable = unittest.skipIf(SANITIZER, "a sanitizer keeps what is freed and reserves address space")
# The table of commands, from which the program is made too.
COMMANDS = re.findall(r"^EARSHOT_COMMAND\((\w+),", (SOURCE / "tools/commands.def").read_text(), re.MULTILINE)


class Result:
    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err

    def rows(self):
        """The JSON Lines on standard output."""
        return [json.loads(line) for line in self.text().splitlines()]

    def text(self):
        return self.out.decode()


class Sandbox(unittest.TestCase):
    """A test case with a directory of its own, `self.dir`, in which commands run."""

    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="earshot-test-"))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)

    def earshot(self, *words, stdin=b"", env=None, status=0, stderr=""):
        """Runs `earshot WORDS` and checks its status and, unless stderr is None, all that it says there.

        A command that should succeed must say nothing on stderr: progress and notes are for terminals or asked
        for. `stderr` may be a piece of text that must occur.
        """
        run = subprocess.run([EARSHOT, *map(str, words)], input=stdin, cwd=self.dir, timeout=600,
                             capture_output=True, env={**os.environ, **(env or {})})
        said = run.stderr.decode(errors="replace")
        self.assertEqual(run.returncode, status, f"earshot {words}: {said}")
        if stderr is not None:
            self.assertIn(stderr, said) if stderr else self.assertEqual(said, "")
        return Result(run.returncode, run.stdout, said)

    def shell(self, command, status=0):
        """Runs a bash command line in which `earshot` is ours, for pipes."""
        run = subprocess.run(["bash", "-o", "pipefail", "-c", command], cwd=self.dir, timeout=600,
                             stdin=subprocess.DEVNULL, capture_output=True,
                             env={**os.environ, "PATH": f"{pathlib.Path(EARSHOT).parent}:{os.environ['PATH']}"})
        self.assertEqual(run.returncode, status, f"{command}: {run.stderr.decode(errors='replace')}")
        return Result(run.returncode, run.stdout, run.stderr.decode(errors="replace"))


def write_wav(path, samples, rate=44100, subtype="PCM_16"):
    import soundfile
    pathlib.Path(path).parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, numpy.asarray(samples), rate, subtype=subtype)


def sine(hz, seconds, rate=44100, amplitude=0.5):
    return amplitude * numpy.sin(2 * numpy.pi * hz * numpy.arange(round(seconds * rate)) / rate)


def noise(seconds, rate=44100, amplitude=0.01, seed=0):
    return amplitude * numpy.random.default_rng(seed).standard_normal(round(seconds * rate))
