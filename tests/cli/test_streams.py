"""Pipes, full disks, closed streams and signals, as a shell gives them."""
import os
import pathlib
import select
import signal
import subprocess
import time

import numpy

from support.models import write_model
from support.sandbox import EARSHOT, Sandbox, sine, write_wav

RATE = 8000
ENVIRONMENT = {**os.environ, "PATH": f"{pathlib.Path(EARSHOT).parent}:{os.environ['PATH']}"}


def pcm(samples):
    return (numpy.asarray(samples) * 32767).astype("<i2").tobytes()


class Streams(Sandbox):
    """Each command that writes data, with more of it than a pipe holds."""

    def setUp(self):
        super().setUp()
        write_model(self.dir / "model")
        beeps = numpy.concatenate([sine(500, 0.5, RATE), numpy.zeros(RATE // 2)] * 1500)
        write_wav(self.dir / "a.wav", beeps, RATE)
        (self.dir / "a.txt").write_text("".join(f"{i}.0\t{i}.5\tbeep\n" for i in range(20_000)))

    COMMANDS = ("earshot detect model a.wav", "(cat a.wav || true) | earshot detect model -",
                "earshot detect model a.wav --scores=-", "earshot label convert a.txt --to audacity",
                "(cat a.txt || true) | earshot label convert - --to audacity")

    def test_a_reader_that_leaves_is_no_failure(self):
        for command in self.COMMANDS:
            with self.subTest(command):
                run = self.shell(f"{command} | head -1")  # with pipefail: the command's own status counts
                self.assertEqual((len(run.out.splitlines()), run.err), (1, ""))

    def test_a_full_disk_is_one(self):
        for command in self.COMMANDS:
            with self.subTest(command):
                run = self.shell(f"{command} > /dev/full", status=1)
                self.assertEqual(len(run.err.splitlines()), 1)
                self.assertIn("cannot write standard output: No space left", run.err)

    def test_closed_standard_streams(self):
        for command in ("earshot detect model a.wav", "earshot label convert a.txt --to audacity"):
            with self.subTest(command):
                self.shell(f"{command} >&- 2>&- <&- || test $? = 1")
                self.assertEqual(sorted(path.name for path in self.dir.iterdir()), ["a.txt", "a.wav", "model"])

    def test_a_closed_standard_output_is_an_error(self):
        run = self.shell("earshot detect model a.wav >&-", status=1)
        self.assertIn("cannot write standard output", run.err)

    def test_text_never_replaces_a_recording(self):
        before = (self.dir / "a.wav").read_bytes()
        for command in ("earshot detect model a.wav -o a.wav", "earshot detect model a.wav --scores=a.wav",
                        "earshot label convert a.txt --to audacity -o a.wav"):
            with self.subTest(command):
                self.assertIn("a.wav: will not replace a recording or dataset", self.shell(command, status=2).err)
                self.assertEqual((self.dir / "a.wav").read_bytes(), before)

    def test_pipes_on_both_sides(self):
        out = self.shell("cat a.wav | earshot detect model - --format tsv | earshot label convert - --from dcase "
                         "--to audacity | tail -1").text()
        self.assertEqual(out.split("\t"), ["1499", "1499.5", "low\n"])


class Live(Sandbox):
    """A process that hears a pipe into which the test writes now and then."""

    def start(self, *words):
        write_model(self.dir / "model")
        process = subprocess.Popen([EARSHOT, "detect", "model", "-", "--raw", f"s16le,{RATE},1", *words],
                                   cwd=self.dir, env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, bufsize=0)
        self.addCleanup(self.stop, process)
        return process

    def stop(self, process):
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream:
                stream.close()

    def line(self, process, seconds):
        """The next line on standard output, if it comes in time."""
        ready, _, _ = select.select([process.stdout], [], [], seconds)
        return process.stdout.readline().decode() if ready else ""

    def test_an_event_comes_as_soon_as_it_is_certain(self):
        process = self.start()
        process.stdin.write(pcm(numpy.concatenate([sine(500, 2, RATE), numpy.zeros(RATE * 3 // 2)])))
        self.assertIn('"onset":0.0,"offset":2.0,"label":"low"', self.line(process, 120))  # and the pipe is open
        process.stdin.write(pcm(numpy.concatenate([sine(2500, 1, RATE), numpy.zeros(RATE * 3 // 2)])))
        self.assertIn('"onset":3.5,"offset":4.5,"label":"high"', self.line(process, 60))
        self.assertEqual((process.communicate(timeout=60), process.returncode), ((b"", b""), 0))

    def test_an_interrupt_is_the_end_of_live_sound(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            process = self.start()
            process.stdin.write(pcm(numpy.concatenate([sine(500, 1, RATE), numpy.zeros(RATE), sine(2500, 2, RATE)])))
            self.assertIn('"label":"low"', self.line(process, 120))
            time.sleep(0.5)  # until it waits for more
            process.send_signal(number)
            out, err = process.communicate(timeout=60)
            self.assertEqual((process.returncode, err), (0, b""))
            self.assertIn(b'"onset":2.0', out)  # sounding when the signal came
            self.assertIn(b'"label":"high"', out)

    def test_an_interrupt_ends_work_on_files_and_leaves_nothing_but_the_journal_to_resume_from(self):
        write_model(self.dir / "model")
        write_wav(self.dir / "long.wav", numpy.zeros(RATE * 600), RATE)
        process = subprocess.Popen([EARSHOT, "detect", "model", *["long.wav"] * 2000, "-o", "out.jsonl", "-j", "2"],
                                   cwd=self.dir, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
        self.addCleanup(self.stop, process)
        while not list(self.dir.glob(".out.jsonl.*")):
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
        self.assertEqual((process.returncode, err), (-signal.SIGINT, b""))
        left = {path.name for path in self.dir.glob("*out.jsonl*")}
        self.assertLessEqual(left, {".out.jsonl.journal"})  # none if no recording was finished
