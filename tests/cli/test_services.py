"""The units for systemd, and that detect, evaluate and record work where no code can be generated at run time."""
import ctypes
import functools
import json
import os
import shutil
import subprocess
import sys

import numpy

from support.models import write_model
from support.sandbox import EARSHOT, SOURCE, Sandbox, noise, sine, write_wav

UNITS = sorted((SOURCE / "share/systemd").glob("*.service"))
TONE = "lavfi:aevalsrc=0.5*sin(1000*PI*t):s=8000:d=2"
PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN = 65, 1


def refuse_generated_code():
    """What MemoryDenyWriteExecute=yes asks for, and programs that this process starts inherit: no memory is executable
    that was ever writable."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


@functools.cache
def kernel_refuses():
    generate = "import mmap; mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)"
    run = lambda **options: subprocess.run([sys.executable, "-c", generate], capture_output=True, text=True, **options)
    try:
        return run().returncode == 0 and "Permission denied" in run(preexec_fn=refuse_generated_code).stderr
    except subprocess.SubprocessError:
        return False


class Units(Sandbox):
    def test_systemd_understands_them(self):
        if not shutil.which("systemd-analyze"):
            self.skipTest("systemd-analyze is not here")
        for source in UNITS:
            unit = self.dir / source.name
            unit.write_text(source.read_text().replace("ExecStart=earshot", f"ExecStart={EARSHOT}"))
            verified = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True)
            self.assertEqual((verified.returncode, verified.stderr), (0, ""))

    def test_they_are_shut_in(self):
        for unit in UNITS:
            self.assertIn("\nMemoryDenyWriteExecute=yes\n", unit.read_text())

    def test_command_line_of_detect(self):
        write_model(self.dir / "model")
        text = (SOURCE / "share/systemd/earshot-detect.service").read_text()
        line = next(line for line in text.splitlines() if line.startswith("ExecStart=earshot "))
        for theirs, ours in [("/etc/earshot/model", "model"), ("alsa:default", TONE),
                             ("/var/lib/earshot-detect/", "")]:
            self.assertIn(theirs, line)
            line = line.replace(theirs, ours)
        self.earshot(*line.split()[1:])
        events = (self.dir / "events.jsonl").read_text().splitlines()
        self.assertEqual([json.loads(event)["label"] for event in events], ["low"])


class NoGeneratedCode(Sandbox):
    def setUp(self):
        super().setUp()
        if not kernel_refuses():
            self.skipTest("this kernel cannot refuse generated code (PR_SET_MDWE needs Linux 6.3)")
        write_model(self.dir / "model")
        write_wav(self.dir / "a.wav", sine(500, 3, 8000), 8000)

    def confined(self, *words, env=None):
        run = subprocess.run([EARSHOT, *map(str, words)], cwd=self.dir, capture_output=True, text=True, timeout=600,
                             env={**os.environ, **(env or {})}, preexec_fn=refuse_generated_code)
        self.assertEqual((run.returncode, run.stderr), (0, ""), words)
        return [json.loads(line) for line in run.stdout.splitlines()]

    def test_detect_of_files(self):
        for suffix in ["wav", "flac", "mp3", "opus", "m4a"]:
            name = f"of.{suffix}"
            subprocess.run(["ffmpeg", "-v", "error", "-i", "a.wav", name], cwd=self.dir, check=True)
            self.assertEqual([event["label"] for event in self.confined("detect", "model", name)], ["low"], suffix)

    def test_detect_of_devices(self):
        # A file that ALSA plays; lavfi loads libavdevice, and with it all of FFmpeg.
        (self.dir / "raw").write_bytes(sine(500, 3, 8000).astype("<f4").tobytes())
        (self.dir / "alsa.conf").write_text("pcm.played { type file slave.pcm { type null } file /dev/null format raw "
                                            f'infile "{self.dir}/raw" }}')
        for device in [TONE, "alsa:played"]:
            self.confined("detect", "model", "--device", device, "--duration", "2s", "--save-clips", "clips",
                          "-q", "-o", "events.jsonl", env={"ALSA_CONFIG_PATH": str(self.dir / "alsa.conf")})
        events = [json.loads(line) for line in (self.dir / "events.jsonl").read_text().splitlines()]
        self.assertEqual([(event["file"], event["label"]) for event in events], [(TONE, "low"), ("alsa:played", "low")])
        self.assertEqual(len(list((self.dir / "clips").glob("*.wav"))), 2)

    def test_networks_of_every_kind(self):
        """The engine has steps of its own for each."""
        for number in range(4):
            tones = numpy.append(sine(500, 4, 8000), sine(2500, 4, 8000)) + noise(8, 8000, seed=number)
            write_wav(self.dir / f"in/{number}/audio.wav", tones, 8000)
            (self.dir / f"in/{number}/labels.json").write_text('{"00:00": "low", "00:04": "high"}')
        self.earshot("datagen", "-q", "in", "frames", "--front-end", "logmel", "--sample-rate", 8000, "--high", 3900,
                     "--bins", 16)
        for kind in ["mlp", "dnn", "lda", "cnn", "attention"]:
            self.earshot("train", "-q", "frames", "-o", kind, "--arch", kind, "--window", "1s", "--epochs", 1,
                         "--standardise", "mean", stderr=None)
            self.confined("detect", kind, "a.wav", "--scores=scores.tsv")
            self.assertGreater(len((self.dir / "scores.tsv").read_text().splitlines()), 2, kind)

    def test_record(self):
        self.confined("record", "--device", TONE, "--fast", "-q", "tone.wav")
        self.confined("record", "--device", TONE, "--rate", 48000, "--fast", "-q", "tone.opus")
        self.assertGreater((self.dir / "tone.wav").stat().st_size, 2 * 2 * 8000)
