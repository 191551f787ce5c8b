"""Recordings of any kind, as the commands meet them."""
import functools
import http.server
import pathlib
import shutil
import subprocess
import threading
import unittest

import numpy

from support.datasets import DatasetSandbox, load
from support.sandbox import sine, write_wav

LABELS = "0\t1000000\tsound\n"


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


@unittest.skipUnless(shutil.which("ffmpeg"), "needs the ffmpeg program to encode")
class Recordings(DatasetSandbox):
    def setUp(self):
        super().setUp()
        tone = sine(440, 3) + sine(3000, 3, amplitude=0.1)
        write_wav(self.dir / "tone.wav", numpy.stack([tone, 0.5 * tone], axis=1))
        (self.dir / "labels.txt").write_text(LABELS)

    def encode(self, name, *options):
        subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-i", "tone.wav", *options, name], cwd=self.dir, check=True)

    def frames(self, *words, stdin=b""):
        """The spectra that datagen makes of a recording, a tenth of a second each."""
        said = self.earshot("datagen", "-q", *words, "--labels", "labels.txt", "--sample-duration", "0.1", "--force",
                            "-o", "out.npz", stdin=stdin, stderr=None)
        self.assertNotIn("damage", said.err)
        return load(self.dir / "out.npz")["samples"]

    def test_every_format_from_file_and_pipe_gives_the_frames_of_the_wav(self):
        wanted = self.frames("tone.wav")
        self.assertEqual(len(wanted), 30)
        for name in ("a.flac", "a.mp3", "a.ogg", "a.m4a", "a.mka", "a.aiff"):
            with self.subTest(name):
                self.encode(name)
                frames = self.frames(name)
                # An encoder's padding, where the container does not tell it, may fill one frame more.
                self.assertLessEqual(abs(len(frames) - 30), 1)
                # LAME itself makes everything 5 % softer at some rates.
                numpy.testing.assert_allclose(frames[1:29].max(1), wanted[1:29].max(1), rtol=0.06)
                if name != "a.m4a":  # whose index is at the end
                    piped = self.frames("-", stdin=(self.dir / name).read_bytes())
                    numpy.testing.assert_array_equal(piped, frames)

    def test_a_url_is_an_input_like_any_other(self):
        self.encode("a.mp3")
        handler = functools.partial(QuietHandler, directory=self.dir)
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            url = f"http://127.0.0.1:{server.server_address[1]}"
            numpy.testing.assert_array_equal(self.frames(f"{url}/a.mp3"), self.frames("a.mp3"))
            self.earshot("datagen", "-q", f"{url}/none.mp3", "--labels", "labels.txt", "-o", "x.npz", status=1,
                         stderr=f"{url}/none.mp3: ")
            server.shutdown()
        self.assertFalse(pathlib.Path(self.dir / "x.npz").exists())


class DamagedBeyondRecognition(DatasetSandbox):
    """micmon 17: a file that is no MP3 gave status 0 and an empty dataset."""

    def test_originals_micmon_17_a_directory_names_recordings_that_hold_no_sound(self):
        for name, content in {"text": b"no sound at all", "empty": b""}.items():
            sample = self.dir / "archive" / name
            sample.mkdir(parents=True)
            (sample / "audio.wav").write_bytes(content)
            (sample / "labels.txt").write_text(LABELS)
        whole = self.dir / "archive" / "whole"
        write_wav(whole / "audio.wav", sine(440, 3))
        (whole / "labels.txt").write_text("0\t3\tsound\n")
        for words in (["datagen", "-q", "archive", "data"], ["label", "check", "archive"]):
            with self.subTest(words=words):
                said = self.earshot(*words, status=3, stderr=None)
                for name in ("text", "empty"):
                    self.assertIn(f"archive/{name}/audio.wav", said.err + said.text())
        self.assertEqual([path.name for path in (self.dir / "data").iterdir()], ["whole.npz"])
