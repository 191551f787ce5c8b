"""Streams of the network as devices, from servers of the test's own: what is cut is waited for, and is a gap."""
import http.server
import shutil
import signal
import socket
import socketserver
import struct
import subprocess
import threading
import time
import unittest

import numpy
import soundfile

from cli.test_record import Recording
from support.datasets import DatasetSandbox
from support.sandbox import sine, write_wav

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
        self.assertIn("reconnected", said[1])
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


class Stalled(DatasetSandbox):
    """A batch waited for ever for a server that took a connection and said nothing."""

    def test_a_stalled_server_is_named_and_the_batch_goes_on(self):
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/a.wav"
        write_wav(self.dir / "other.wav", sine(440, 3))
        self.earshot("datagen", "-q", url, "other.wav", "--unlabelled", "keep", "data", status=3,
                     stderr=f"{url}: no answer for 10 s")
        self.assertEqual([path.name for path in (self.dir / "data").iterdir()], ["other.npz"])


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


class Camera(socketserver.StreamRequestHandler):
    """A camera's microphone: RTSP (RFC 2326) with RTP inside its connection, as behind a router. Samples count up."""
    SDP = (b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=camera\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
           b"m=audio 0 RTP/AVP 97\r\na=rtpmap:97 L16/%d/1\r\na=control:microphone\r\n" % RATE)
    PACKET = 400  # samples

    def handle(self):
        while request := self.rfile.readline().decode().split():
            headers = {}
            while line := self.rfile.readline().decode().strip():
                key, value = line.split(":", 1)
                headers[key.lower()] = value.strip()
            if request[0] == "OPTIONS":
                self.answer(headers, "Public: DESCRIBE, SETUP, PLAY, TEARDOWN")
            elif request[0] == "DESCRIBE":
                self.answer(headers, "Content-Type: application/sdp", f"Content-Base: {request[1]}/", body=self.SDP)
            elif request[0] == "SETUP" and "TCP" not in headers["transport"]:
                self.answer(headers, status="461 Unsupported Transport")
            elif request[0] == "SETUP":
                self.answer(headers, "Transport: RTP/AVP/TCP;unicast;interleaved=0-1", "Session: 1")
            elif request[0] == "PLAY":
                self.answer(headers, "Session: 1")
                self.play()
                return
            else:
                return

    def answer(self, headers, *lines, status="200 OK", body=b""):
        head = [f"RTSP/1.0 {status}", f"CSeq: {headers['cseq']}", *lines, f"Content-Length: {len(body)}", "", ""]
        self.wfile.write("\r\n".join(head).encode() + body)

    def play(self):
        begin = time.monotonic()
        try:
            for i in range(self.server.packets):
                time.sleep(max(0, begin + i * self.PACKET / RATE - time.monotonic()))
                samples = (numpy.arange(i * self.PACKET, (i + 1) * self.PACKET) + 1).astype(">i2").tobytes()
                rtp = struct.pack(">BBHII", 0x80, 97, i, i * self.PACKET, 1) + samples
                self.wfile.write(struct.pack(">cBH", b"$", 0, len(rtp)) + rtp)
        except OSError:  # the listener has gone
            pass


class Rtsp(Recording):
    def setUp(self):
        super().setUp()
        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Camera)
        self.server.daemon_threads = True
        self.server.packets = 60  # 3 s
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.url = f"rtsp://127.0.0.1:{self.server.server_address[1]}/camera"

    def test_every_sample_of_a_camera(self):
        self.earshot("record", "--device", self.url, "--duration", "2s", "a.wav")
        counts, rate = soundfile.read(self.dir / "a.wav", dtype="int16")
        self.assertEqual((rate, counts.tolist()), (RATE, list(range(1, 2 * RATE + 1))))

    def test_a_camera_that_is_switched_off_leaves_what_it_sent(self):
        self.earshot("record", "--device", self.url, "--no-reconnect", "a.wav", status=1, stderr="the stream ended")
        counts = soundfile.read(self.dir / "a.wav", dtype="int16")[0].tolist()
        self.assertEqual(counts, list(range(1, 60 * Camera.PACKET + 1)))
