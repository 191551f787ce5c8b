"""earshot datagen: pipes, signals, memory, reruns."""
import contextlib
import os
import pty
import signal
import subprocess
import sys
import time

import numpy

from support.datasets import SPECTRA, DatasetSandbox, load
from support.sandbox import EARSHOT, memory_is_measurable, sine, write_wav

RAW = ["datagen", "-q", "-", "--raw", "s16le,8000,1", "--sample-rate", "8000", "--high", "4000", "--labels", "l.txt"]


class Pipes(DatasetSandbox):
    def setUp(self):
        super().setUp()
        self.sample("s", {"00:00": "a", "00:04": "b"})
        (self.dir / "l.txt").write_text("0\t1000000\ta\n")

    def test_a_pipe_in_and_out_gives_what_files_give(self):
        self.datagen("s/audio.wav", "-o", "file.npz")
        self.shell("cat s/audio.wav | earshot datagen -q --front-end spectrum - --labels s/labels.json -o - | cat > pipe.npz")
        one, other = load(self.dir / "file.npz"), load(self.dir / "pipe.npz")
        for key in ("samples", "classes", "times", "events", "labels", "frontend"):
            numpy.testing.assert_array_equal(one[key], other[key])
        self.assertEqual(self.source("pipe.npz")["file"], "stdin")

    def test_raw_samples_from_a_pipe(self):
        pcm = (sine(1000, 4, rate=8000) * 32767).astype("<i2").tobytes()
        self.earshot(*RAW, "-o", "out.npz", stdin=pcm, stderr="1 of its labels extend past its end")
        numpy.testing.assert_allclose(load(self.dir / "out.npz")["samples"].max(1), [0.5, 0.5], atol=1e-3)

    def test_a_full_disk_is_an_error(self):
        self.assertIn("No space left", self.shell("earshot datagen -q s -o - > /dev/full", status=1).err)

    def test_a_file_size_limit_leaves_nothing_behind(self):
        limited = self.shell("trap '' XFSZ; ulimit -f 1; earshot datagen -q s out --store", status=1)
        self.assertIn("File too large", limited.err)
        self.assertEqual(self.files("out"), [])

    def test_no_binary_to_a_terminal(self):
        master, slave = pty.openpty()
        run = subprocess.run([EARSHOT, "datagen", "-q", "s", "-o", "-"], cwd=self.dir, stdout=slave,
                             stderr=subprocess.PIPE, timeout=60)
        os.close(slave)
        os.close(master)
        self.assertEqual(run.returncode, 2)
        self.assertIn(b"will not write a binary dataset to a terminal", run.stderr)

    def test_a_reader_that_goes_is_no_error(self):
        run = self.shell("set +o pipefail; (earshot datagen -q s --sample-duration 10ms --bins 2000 --store -o -; "
                         "echo status $? >&2) | head -c 1 > /dev/null")
        self.assertEqual(run.err, "status 0\n")

    def test_interrupted_leaves_nothing_behind(self):
        (self.dir / "out").mkdir()
        run = subprocess.Popen([EARSHOT, *RAW, "-o", "out/a.npz"], cwd=self.dir, stdin=subprocess.PIPE,
                               stderr=subprocess.PIPE)
        run.stdin.write(bytes(200_000))
        run.stdin.flush()
        while not self.files("out"):  # it has begun: the temporary file is there
            time.sleep(0.02)
        run.send_signal(signal.SIGINT)
        said = run.communicate(timeout=60)[1]
        self.assertEqual(run.returncode, -signal.SIGINT, said)
        self.assertEqual(self.files("out"), [])

    @memory_is_measurable
    def test_memory_does_not_grow_with_the_recording(self):
        script = ("import resource, subprocess, sys\n"
                  "subprocess.run(sys.argv[1:], check=True, stderr=subprocess.DEVNULL)\n"
                  "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)")

        def peak_mib(seconds):
            feed = subprocess.Popen(["head", "-c", str(seconds * 8000 * 2), "/dev/zero"], stdout=subprocess.PIPE)
            run = subprocess.run([sys.executable, "-c", script, EARSHOT, *RAW, "--sample-duration", "20ms", "--bins",
                                  "40", "-o", "out.npz"], cwd=self.dir, stdin=feed.stdout, stdout=subprocess.PIPE,
                                 timeout=300, check=True)
            feed.stdout.close()
            feed.wait()
            return int(run.stdout) / 1024

        short, long = peak_mib(60), peak_mib(7200)  # 58 MB of frames, of which nothing may stay
        with numpy.load(self.dir / "out.npz") as npz:
            self.assertEqual(npz["classes"].shape, (360_000,))
        self.assertLess(long, short + 4)


class Reruns(DatasetSandbox):
    def setUp(self):
        super().setUp()
        self.sample("in/s", {"00:00": "a", "00:04": "b"})
        self.sample("in/t", {"00:00": "b"})
        self.first = self.run_in()

    def run_in(self, *words):
        """Names of the files that a run writes anew."""
        before = {path.name: path.stat().st_ino for path in (self.dir / "out").glob("*")}
        with contextlib.ExitStack() as kept:  # open, so that no inode number is used again
            for path in (self.dir / "out").glob("*"):
                kept.enter_context(path.open("rb"))
            self.datagen("in", "out", *words)
        return sorted(path.name for path in (self.dir / "out").glob("*") if before.get(path.name) != path.stat().st_ino)

    def test_what_is_unchanged_is_left_alone(self):
        self.assertEqual(self.first, ["s.npz", "t.npz"])
        self.assertEqual(self.run_in(), [])
        (self.dir / "in/s/audio.wav").touch()
        self.assertEqual(self.run_in(), [])
        said = self.earshot("datagen", *SPECTRA, "in", "out", stderr=None).err
        self.assertIn("0 made, 2 unchanged, 0 failed", said)
        self.assertEqual(said.splitlines()[1].split(), ["a", "2", "4.0", "25.0%"])

    def test_force_redoes_with_equal_bytes(self):
        before = (self.dir / "out/s.npz").read_bytes()
        self.assertEqual(self.run_in("--force"), ["s.npz", "t.npz"])
        self.assertEqual((self.dir / "out/s.npz").read_bytes(), before)

    def test_changed_audio_labels_or_settings_are_redone(self):
        write_wav(self.dir / "in/s/audio.wav", sine(2000, 8))
        self.assertEqual(self.run_in(), ["s.npz"])
        (self.dir / "in/t/labels.json").write_text('{"00:00": "b", "00:06": "a"}')
        self.assertEqual(self.run_in(), ["t.npz"])
        (self.dir / "in/t/labels.json").write_text('{"00:00": "b", "00:06": "new"}')
        self.assertEqual(self.run_in(), ["s.npz", "t.npz"])  # the class numbers change for all
        for words in (("--bins", 50), ("--channels", "left"), ("--start", "1s"), ("--duration", "4s"),
                      ("--background", "z"), ("--unlabelled", "keep"), ("--sample-rate", 48000)):
            self.assertEqual(self.run_in(*words), ["s.npz", "t.npz"], words)
            self.assertEqual(self.run_in(*words), [], words)

    def test_a_damaged_dataset_file_is_redone(self):
        path = self.dir / "out/s.npz"
        path.write_bytes(path.read_bytes()[:-100])
        self.assertEqual(self.run_in(), ["s.npz"])

    def test_a_dataset_file_whose_classes_are_damaged_is_redone(self):
        path = self.dir / "out/s.npz"
        whole = path.read_bytes()
        at = whole.index(b"classes.npy") + 40
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        self.assertEqual(self.run_in(), ["s.npz"])
        self.assertEqual(path.read_bytes(), whole)

    def test_another_archive_does_not_overwrite_recordings_of_the_same_name(self):
        self.sample("other/s", {"00:00": "a", "00:01": "b"}, hz=300)
        before = (self.dir / "out/s.npz").read_bytes()
        self.datagen("other", "out", status=1, stderr="other/s/audio.wav: out/s.npz was made from in/s/audio.wav")
        self.assertEqual((self.dir / "out/s.npz").read_bytes(), before)
        self.datagen("other", "out", "--force")
        self.assertEqual(self.source("out/s.npz")["file"], "other/s/audio.wav")

    def test_files_that_do_not_go_together_are_warned_of(self):
        self.sample("other/u", {"00:00": "c"})
        self.datagen("other", "out", stderr="2 files are from earlier runs with other classes or settings: out/s.npz")
