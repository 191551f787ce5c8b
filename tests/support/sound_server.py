"""A PulseAudio server of a test's own, with a null sink whose monitor is what a microphone would be."""
import os
import pathlib
import shutil
import signal
import subprocess
import time
import unittest


class SoundServer:
    """Runs as whoever runs the test, with a directory and a socket of its own, and touches no other server."""

    def __init__(self, directory, rate=44100, channels=1, sample_format="s16le"):
        if not shutil.which("pulseaudio"):
            raise unittest.SkipTest("pulseaudio is not installed")
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(mode=0o700, exist_ok=True)
        self.sink = f"module-null-sink sink_name=null rate={rate} channels={channels} format={sample_format}"
        self.env = {"PULSE_SERVER": f"unix:{self.directory}/native", "XDG_RUNTIME_DIR": str(self.directory),
                    "HOME": str(self.directory), "PULSE_COOKIE": f"{self.directory}/cookie"}
        self.process = None
        self.start()

    def start(self):
        with open(self.directory / "log", "a") as log:
            self.process = subprocess.Popen(
                ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no",
                 f"--load=module-native-protocol-unix socket={self.directory}/native auth-anonymous=1",
                 f"--load={self.sink}", "--log-target=stderr"],
                env={**os.environ, **self.env}, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        for _ in range(100):
            if self.process.poll() is None and self.control("info").returncode == 0:
                return
            time.sleep(0.1)
        self.stop()
        raise unittest.SkipTest(f"pulseaudio does not start: {(self.directory / 'log').read_text()[-300:]}")

    def control(self, *words):
        return subprocess.run(["pactl", *words], env={**os.environ, **self.env}, capture_output=True, text=True)

    def play(self, path, latency_ms=2000):
        """Plays a WAV into the sink; returns the process. The monitor hears it up to the latency before it sounds, and
        not its first moments. Low latencies leave holes when the machine is busy."""
        return subprocess.Popen(["paplay", "--device=null", f"--latency-msec={latency_ms}", str(path)], env={**os.environ, **self.env},
                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
