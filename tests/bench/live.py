#!/usr/bin/python3
"""Measures live sound and prints figures beside their targets.

    tests/bench/live.py BUILD_DIR [PART ...] [--seconds 60] [--busy N] [--hours 1]

Parts, all by default:
  latency   from the last sample of a window, at the monitor of a null sink, to the event on standard output
  redraw    from a sound there to the level of the live view
  cpu       processor time of live detection with the recipe spectrum-mlp, and of recording, at 44.1 kHz
  locate    processor time of directions from eight microphones, ten times a second, at 16 kHz
  memory    peak memory of recording from the sound server, standard input, and lavfi
  hour      an hour captured through lavfi as fast as it goes: speed, and growth of memory, descriptors, threads

Needs pulseaudio, pulseaudio-utils, numpy and soundfile. --busy starts so many processes that want a processor each.
Exits 1 if a target is missed. Where the machine is busy otherwise, latencies tell more of it than of earshot.
"""
import argparse
import fcntl
import json
import os
import pathlib
import pty
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
from datetime import datetime

import numpy
import soundfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
os.environ.setdefault("EARSHOT", "earshot")  # which the modules of the tests ask for
os.environ.setdefault("EARSHOT_SOURCE", str(HERE.parent.parent))
os.environ.setdefault("EARSHOT_BUILD", "")

from support.models import write_model  # noqa: E402
from support.sound_server import SoundServer  # noqa: E402

RATE = 44100
MONITOR = "null.monitor"


class Reference:
    """Another client of the monitor, to say when a sound was there. The sink runs by the clock of the system, so the
    chunk that came with the least delay tells the time of all samples."""

    def __init__(self, server):
        self.process = subprocess.Popen(
            ["parec", f"--device={MONITOR}", "--format=s16le", f"--rate={RATE}", "--channels=1", "--latency-msec=20"],
            env={**os.environ, **server.env}, stdout=subprocess.PIPE, bufsize=0)
        self.begin_s = float("inf")  # of the stream, seconds since the epoch
        self.onsets = []             # frames
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        position, last_loud = 0, -RATE
        while chunk := os.read(self.process.stdout.fileno(), 1 << 16):
            now_s = time.time()
            loud = numpy.flatnonzero(numpy.abs(numpy.frombuffer(chunk, "<i2").astype(int)) > 100)
            if loud.size:
                if position + loud[0] - last_loud > RATE // 4:
                    self.onsets.append(position + int(loud[0]))
                last_loud = position + int(loud[-1])
            position += len(chunk) // 2
            self.begin_s = min(self.begin_s, now_s - position / RATE)

    def times(self):
        """Of the beginnings of sounds, seconds since the epoch."""
        self.process.terminate()
        self.thread.join()
        self.process.wait()
        return [self.begin_s + onset / RATE for onset in self.onsets]


def tones(path, seconds, least_s, most_s):
    """Tones of 300 ms between silences of random length, the first after 2 s."""
    random = numpy.random.default_rng(1)
    tone = 0.5 * numpy.sin(2 * numpy.pi * 2000 * numpy.arange(int(0.3 * RATE)) / RATE)
    parts = [numpy.zeros(2 * RATE)]
    while sum(map(len, parts)) < seconds * RATE:
        parts += [tone, numpy.zeros(int(random.uniform(least_s, most_s) * RATE))]
    soundfile.write(path, numpy.concatenate(parts), RATE, subtype="PCM_16")


def quantiles(values_s):
    values = sorted(1e3 * value for value in values_s)
    return statistics.median(values), values[min(len(values) - 1, int(0.99 * len(values)))], values[-1]


def processor_s(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def states(process):
    """Ten times a second until it ends: resident memory and its peak in MB, descriptors, threads."""
    found = []
    proc = pathlib.Path(f"/proc/{process.pid}")
    while process.poll() is None:
        try:
            status = dict(line.split(":", 1) for line in (proc / "status").read_text().splitlines())
            memory = [int(status[key].split()[0]) / 1024 for key in ("VmRSS", "VmHWM")]
            found.append((*memory, len(list((proc / "fd").iterdir())), int(status["Threads"])))
        except (OSError, KeyError):  # it has just ended
            break
        time.sleep(0.1)
    if process.wait():
        sys.exit(f"status {process.returncode}: {process.args}")
    return found


class Bench:
    def __init__(self, arguments):
        self.arguments = arguments
        self.earshot = pathlib.Path(arguments.build).resolve() / "bin" / "earshot"
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="earshot-bench-"))
        self.server = SoundServer(self.directory / "server", RATE)
        self.missed = 0

    def line(self, what, value, unit, target, at_least=False):
        met = target is None or (value >= target if at_least else value <= target)
        self.missed += not met
        wanted = "" if target is None else f"{'>=' if at_least else '<='} {target:g}{'' if met else '  MISSED'}"
        print(f"{what:<62} {value:9.2f} {unit:<5} {wanted}", flush=True)

    def start(self, *words, **streams):
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, **streams}
        return subprocess.Popen([self.earshot, *map(str, words)], cwd=self.directory,
                                env={**os.environ, **self.server.env, **streams.pop("env", {})}, **streams)

    def run(self, *words):
        if status := self.start(*words).wait():
            sys.exit(f"status {status}: earshot {words}")

    def model(self):
        """Tells low from high sound in windows of a quarter of a second."""
        write_model(self.directory / "model", frontend={"kind": "spectrum", "rate_hz": RATE, "duration_s": 0.25,
                                                        "low_hz": 0.0, "high_hz": 8000.0, "bins": 4})
        return "model"

    def latency(self):
        window_s = 0.25
        tones(self.directory / "tones.wav", self.arguments.seconds, 0.4, 0.8)
        process = self.start("detect", self.model(), "--device", f"pulse:{MONITOR}", "--partial",
                             "--label", "any", "--min-level", -60, stdout=subprocess.PIPE)
        reference = Reference(self.server)
        rows = []

        def read():
            for line in process.stdout:
                rows.append((time.time(), json.loads(line)))

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        time.sleep(2)
        self.server.play(self.directory / "tones.wav").wait()
        process.send_signal(signal.SIGINT)
        process.wait()
        reader.join()
        sounded = reference.times()
        starts = [(at, row) for at, row in rows if row.get("state") == "start"]
        clock = [datetime.fromisoformat(row["time"].replace("Z", "+00:00")).timestamp() for _, row in starts]
        # A window of which the least bit sounds has an event, so a tone begins in the window where it is found. Hence
        # the beginning of the capture, by the reference, is known within what all windows have in common, whatever
        # times earshot tells; these only say which tone it is.
        tone = [max(s for s in sounded if s < t + window_s + 0.1) for t in clock]
        least = max(s - row["onset"] - window_s for s, (_, row) in zip(tone, starts))
        most = min(s - row["onset"] for s, (_, row) in zip(tone, starts))
        late = [at - least - row["onset"] - window_s for at, row in starts]  # at most
        print(f"latency: {len(starts)} events, begin of the capture known within {1e3 * (most - least):.1f} ms, "
              f"their times are off by {1e3 * (clock[0] - starts[0][1]['onset'] - (least + most) / 2):+.1f} ms")
        median, p99, worst = quantiles(late)
        self.line("latency beyond the window, median", median, "ms", 50)
        self.line("latency beyond the window, 99 of 100", p99, "ms", 50)
        self.line("latency beyond the window, worst", worst, "ms", None)

    def redraw(self):
        """On a terminal of 4 rows, on which only the meter has full blocks that come and go."""
        tones(self.directory / "tones.wav", self.arguments.seconds, 2.5, 3.5)
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 4, 80, 0, 0))

        def take_terminal():
            os.setsid()
            fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)

        process = self.start("detect", self.model(), "--device", f"pulse:{MONITOR}", stdin=theirs, stdout=theirs,
                             stderr=theirs, preexec_fn=take_terminal,
                             env={"TERM": "xterm-256color", "LC_ALL": "C.UTF-8", "NO_COLOR": "1"})
        os.close(theirs)
        drawn = []

        def read():
            try:
                while text := os.read(ours, 1 << 16):
                    if "█".encode() in text:
                        drawn.append(time.time())
            except OSError:  # the terminal's other side has gone
                pass

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        reference = Reference(self.server)
        time.sleep(2)
        self.server.play(self.directory / "tones.wav").wait()
        os.write(ours, b"q")
        process.wait()
        reader.join()
        late = [min(at - sounded for at in drawn if at > sounded - 0.1) for sounded in reference.times()]
        median, p99, worst = quantiles(late)
        print(f"redraw: {len(late)} sounds")
        self.line("redraw after the sound, median", median, "ms", 100)
        self.line("redraw after the sound, 99 of 100", p99, "ms", 100)
        self.line("redraw after the sound, worst", worst, "ms", None)

    def trained_model(self):
        random = numpy.random.default_rng(2)
        for number in range(4):
            recording = self.directory / "recordings" / str(number)
            recording.mkdir(parents=True)
            time_s = numpy.arange(60 * RATE) / RATE
            tone = 0.3 * (time_s > 30) * numpy.sin(2e3 * numpy.pi * time_s)
            soundfile.write(recording / "audio.wav", tone + 0.05 * random.standard_normal(len(time_s)), RATE)
            (recording / "labels.json").write_text('{"00:00": "background", "00:30": "tone"}')
        self.run("datagen", "--recipe", "spectrum-mlp", "recordings", "dataset", "-q")
        self.run("train", "--recipe", "spectrum-mlp", "--epochs", 3, "dataset", "-o", "trained", "-q")
        return "trained"

    def share(self, seconds, *words):
        """Of a processor, in percent, once it runs."""
        process = self.start(*words)
        time.sleep(5)
        before_s, began = processor_s(process.pid), time.monotonic()
        time.sleep(seconds)
        used_s, passed_s = processor_s(process.pid) - before_s, time.monotonic() - began
        process.send_signal(signal.SIGINT)
        process.wait()
        return 100 * used_s / passed_s

    def cpu(self):
        tones(self.directory / "tones.wav", self.arguments.seconds * 4, 0.4, 0.8)
        player = self.server.play(self.directory / "tones.wav")
        device = ("--device", f"pulse:{MONITOR}")
        seconds = self.arguments.seconds
        model = self.trained_model()
        detect = self.share(seconds, "detect", model, *device)
        self.line("detect, recipe spectrum-mlp, 44.1 kHz", detect, "%", 3)
        segments = self.share(seconds, "record", *device, "--segments", "archive")
        self.line("record to segments, 44.1 kHz", segments, "%", 1)
        player.kill()
        player.wait()

    def locate(self):
        """Sounds on all channels alike: straight ahead, and heard by every microphone pair."""
        server, self.server = self.server, SoundServer(self.directory / "array", 16000, channels=8)
        try:
            tones(self.directory / "tones.wav", self.arguments.seconds * 3, 0.4, 0.8)
            player = self.server.play(self.directory / "tones.wav")
            share = self.share(self.arguments.seconds, "locate", "--array", "head-175mm", "--device", f"pulse:{MONITOR}")
            player.kill()
            player.wait()
            self.line("locate, 8 microphones, 10 updates a second", share, "%", 3)
        finally:
            self.server.stop()
            self.server = server

    def memory(self):
        soundfile.write(self.directory / "long.wav", numpy.zeros(600 * RATE), RATE)
        cases = (("the sound server", ("--device", f"pulse:{MONITOR}", "--duration", "10s"), None, 30),
                 ("standard input, WAV", ("-",), "long.wav", 30),
                 ("lavfi", ("--device", "lavfi:sine", "--duration", "10m", "--fast"), None, None))
        for name, words, stdin, target in cases:
            stdin = stdin and subprocess.Popen(["cat", stdin], cwd=self.directory, stdout=subprocess.PIPE).stdout
            process = self.start("record", *words, "--segments", "memory", stdin=stdin or subprocess.DEVNULL)
            self.line(f"peak memory of record from {name}", states(process)[-1][1], "MB", target)

    def growth(self, name, process, begin, sound_s):
        found = states(process)
        self.line(f"{name}, times real time", sound_s / (time.monotonic() - begin), "x", 8, at_least=True)
        later = found[len(found) // 4:]
        for what, field, unit, target in (("memory", 0, "MB", 0.5), ("descriptors", 2, "", 0), ("threads", 3, "", 0)):
            growth = max(each[field] for each in later) - later[0][field]
            self.line(f"{name}, growth of {what} after a quarter of it", growth, unit, target)

    def hour(self):
        sound_s = 3600 * self.arguments.hours
        words = ("record", "--device", f"lavfi:anoisesrc=r={RATE}:d={sound_s}", "--fast")
        begin = time.monotonic()
        self.growth("record to segments", self.start(*words, "--segments", "hour"), begin, sound_s)
        begin = time.monotonic()
        recorder = self.start(*words, "-", stdout=subprocess.PIPE)
        listener = self.start("detect", self.model(), "--device", "-", stdin=recorder.stdout)
        recorder.stdout.close()
        self.growth("detect from a pipe", listener, begin, sound_s)
        recorder.wait()

    def close(self):
        self.server.stop()
        shutil.rmtree(self.directory, ignore_errors=True)


PARTS = ("latency", "redraw", "cpu", "locate", "memory", "hour")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--seconds", type=float, default=60, help="of each measurement")
    parser.add_argument("--busy", type=int, default=0, help="processes beside it")
    parser.add_argument("--hours", type=float, default=1, help="of sound in the part hour")
    arguments = parser.parse_args()
    for part in arguments.parts:
        if part not in PARTS:
            parser.error(f"no part {part} ({', '.join(PARTS)})")
    bench = Bench(arguments)
    busy = [subprocess.Popen(["sh", "-c", "while :; do :; done"]) for _ in range(arguments.busy)]
    try:
        print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
        for part in arguments.parts or PARTS:
            getattr(bench, part)()
    finally:
        for process in busy:
            process.kill()
        bench.close()
    return 1 if bench.missed else 0


sys.exit(main())
