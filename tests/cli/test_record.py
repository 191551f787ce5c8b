"""earshot record, on sound that libavfilter makes up and on standard input: files, pipes, archives."""
import io
import json
import os
import pathlib
import re
import signal
import subprocess
import time

import numpy
import soundfile

from support.sandbox import BUILD, EARSHOT, Sandbox, noise, sine, write_wav


class Recording(Sandbox):
    def start(self, *words, env=None, **streams):
        """`earshot record WORDS` in the background; killed at the end of the test if it still runs."""
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams}
        process = subprocess.Popen([EARSHOT, "record", *map(str, words)], cwd=self.dir,
                                   env={**os.environ, **(env or {})}, **streams)
        self.addCleanup(self.end, process)
        return process

    def end(self, process):
        process.kill()
        process.communicate()

    def finish(self, process, status=0):
        out, err = process.communicate(timeout=30)
        self.assertEqual(process.returncode, status, (err or b"").decode())
        return out, (err or b"").decode()

    def wait_for(self, condition, seconds=20):
        end = time.monotonic() + seconds
        while not condition():
            self.assertLess(time.monotonic(), end, "waited in vain")
            time.sleep(0.02)

    def index(self, archive="archive"):
        return [json.loads(line) for path in sorted((self.dir / archive).glob("*/index.jsonl"))
                for line in path.read_text().splitlines()]

    def joined(self, archive="archive", dtype="int16"):
        return numpy.concatenate([soundfile.read(self.dir / archive / row["file"], dtype=dtype)[0]
                                  for row in self.index(archive)])


class Files(Recording):
    def test_each_format_holds_what_was_heard(self):
        steps = sine(440, 3, 48000, 0.5)
        write_wav(self.dir / "in.wav", steps, 48000, "FLOAT")
        for name, bits, tolerance in [("a.wav", "16", 2**-15), ("b.wav", "24", 2**-23), ("c.wav", "float", 0),
                                      ("a.flac", "16", 2**-15), ("b.flac", "24", 2**-22), ("a.ogg", "16", 0.1),
                                      ("a.opus", "16", 0.1)]:
            with self.subTest(name=name):
                self.earshot("record", "--device", "lavfi:amovie=in.wav", "--fast", "--bits", bits, name)
                got, rate = soundfile.read(self.dir / name)
                self.assertEqual((rate, len(got)), (48000, len(steps)))
                error = numpy.abs(got - steps.astype(numpy.float32))
                self.assertLessEqual(error[4800:-4800].max() if tolerance == 0.1 else error.max(), tolerance)

    def test_full_scale_is_clipped_and_sixteen_bits_stay_what_they_are(self):
        steps = numpy.arange(-32768, 32768, dtype=numpy.int16)
        soundfile.write(self.dir / "in.wav", steps, 8000, subtype="PCM_16")
        self.earshot("record", "--device", "lavfi:amovie=in.wav", "--fast", "out.wav")
        self.assertTrue(numpy.array_equal(soundfile.read(self.dir / "out.wav", dtype="int16")[0], steps))
        soundfile.write(self.dir / "loud.wav", numpy.array([2.0, -2.0] * 4000), 8000, subtype="FLOAT")
        self.earshot("record", "--device", "lavfi:amovie=loud.wav", "--fast", "clipped.wav")
        self.assertEqual(set(soundfile.read(self.dir / "clipped.wav", dtype="int16")[0]), {32767, -32768})

    def test_sixteen_channels_and_one_of_them(self):
        sound = numpy.stack([numpy.full(4000, (k + 1) / 32) for k in range(16)], axis=1)
        write_wav(self.dir / "in.wav", sound, 16000, "FLOAT")
        for bits in ["16", "24", "float"]:
            self.earshot("record", "--device", "lavfi:amovie=in.wav", "--fast", "--bits", bits, "--force", "all.wav")
            numpy.testing.assert_array_equal(soundfile.read(self.dir / "all.wav")[0], sound)
        self.earshot("record", "--device", "lavfi:amovie=in.wav", "--fast", "--channels", "5", "fifth.wav")
        numpy.testing.assert_array_equal(soundfile.read(self.dir / "fifth.wav")[0], sound[:, 4])

    def test_another_rate(self):
        self.earshot("record", "--device", "lavfi:sine=1000:r=44100:d=4", "--fast", "--rate", "16000", "a.wav")
        got, rate = soundfile.read(self.dir / "a.wav")
        self.assertEqual((rate, len(got)), (16000, 64000))
        spectrum = numpy.abs(numpy.fft.rfft(got[16000:48000]))
        self.assertEqual(spectrum.argmax(), 2000)

    def test_duration_is_exact_and_in_real_time(self):
        begin = time.monotonic()
        self.earshot("record", "--device", "lavfi:sine=440", "--duration", "1.5s", "a.wav")
        self.assertGreater(time.monotonic() - begin, 1.4)
        self.assertEqual(soundfile.info(self.dir / "a.wav").frames, 66150)

    def test_interrupt_completes_the_file(self):
        process = self.start("--device", "lavfi:sine=440", "a.wav")
        self.wait_for((self.dir / ".a.wav.part").exists)
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        self.assertEqual(self.finish(process), (b"", ""))
        self.assertGreater(soundfile.info(self.dir / "a.wav").duration, 0.7)
        self.assertEqual(list(self.dir.glob(".*")), [])

    def test_killed_a_file_is_recovered_beside_the_next(self):
        process = self.start("--device", "lavfi:sine=440", "a.wav")
        self.wait_for(lambda: (self.dir / ".a.wav.part").exists() and (self.dir / ".a.wav.part").stat().st_size > 50000)
        process.kill()
        process.wait()
        said = self.earshot("record", "--device", "lavfi:sine=440:d=1", "--fast", "a.wav", stderr="a.recovered-1.wav")
        self.assertEqual(len(said.err.splitlines()), 1)
        self.assertEqual(soundfile.info(self.dir / "a.wav").frames, 44100)
        kept, _ = soundfile.read(self.dir / "a.recovered-1.wav")
        self.assertGreater(len(kept), 20000)
        # ffmpeg's generator starts each time at phase 0.
        numpy.testing.assert_allclose(kept[:20000], soundfile.read(self.dir / "a.wav")[0][:20000], atol=1e-4)

    def test_a_file_that_is_being_recorded_to_is_left_alone(self):
        process = self.start("--device", "lavfi:sine=440", "a.wav")
        self.wait_for((self.dir / ".a.wav.part").exists)
        self.earshot("record", "--device", "lavfi:sine=440", "--duration", "1s", "a.wav", status=1,
                     stderr="a.wav: another process is recording to it")
        process.send_signal(signal.SIGTERM)
        self.finish(process)

    def test_what_exists_is_not_replaced(self):
        (self.dir / "a.wav").write_text("precious")
        self.earshot("record", "--device", "lavfi:sine=440:d=1", "--fast", "a.wav", status=2, stderr="--force")
        self.assertEqual((self.dir / "a.wav").read_text(), "precious")


class Pipes(Recording):
    def test_wav_of_unknown_length(self):
        out = self.earshot("record", "--device", "lavfi:sine=440:d=2", "--fast", "-").out
        process = subprocess.run(["ffmpeg", "-v", "error", "-i", "-", "-f", "s16le", "-"], input=out,
                                 capture_output=True, check=True)
        self.assertEqual(len(process.stdout), 2 * 88200)
        self.assertEqual(process.stderr, b"")

    def test_raw(self):
        out = self.earshot("record", "--device", "lavfi:sine=440:d=2", "--fast", "--format", "raw", "-").out
        self.earshot("record", "--device", "lavfi:sine=440:d=2", "--fast", "a.wav")
        numpy.testing.assert_array_equal(numpy.frombuffer(out, "<i2"), soundfile.read(self.dir / "a.wav", dtype="int16")[0])

    def test_through_a_pipe_into_an_archive(self):
        write_wav(self.dir / "in.wav", noise(10, 44100, 0.1), 44100)
        self.shell("earshot record --device lavfi:amovie=in.wav --fast - | earshot record - --segments archive")
        numpy.testing.assert_array_equal(self.joined(), soundfile.read(self.dir / "in.wav", dtype="int16")[0])
        self.assertEqual([row["frames"] for row in self.index()], [132300] * 3 + [44100])

    def test_a_slow_reader_of_what_can_wait_loses_nothing(self):
        write_wav(self.dir / "in.wav", noise(20, 44100, 0.1), 44100)
        self.shell("earshot record --device lavfi:amovie=in.wav --fast --buffer 500ms - |"
                   " (sleep 2; cat) | earshot record - --segments archive")
        numpy.testing.assert_array_equal(self.joined(), soundfile.read(self.dir / "in.wav", dtype="int16")[0])

    def test_a_stalled_reader_of_what_cannot_wait_gets_silence_of_the_right_length(self):
        """Sound is made in real time while nobody reads for three seconds, of which the buffer and the pipe hold
        one and a half: what does not fit is told and takes its place as silence."""
        process = self.start("--device", "lavfi:aevalsrc=0.5:s=44100", "--buffer", "1s", "--format", "raw",
                             "--duration", "6s", "-")
        time.sleep(3.5)
        out, err = self.finish(process)
        got = numpy.frombuffer(out, "<i2")
        self.assertEqual(len(got), 6 * 44100)
        self.assertEqual(set(got), {0, 16384})
        silent = numpy.flatnonzero(got == 0)
        self.assertEqual(silent[-1] - silent[0] + 1, len(silent), "one gap")
        stated = float(re.search(r"([\d.]+) s before \S+ are silence \(overrun\)", err)[1])
        self.assertAlmostEqual(stated, len(silent) / 44100, places=3)
        self.assertGreater(stated, 0.5)

    def test_a_reader_that_leaves_ends_it_quietly(self):
        self.assertEqual(self.shell("earshot record --device lavfi:sine=440 --fast - | head -c 100000 | wc -c",
                                    status=0).text().strip(), "100000")

    def test_full_standard_output(self):
        run = subprocess.run(f"{EARSHOT} record --device lavfi:sine=440 --fast - > /dev/full", shell=True,
                             capture_output=True, text=True, cwd=self.dir)
        self.assertEqual(run.returncode, 1)
        self.assertIn("cannot write standard output: No space left on device", run.stderr)

    def test_standard_input_that_stops_in_the_middle(self):
        write_wav(self.dir / "in.wav", noise(4), 44100)
        torn = (self.dir / "in.wav").read_bytes()[:-100_001]
        said = self.earshot("record", "-", "--segments", "archive", stdin=torn, stderr="warning").err
        self.assertEqual(len(said.splitlines()), 1)
        whole = soundfile.read(self.dir / "in.wav", dtype="int16")[0]
        got = self.joined()
        numpy.testing.assert_array_equal(got, whole[: len(got)])
        self.assertGreaterEqual(len(got), (len(torn) - 44) // 2 - 1)

    def test_interrupt_while_standard_input_is_silent(self):
        reader, writer = os.pipe()
        self.addCleanup(os.close, writer)
        process = self.start("-", "--raw", "s16le,8000,1", "--segments", "archive", stdin=reader)
        os.close(reader)
        os.write(writer, b"\1\0" * 16000)
        self.wait_for(lambda: list(self.dir.glob("archive/*/.*.part")))
        time.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        self.finish(process)
        self.assertGreater(len(self.joined()), 10000)


class Usage(Recording):
    def test_one_clear_line_and_status_2(self):
        for words, text in [([], "name a FILE"),
                            (["a.mp3"], "'mp3': unknown format"),
                            (["a"], "cannot tell the format without an extension"),
                            (["--format", "flac", "-"], "a pipe can carry only wav or raw"),
                            (["--bits", "float", "--device", "lavfi:sine", "a.flac"], "FLAC holds 16 or 24 bits"),
                            (["--device", "lavfi:sine", "a.opus"], "--rate 48000"),
                            (["--device", "kitchen", "a.wav"], "'kitchen' is not a device"),
                            (["--keep", "sound", "a.wav"], "--segments"),
                            (["--pre-roll", "1s", "--segments", "d"], "--keep sound"),
                            (["--segments", "d", "--segment", "1ms"], "--segment must be"),
                            (["--segments", "d", "a.wav"], "--segments cannot be combined with a FILE"),
                            (["--segments", "d", "--format", "raw"], "segments need a header"),
                            (["--device", "lavfi:sine", "--segments", "d", "-"], "--device and - (standard input) cannot be combined"),
                            (["--buffer", "1ms", "--device", "lavfi:sine", "a.wav"], "buffer"),
                            (["--max-size", "much", "--segments", "d"], "max-size")]:
            with self.subTest(words=words):
                said = self.earshot("record", *words, status=2, stderr=text).err
                self.assertEqual(len(said.splitlines()), 1, said)

    def test_a_device_that_is_not_there(self):
        for device, text in [("alsa:nowhere", "alsa:nowhere: cannot be opened"),
                             ("pulse:nowhere", "pulse:nowhere: no sound server"),
                             ("default", "no default device"),
                             ("lavfi:nosuchfilter", "lavfi:nosuchfilter"),
                             ("http://127.0.0.1:9/", "http://127.0.0.1:9/: Connection refused")]:
            with self.subTest(device=device):
                said = self.earshot("record", "--device", device, "a.wav", status=1, stderr=text,
                                    env={"PULSE_SERVER": f"unix:{self.dir}/none"}).err
                self.assertEqual(len(said.splitlines()), 1, said)
        self.assertEqual(list(self.dir.iterdir()), [])

    def test_no_devices(self):
        listed = self.earshot("record", "--list-devices", env={"PULSE_SERVER": f"unix:{self.dir}/none"}, stderr=None)
        if not pathlib.Path("/proc/asound/cards").exists():
            self.assertEqual(listed.out, b"")
            self.assertIn("No devices to record from", listed.err)


class Libraries(Recording):
    def loaded(self, process, name):
        return name in pathlib.Path(f"/proc/{process.pid}/maps").read_text()

    def test_pcm_does_without_libav(self):
        write_wav(self.dir / "in.wav", noise(3, 8000, 0.1), 8000)
        wav = (self.dir / "in.wav").read_bytes()
        flac = io.BytesIO()
        soundfile.write(flac, soundfile.read(self.dir / "in.wav", dtype="int16")[0], 8000, format="FLAC")
        for name, sound, raw, libav in (("wav", wav, [], False), ("raw", wav[44:], ["--raw", "s16le,8000,1"], False),
                                        ("flac", flac.getvalue(), [], True),
                                        ("file", None, [], False)):
            with self.subTest(name), open(self.dir / "in.wav") as file:
                process = self.start("-", "--segments", name, "--segment", "10s", *raw,
                                     stdin=subprocess.PIPE if sound else file)
                if sound:
                    process.stdin.write(sound)
                    process.stdin.flush()
                if libav and sound:
                    self.wait_for(lambda: self.loaded(process, "libavcodec"))
                elif sound:
                    self.wait_for(lambda: list(self.dir.glob(f"{name}/*/.*.part")))
                    self.assertFalse(self.loaded(process, "libavcodec"))
                self.assertEqual(self.finish(process), (b"", ""))
                numpy.testing.assert_array_equal(self.joined(name), soundfile.read(self.dir / "in.wav", dtype="int16")[0])

    def test_a_recorder_of_sound_cards_does_without_libav(self):
        """Its libraries alone take 26 MB, and a recorder is to run in 30. No command links them."""
        for program in (BUILD / "libexec/earshot").iterdir():
            listed = subprocess.run(["readelf", "-d", program], capture_output=True, text=True, check=True).stdout
            self.assertNotRegex(listed, "lib(av[a-z]+|swresample)\\.so", program.name)

    def test_starting_and_listing_devices_loads_no_libav(self):
        for words in (["record", "--help"], ["record", "--list-devices"]):
            run = subprocess.run([EARSHOT, *words], cwd=self.dir, capture_output=True, text=True,
                                 env={**os.environ, "LD_DEBUG": "files"})
            self.assertEqual(run.returncode, 0)
            self.assertIn("libsndfile", run.stderr)
            self.assertNotIn("libav", run.stderr)
