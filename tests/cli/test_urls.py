"""Streams of the network as devices, from servers of the test's own: what is cut is waited for, and is a gap."""
import http.server
import shutil
import signal
import subprocess
import threading
import time
import unittest

import numpy
import soundfile

from cli.test_record import Recording

RATE = 8000
BLOCK_S = 0.1


class Radio:
    """A WAV without end over HTTP in real time. Samples count up by the clock, whoever hears them; `off` cuts them."""

    def __init__(self):
        radio = self
        self.begin = time.monotonic()
        self.off = threading.Event()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                if radio.off.is_set():
                    self.send_error(503)
                    return
                self.send_response(200)
                self.send_header("Content-Type", "audio/wav")
                self.end_headers()
                header = b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0\1\0\1\0" + RATE.to_bytes(4, "little")
                self.wfile.write(header + (2 * RATE).to_bytes(4, "little") + b"\2\0\x10\0data\xff\xff\xff\xff")
                sent = int((time.monotonic() - radio.begin) * RATE)
                try:
                    while not radio.off.is_set():
                        now = int((time.monotonic() - radio.begin) * RATE)
                        self.wfile.write((numpy.arange(sent, now) % 30000 + 1).astype("<i2").tobytes())
                        sent = now
                        time.sleep(BLOCK_S)
                except OSError:  # the listener has gone
                    pass

            def log_message(self, *words):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/radio.wav"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.off.set()
        self.server.shutdown()
        self.server.server_close()


class Http(Recording):
    def setUp(self):
        super().setUp()
        self.radio = Radio()
        self.addCleanup(self.radio.close)

    def test_a_stream_that_is_cut_is_a_gap_of_the_right_length(self):
        process = self.start("--device", self.radio.url, "--segments", "archive", "--segment", "500ms")
        self.wait_for(lambda: len(self.index()) >= 3)
        self.radio.off.set()
        time.sleep(2)
        begun = len(self.index())
        self.radio.off.clear()
        self.wait_for(lambda: len(self.index()) >= begun + 3, 60)
        process.send_signal(signal.SIGTERM)
        said = self.finish(process)[1].splitlines()
        self.assertEqual(len(said), 2, said)
        self.assertIn("waiting for it to come back", said[0])
        self.assertIn("back again", said[1])
        rows = self.index()
        gaps = [row["gap"] for row in rows if "gap" in row]
        self.assertEqual([gap["cause"] for gap in gaps], ["device lost"])
        counts = self.joined().astype(int)
        # Where the sound goes on, the clock says how much is missing; the samples say it too.
        jump = numpy.flatnonzero(numpy.diff(counts) % 30000 != 1)
        self.assertEqual(len(jump), 1)
        missing = counts[jump[0] + 1] - counts[jump[0]] - 1
        error = (missing - gaps[0]["frames"] + 15000) % 30000 - 15000
        self.assertLess(abs(error) / RATE, 0.5)

    def test_without_reconnecting_it_is_the_end(self):
        process = self.start("--device", self.radio.url, "--no-reconnect", "a.wav")
        self.wait_for((self.dir / ".a.wav.part").exists)
        time.sleep(1)
        self.radio.off.set()
        said = self.finish(process, status=1)[1].splitlines()
        self.assertEqual(len(said), 1, said)
        self.assertIn("the connection was lost", said[0])
        counts = soundfile.read(self.dir / "a.wav", dtype="int16")[0].astype(int)
        self.assertGreater(len(counts), RATE // 2)
        self.assertTrue((numpy.diff(counts) % 30000 == 1).all())


@unittest.skipUnless(shutil.which("ffmpeg"), "ffmpeg is not installed")
class Rtp(Recording):
    def test_a_sender_on_this_machine(self):
        sender = subprocess.Popen(["ffmpeg", "-nostdin", "-v", "error", "-re", "-f", "lavfi", "-i", "sine=1000:r=44100",
                                   "-ac", "2", "-c:a", "pcm_s16be", "-f", "rtp", "rtp://127.0.0.1:45678"],
                                  stdout=subprocess.DEVNULL)
        self.addCleanup(sender.wait)
        self.addCleanup(sender.kill)
        self.earshot("record", "--device", "rtp://127.0.0.1:45678", "--duration", "2s", "a.wav")
        sound, rate = soundfile.read(self.dir / "a.wav")
        self.assertEqual((rate, sound.shape), (44100, (88200, 2)))
        spectrum = numpy.abs(numpy.fft.rfft(sound[:44100, 0]))
        self.assertEqual(spectrum.argmax(), 1000)
