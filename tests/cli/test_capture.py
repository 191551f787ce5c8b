"""earshot record on a real sound server, started by the test, and on ALSA's file plugin."""
import os
import re
import shutil
import signal
import subprocess
import time

import numpy
import soundfile

from cli.test_record import Recording
from support.sandbox import noise, write_wav
from support.sound_server import SoundServer

RATE = 44100


class PulseAudio(Recording):
    def setUp(self):
        super().setUp()
        self.server = SoundServer(self.dir / "server")
        self.addCleanup(self.server.stop)

    def record(self, *words, **streams):
        return self.start("--device", "pulse:null.monitor", *words, env=self.server.env, **streams)

    def signal_in(self, recorded, wanted):
        """Where the wanted samples are in what was recorded; they must be there as they are, with silence around."""
        begin = int(numpy.flatnonzero(recorded)[0]) - int(numpy.flatnonzero(wanted)[0])
        numpy.testing.assert_array_equal(recorded[begin : begin + len(wanted)], wanted)
        self.assertFalse(recorded[:begin].any() or recorded[begin + len(wanted) :].any())
        return begin

    def after_a_second(self, samples):
        """The monitor of a sink does not hear the first moments of a stream, which the sink had passed already."""
        return numpy.concatenate([numpy.zeros(RATE, samples.dtype), samples, numpy.zeros(RATE // 2, samples.dtype)])

    def test_segments_join_to_what_was_played(self):
        wanted = (noise(6, RATE, 0.2, seed=5) * 32767).clip(-32768, 32767).astype(numpy.int16)
        soundfile.write(self.dir / "in.wav", self.after_a_second(wanted), RATE, subtype="PCM_16")
        process = self.record("--segments", "archive", "--segment", "700ms")
        self.wait_for(lambda: list(self.dir.glob("archive/*/.*.part")))
        self.server.play(self.dir / "in.wav").wait(30)
        time.sleep(1)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(self.finish(process), (b"", ""))
        rows = self.index()
        self.assertEqual(sum("gap" in row or row["overruns"] > 0 for row in rows), 0)
        self.assertEqual({row["frames"] for row in rows[:-1]}, {30870})
        self.signal_in(self.joined(), wanted)

    def test_times_are_those_of_the_clock(self):
        """A click is played at a known time; the index must put it there within the sound server's own latency."""
        click = numpy.zeros(RATE // 2, dtype=numpy.int16)
        click[0:200] = 20000
        soundfile.write(self.dir / "click.wav", self.after_a_second(click), RATE, subtype="PCM_16")
        process = self.record("--segments", "archive", "--segment", "1s")
        self.wait_for(lambda: list(self.dir.glob("archive/*/.*.part")))
        before = time.time()
        self.server.play(self.dir / "click.wav", latency_ms=20).wait(30)
        after = time.time()
        process.send_signal(signal.SIGTERM)
        self.finish(process)
        first = int(numpy.flatnonzero(self.joined())[0])
        row = next(row for row in self.index() if row["position"] <= first < row["position"] + row["frames"])
        begin = time.strptime(row["time"][:19], "%Y-%m-%dT%H:%M:%S")
        heard = (__import__("calendar").timegm(begin) + float(row["time"][19:23]) + (first - row["position"]) / RATE)
        self.assertLess(before + 1 - 0.05, heard)
        self.assertLess(heard, after - 0.5 + 0.05)

    def test_a_server_that_restarts_is_a_gap_of_the_right_length(self):
        process = self.record("--segments", "archive", "--segment", "500ms")
        self.wait_for(lambda: len(self.index()) >= 2)
        self.server.stop()
        self.wait_for(lambda: not list(self.dir.glob("archive/*/.*.part")))
        time.sleep(1)
        begun = len(self.index())
        self.server.start()
        self.wait_for(lambda: len(self.index()) >= begun + 2, 60)
        process.send_signal(signal.SIGTERM)
        _, err = self.finish(process)
        said = err.splitlines()
        self.assertEqual(len(said), 2, err)
        self.assertIn("waiting for it to come back", said[0])
        self.assertIn("reconnected", said[1])
        rows = self.index()
        gaps = [(one, two) for one, two in zip(rows, rows[1:]) if "gap" in two]
        self.assertEqual(len(gaps), 1)
        one, two = gaps[0]
        self.assertEqual(two["gap"]["cause"], "device lost")
        self.assertEqual(two["position"], one["position"] + one["frames"] + two["gap"]["frames"])
        seconds = lambda row: float(row["time"][17:23]) + 60 * int(row["time"][14:16])
        passed = (seconds(two) - seconds(one)) % 3600
        self.assertAlmostEqual((two["position"] - one["position"]) / RATE, passed, delta=0.05)

    def test_no_reconnect_ends_with_what_was_saved(self):
        process = self.record("--no-reconnect", "a.wav")
        self.wait_for(lambda: (self.dir / ".a.wav.part").exists() and (self.dir / ".a.wav.part").stat().st_size > 50000)
        self.server.stop()
        _, err = self.finish(process, status=1)
        self.assertEqual(len(err.splitlines()), 1)
        self.assertGreater(soundfile.info(self.dir / "a.wav").frames, 20000)

    def test_rate_channels_and_list(self):
        listed = self.earshot("record", "--list-devices", env=self.server.env).text()
        self.assertRegex(listed, r"(?m)^pulse:null\.monitor +44100 +1 .*\(default\)$")
        self.earshot("record", "--device", "default", "--rate", "16000", "--device-channels", "2", "--duration", "1s",
                     "a.wav", env=self.server.env)
        info = soundfile.info(self.dir / "a.wav")
        self.assertEqual((info.samplerate, info.channels, info.frames), (16000, 2, 16000))

    def test_a_reader_that_stalls_for_ten_seconds(self):
        """The buffer holds 2 s; what is lost is told to the sample, and nothing else is lost."""
        process = self.record("--buffer", "2s", "--format", "raw", "--bits", "float", "-")
        played = self.server.play(self.ramp(14))
        time.sleep(10)
        pieces = []
        end = time.monotonic() + 3
        while time.monotonic() < end:
            pieces.append(os.read(process.stdout.fileno(), 1 << 16))
        process.send_signal(signal.SIGINT)
        rest, err = self.finish(process)
        got = numpy.frombuffer(b"".join(pieces) + rest, "<f4")
        stated = [float(text) for text in re.findall(r"([\d.]+) s before \S+ are silence \(overrun\)", err)]
        self.assertEqual(len(stated), 1, err)
        self.assertGreater(stated[0], 4)
        # The ramp counts up at every sample, so what is missing shows, and the silence must be as long.
        steps = numpy.round(got * 32768).astype(int)
        sounding = numpy.flatnonzero(steps)[RATE:]
        holes = numpy.flatnonzero(numpy.diff(sounding) > 1)
        self.assertEqual(len(holes), 1)
        before, after = sounding[holes[0]], sounding[holes[0] + 1]
        self.assertAlmostEqual((after - before - 1) / RATE, stated[0], delta=0.002)
        self.assertEqual((steps[after] - steps[before]) % 30000, (after - before) % 30000)
        played.wait(30)

    def ramp(self, seconds):
        """Counts from 1 to 30000, again and again."""
        soundfile.write(self.dir / "ramp.wav", (numpy.arange(seconds * RATE) % 30000 + 1).astype(numpy.int16), RATE)
        return self.dir / "ramp.wav"

    def test_starved_of_processor_time(self):
        """Twice as many busy processes as processors, ourselves at the lowest priority."""
        busy = [subprocess.Popen(["sh", "-c", "while :; do :; done"]) for _ in range(2 * os.cpu_count())]
        try:
            process = self.record("--segments", "archive", "--segment", "1s")
            self.wait_for(lambda: list(self.dir.glob("archive/*/.*.part")))
            os.setpriority(os.PRIO_PROCESS, process.pid, 10)
            played = self.server.play(self.ramp(6))
            played.wait(60)
            time.sleep(1)
            process.send_signal(signal.SIGINT)
            self.finish(process)
        finally:
            for each in busy:
                each.kill()
                each.wait()
        rows = self.index()
        for one, two in zip(rows, rows[1:]):
            self.assertEqual(two["position"] - one["position"] - one["frames"], two.get("gap", {}).get("frames", 0))
        # Lost or not, each sample is where its count says, from when the sink plays on.
        counts = self.joined().astype(int)
        places = numpy.concatenate([row["position"] + numpy.arange(row["frames"]) for row in rows])
        sounding = numpy.flatnonzero(counts)[RATE:]
        self.assertGreater(len(sounding), 3 * RATE)
        self.assertEqual(len(set((counts[sounding] - places[sounding]) % 30000)), 1)


class Alsa(Recording):
    def test_the_file_plugin_sample_for_sample(self):
        """ALSA has no device here but those of its own: a file in the place of what a card would deliver."""
        wanted = (noise(5, RATE, 0.2, seed=7) * 32767).astype(numpy.int16)
        # As floats, which is what we ask for first, for the plugin passes bytes on. Not behind `plug`: that skips
        # through the file by whole buffers.
        (wanted / numpy.float32(32768)).astype("<f4").tofile(self.dir / "in.raw")
        (self.dir / "asound.conf").write_text(f'pcm.played {{ type file format "raw" slave.pcm {{ type null }}'
                                              f' file "/dev/null" infile "{self.dir}/in.raw" }}\n')
        env = {"ALSA_CONFIG_PATH": f"/usr/share/alsa/alsa.conf:{self.dir}/asound.conf"}
        self.earshot("record", "--device", "alsa:played", "--rate", RATE, "--device-channels", "1", "--fast",
                     "--duration", "4s", "--segments", "archive", env=env)
        numpy.testing.assert_array_equal(self.joined(), wanted[: 4 * RATE])

    def test_through_the_sound_server_in_real_time(self):
        if not shutil.which("pulseaudio") or not list(__import__("pathlib").Path("/usr/lib").glob("*/alsa-lib/libasound_module_pcm_pulse.so")):
            self.skipTest("ALSA's plugin for PulseAudio is not installed")
        server = SoundServer(self.dir / "server")
        self.addCleanup(server.stop)
        (self.dir / "asound.conf").write_text(
            'pcm.monitor { type pulse device "null.monitor" }\n')
        env = {**server.env, "ALSA_CONFIG_PATH": f"/usr/share/alsa/alsa.conf:{self.dir}/asound.conf"}
        begin = time.monotonic()
        self.earshot("record", "--device", "alsa:monitor", "--rate", RATE, "--duration", "2s", "a.wav", env=env)
        self.assertGreater(time.monotonic() - begin, 1.9)
        self.assertEqual(soundfile.info(self.dir / "a.wav").frames, 2 * RATE)
