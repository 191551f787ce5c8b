"""What once ended a command, filled a disk or hung: files of strangers, limits of the system, kill -9."""
import json
import os
import resource
import signal
import subprocess
import time

import numpy

from support.models import write_model
from support.sandbox import EARSHOT, Sandbox, noise, sine, write_wav

RATE = 8000
DEEP = "[" * 100_000 + "]" * 100_000


class Strangers(Sandbox):
    def setUp(self):
        super().setUp()
        write_model(self.dir / "model")
        write_wav(self.dir / "a.wav", sine(500, 2, RATE), RATE)

    def change_model(self, change):
        path = self.dir / "model/model.json"
        path.write_text(change(path.read_text()))

    def test_json_nested_too_deeply_ended_with_a_segmentation_fault(self):
        whole = (self.dir / "model/model.json").read_text()
        for key in ("provenance", "frontend", "architecture"):
            head = f'"{key}": {{'
            self.assertIn(head, whole)
            comma = "" if key == "provenance" else ","
            (self.dir / "model/model.json").write_text(whole.replace(head, head + f'"q": {DEEP}{comma}'))
            self.earshot("detect", "model", "a.wav", status=1,
                         stderr="model/model.json: nested more than 64 levels deep")
        (self.dir / "e.jsonl").write_text('{"onset":0,"offset":1,"label":"a","azimuth":10}\n'
                                          '{"onset":0.1,"offset":0.2,"label":"a","azimuth":10,"x":' + DEEP + "}\n")
        self.earshot("locate", "--scene", "s.json", "--events", "e.jsonl", status=1,
                     stderr="e.jsonl: line 2: nested more than 64 levels deep")
        numpy.savez(self.dir / "d.npz", samples=numpy.zeros((3, 4), numpy.float32), classes=numpy.zeros(3, int),
                    cutoff_frequencies=numpy.array([20.0, 4000.0]), frontend=numpy.array('{"q": ' + DEEP + "}"))
        self.earshot("evaluate", "model", "d.npz", status=1, stderr="nested more than 64 levels deep")
        for name, text in (("labels.json", DEEP), ("word_bounds.json", '{"a": ' + DEEP + "}"),
                           ("waveform.json", '{"x": ' + DEEP + "}")):
            (self.dir / name).write_text(text)
            self.earshot("label", "check", name, status=3, stderr="1 fault")

    def test_a_number_beyond_double_named_no_file(self):
        self.change_model(lambda text: text.replace('"metrics": {}', '"metrics": 1e905'))
        self.earshot("detect", "model", "a.wav", status=1, stderr="model/model.json: not valid JSON: byte")

    def test_a_label_with_a_line_end_went_into_every_output(self):
        self.change_model(lambda text: text.replace('"low"', '"lo\\nw"'))
        self.earshot("detect", "model", "a.wav", status=1, stderr='model/model.json: "labels": the label has a tab')

    def test_weights_that_are_a_device_or_a_pipe_filled_the_disk_or_hung(self):
        weights = self.dir / "model/weights.npz"
        weights.unlink()
        weights.symlink_to("/dev/zero")
        self.earshot("detect", "model", "a.wav", status=1, stderr="model/weights.npz: is a device, not a file")
        weights.unlink()
        os.mkfifo(weights)
        self.earshot("detect", "model", "a.wav", status=1, stderr="model/weights.npz: is a named pipe, not a file")

    def test_a_label_file_from_a_shells_pipe_is_still_read(self):
        run = self.shell("""earshot label convert <(printf '0\\t1\\tcry\\n') --from audacity --to dcase""")
        self.assertEqual(run.text(), "onset\toffset\tevent_label\n0\t1\tcry\n")

    def test_a_year_beyond_the_clock_became_1816(self):
        (self.dir / "e.jsonl").write_text('{"onset":0,"offset":1,"label":"a","azimuth":10,'
                                          '"time":"9999-12-31T00:00:00Z"}\n')
        self.earshot("locate", "--scene", "s.json", "--events", "e.jsonl", status=1,
                     stderr="e.jsonl: line 1: 9999-12-31T00:00:00Z: the year must be from 1678 to 2261")

    def test_a_path_that_is_too_long_was_passed_over_in_silence(self):
        write_wav(self.dir / "in/b.wav", noise(1, RATE), RATE)
        name, here = "x" * 200, os.getcwd()
        os.chdir(self.dir / "in")
        try:
            for _ in range(22):
                os.mkdir(name)
                os.chdir(name)
            with open("deep.wav", "wb") as file:
                file.write(b"RIFF")
        finally:
            os.chdir(here)
        run = self.earshot("datagen", "in", "-o", "out", "--unlabelled", "keep", status=3, stderr="File name too long")
        self.assertTrue(list((self.dir / "out").glob("*.npz")), run.err)


class Limits(Sandbox):
    def test_a_limit_on_file_sizes_killed_without_a_word(self):
        write_wav(self.dir / "a.wav", noise(60, 44100), 44100)
        limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))
        run = subprocess.run([EARSHOT, "datagen", "a.wav", "-o", "a.npz", "--unlabelled", "keep", "--front-end", "logmel"],
                             cwd=self.dir, preexec_fn=limit, capture_output=True, text=True, timeout=600)
        self.assertEqual(run.returncode, 1, run.stderr)
        self.assertIn("File too large", run.stderr)
        self.assertEqual(len(run.stderr.splitlines()), 1)
        self.assertEqual([path.name for path in self.dir.iterdir()], ["a.wav"])


class Killed(Sandbox):
    def kill_while_writing(self, *words):
        """Runs a command that reads a pipe which never ends until its temporary is there, then kills it."""
        read, write = os.pipe()
        process = subprocess.Popen([EARSHOT, *map(str, words)], cwd=self.dir, stdin=read,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(read)
        try:
            for _ in range(600):
                left = [path for path in self.dir.iterdir() if path.name.startswith(".")]
                if left:
                    break
                time.sleep(0.1)
            process.send_signal(signal.SIGKILL)
            process.wait(60)
        finally:
            os.close(write)
        self.assertEqual(len(left), 1, "no temporary")
        return left[0]

    def test_a_temporary_stayed_for_ever(self):
        words = ["datagen", "-", "-o", "r.npz", "--unlabelled", "keep", "-q"]
        left = self.kill_while_writing(*words)
        self.assertTrue(left.exists())
        write_wav(self.dir / "a.wav", noise(3, 44100), 44100)
        self.earshot("datagen", "a.wav", "-o", "other.npz", "--unlabelled", "keep", "-q")
        self.assertTrue(left.exists())  # of another target
        self.earshot("datagen", "a.wav", "-o", "r.npz", "--unlabelled", "keep", "-q")
        self.assertEqual(sorted(path.name for path in self.dir.iterdir()), ["a.wav", "other.npz", "r.npz"])
