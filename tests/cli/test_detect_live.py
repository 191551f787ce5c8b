"""earshot detect --device: live sound, made up by filter graphs, a file of ALSA, or a pipe."""
import json
import os
import pathlib
import re
import select
import signal
import stat
import subprocess
import time
from datetime import datetime

import numpy
import soundfile

from support.models import write_model
from support.sandbox import EARSHOT, Sandbox, sine, write_wav

RATE = 8000


def beeps(*pattern):
    """One after the other: "low", "high" or None for silence, and for how many seconds."""
    hz = {"low": 500, "high": 2500, None: 0}
    return numpy.concatenate([sine(hz[label], seconds, RATE, 0.5 if label else 0) for label, seconds in pattern])


def utc(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


class LiveSandbox(Sandbox):
    def setUp(self):
        super().setUp()
        write_model(self.dir / "model")

    def start(self, device, *words, **streams):
        process = subprocess.Popen([EARSHOT, "detect", "model", "--device", device, *map(str, words)], cwd=self.dir,
                                   bufsize=0, **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE,
                                                 "stderr": subprocess.PIPE, **streams})
        self.addCleanup(self.stop, process)
        return process

    def pipe(self, *words, **streams):
        """A process whose microphone is what the test writes."""
        return self.start("-", "--raw", f"s16le,{RATE},1", *words, stdin=subprocess.PIPE, **streams)

    def play(self, process, *pattern):
        process.stdin.write((beeps(*pattern) * 32767).astype("<i2").tobytes())

    def stop(self, process):
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream:
                stream.close()

    def row(self, process, seconds=20):
        ready, _, _ = select.select([process.stdout], [], [], seconds)
        self.assertTrue(ready, "no line in time")
        return json.loads(process.stdout.readline())

    def end(self, process, status=0, stderr=""):
        """Ends its input. @return the lines that are left"""
        out, err = process.communicate(timeout=60)
        self.assertEqual((process.returncode, err.decode()), (status, stderr))
        return [json.loads(line) for line in out.decode().splitlines()]


class Same(LiveSandbox):
    """The detector is that of recordings: events are the same to the last bit."""

    KEYS = ("onset", "offset", "label", "score")

    def recording(self):
        random = numpy.random.default_rng(4)
        loudness = numpy.repeat(random.uniform(0.1, 0.4, 24), RATE // 4)
        write_wav(self.dir / "a.wav", loudness * sine(500, 6, RATE, 1), RATE, "FLOAT")

    def events(self, result):
        return sorted([row[key] for key in self.KEYS] for row in result.rows() if "label" in row)

    RULES = ("--label", "low", "--threshold", "0.6", "--overlap", "0.75", "--smooth", "0.4s", "--merge-gap", "0.2s")

    def test_through_a_filter_graph(self):
        self.recording()
        offline = self.events(self.earshot("detect", "model", "a.wav", *self.RULES))
        self.assertGreater(len(offline), 2)
        live = self.earshot("detect", "model", "--device", "lavfi:amovie=a.wav", *self.RULES)
        self.assertEqual(self.events(live), offline)

    def test_through_a_pipe(self):
        self.recording()
        offline = self.events(self.earshot("detect", "model", "a.wav", *self.RULES))
        live = self.earshot("detect", "model", "--device", "-", *self.RULES, stdin=(self.dir / "a.wav").read_bytes())
        self.assertEqual(self.events(live), offline)

    def test_through_a_file_of_alsa(self):
        self.recording()
        samples, _ = soundfile.read(self.dir / "a.wav", dtype="float32")
        (self.dir / "sound.raw").write_bytes(samples.tobytes())  # as they are asked for: nothing is converted
        (self.dir / "alsa.conf").write_text("pcm.played { type file slave.pcm { type null } file /dev/null format raw "
                                            f'infile "{self.dir}/sound.raw" }}')
        # That device has no clock: what follows the file is lost, in no time.
        live = self.earshot("detect", "model", "--device", "alsa:played", "--duration", "6s", *self.RULES,
                            env={"ALSA_CONFIG_PATH": str(self.dir / "alsa.conf")}, stderr=None)
        offline = self.events(self.earshot("detect", "model", "a.wav", *self.RULES))
        self.assertGreater(len(offline), 2)
        self.assertEqual(self.events(live), offline)


class Pipes(LiveSandbox):
    def test_what_is_recorded_elsewhere_however_slow_the_line(self):
        tones = f"lavfi:aevalsrc=0.5*sin(1000*PI*t)*between(t\\,1\\,2):s={RATE}:d=4"
        for line in ("", "(sleep 6; cat) |"):
            for reader in ("--device -", "-"):
                rows = self.shell(f"earshot record --device '{tones}' - | {line} earshot detect model {reader}").rows()
                self.assertEqual([(row["onset"], row["offset"], row["label"]) for row in rows], [(1, 2, "low")])


class Lines(LiveSandbox):
    def test_times_are_those_of_the_clock(self):
        before = time.time()
        graph = f"lavfi:aevalsrc=0.5*sin(1000*PI*t)*between(t\\,1\\,2):s={RATE}:d=3"
        rows = self.earshot("detect", "model", "--device", graph).rows()
        self.assertEqual([list(row) for row in rows], [["file", "onset", "offset", "label", "score", "time"]])
        self.assertEqual((rows[0]["file"], rows[0]["onset"], rows[0]["offset"]), (graph, 1.0, 2.0))
        self.assertTrue(before + 1 <= utc(rows[0]["time"]) <= time.time() - 2 + 0.1)

    def test_a_line_comes_as_soon_as_it_is_certain(self):
        process = self.pipe()
        self.play(process, (None, 1), ("low", 1), (None, 3))
        self.assertEqual(self.row(process)["label"], "low")  # and the pipe is open
        self.assertEqual(self.end(process), [])

    def test_an_event_does_not_wait_for_another_that_goes_on(self):
        process = self.pipe("--label", "any", "--label", "high", "--min-level", "-40")
        self.play(process, ("low", 1), ("high", 1), ("low", 3))
        self.assertEqual(self.row(process)["label"], "high")
        self.assertEqual([row["label"] for row in self.end(process)], ["any"])

    def test_partial(self):
        process = self.pipe("--partial", "--min-duration", "1s")
        self.play(process, ("low", 0.5), (None, 0.5), ("low", 3))
        start = self.row(process)
        self.assertEqual(list(start), ["file", "onset", "label", "score", "time", "state"])
        self.assertEqual((start["onset"], start["label"], start["state"]), (1.0, "low", "start"))
        self.play(process, ("low", 1), (None, 3))
        end = self.row(process)
        self.assertEqual((end["onset"], end["offset"], end["state"]), (1.0, 5.0, "end"))
        self.assertEqual(end["time"], start["time"])
        self.play(process, ("high", 1.5))
        self.assertEqual([row["state"] for row in self.end(process)], ["start", "end"])

    def test_statistics(self):
        rows = self.earshot("detect", "model", "--device", f"lavfi:anullsrc=r={RATE}:d=2", "--stats", "500ms").rows()
        self.assertIn(len(rows), (3, 4))
        self.assertEqual(rows[-1]["stats"]["missing"], 0)
        heard = [row["stats"]["heard"] for row in rows]
        numpy.testing.assert_allclose(numpy.diff(heard), 0.5, atol=0.2)
        self.assertTrue(all(utc(row["time"]) for row in rows))

    def test_a_log_grows_line_by_line(self):
        (self.dir / "log.jsonl").write_text("before\n")
        process = self.pipe("-o", "log.jsonl")
        self.play(process, ("low", 1), (None, 3))
        log = lambda: (self.dir / "log.jsonl").read_text().splitlines()
        for _ in range(600):
            if len(log()) > 1:
                break
            time.sleep(0.1)
        self.assertEqual((log()[0], json.loads(log()[1])["label"]), ("before", "low"))
        process.kill()

    def test_interrupts_end_it_well(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            process = self.start(f"lavfi:aevalsrc=0.5*sin(1000*PI*t):s={RATE}", "--partial")
            self.assertEqual(self.row(process)["state"], "start")
            process.send_signal(number)
            rows = self.end(process)
            self.assertEqual([(row["state"], row["onset"]) for row in rows], [("end", 0)])

    def test_the_end_of_the_reader_is_the_end(self):
        process = self.pipe(stdout=subprocess.PIPE)
        process.stdout.close()
        process.stdout = None
        self.play(process, ("low", 1), (None, 1))
        for _ in range(100):  # writing sound, since only a line finds out
            if process.poll() is not None:
                break
            try:
                self.play(process, ("low", 0.5), (None, 0.5))
            except BrokenPipeError:
                break
            time.sleep(0.1)
        self.assertEqual(process.wait(60), 0)
        self.assertEqual(process.stderr.read(), b"")

    def test_the_end_of_the_reader_is_the_end_in_silence_too(self):
        process = self.start(f"lavfi:anullsrc=r={RATE}", "--on-event", "true")
        process.stdout.close()
        process.stdout = None
        self.assertEqual(process.wait(60), 0)
        self.assertEqual(process.stderr.read(), b"")

    def test_a_reader_who_stops_costs_nothing_for_a_while(self):
        """A pipe of 4 KiB that nobody reads for some seconds of events."""
        read, write = os.pipe()
        import fcntl
        fcntl.fcntl(write, 1031, 4096)  # F_SETPIPE_SZ
        beep = f"lavfi:aevalsrc=0.5*sin(1000*PI*t)*lt(mod(t\\,0.02)\\,0.01):s={RATE}:d=5"
        write_model(self.dir / "model", frontend={"kind": "spectrum", "rate_hz": RATE, "duration_s": 0.01,
                                                  "low_hz": 0.0, "high_hz": 4000.0, "bins": 4})
        process = self.start(beep, "--stats", "1s", stdout=write)
        os.close(write)
        time.sleep(4)
        with os.fdopen(read) as lines:
            rows = [json.loads(line) for line in lines]
        self.assertEqual(process.wait(60), 0)
        onsets = [row["onset"] for row in rows if "label" in row]
        numpy.testing.assert_allclose(onsets, numpy.arange(250) * 0.02, atol=1e-9)
        self.assertEqual([row for row in rows if "gap" in row], [])


class Programs(LiveSandbox):
    def script(self, text):
        path = self.dir / "on event.sh"
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return "'./on event.sh' 'first word' $HOME"

    def wait_for(self, condition, seconds=60):
        for _ in range(seconds * 20):
            if condition():
                return
            time.sleep(0.05)
        self.fail("it did not happen in time")

    def test_environment_arguments_and_input(self):
        command = self.script('cat > "in.$EARSHOT_LABEL"; env > "env.$EARSHOT_LABEL"; echo "$1|$2" > words; echo said')
        wav = beeps((None, 0.5), ("low", 1), (None, 1), ("high", 0.5), (None, 0.5))
        run = self.earshot("detect", "model", "--device", "-", "--raw", f"s16le,{RATE},1", "--on-event", command,
                           stdin=(wav * 32767).astype("<i2").tobytes(), stderr="said")
        rows = run.rows()
        self.assertEqual([row["label"] for row in rows], ["low", "high"])
        for row in rows:
            self.assertEqual(json.loads((self.dir / f"in.{row['label']}").read_text()), row)
            environment = dict(line.split("=", 1) for line in (self.dir / f"env.{row['label']}").read_text().splitlines()
                               if line.startswith("EARSHOT_"))
            self.assertEqual((environment["EARSHOT_ONSET"], environment["EARSHOT_TIME"]),
                             (str(row["onset"]), row["time"]))
        self.assertEqual((self.dir / "words").read_text(), f"first word|{os.environ['HOME']}\n")

    def test_what_a_sound_is_called_is_never_run(self):
        write_model(self.dir / "model", labels=["$(touch run)`touch run`;touch run", "high", "silence"])
        command = self.script('printf %s "$EARSHOT_LABEL" > label')
        wav = beeps(("low", 1), (None, 1))
        self.earshot("detect", "model", "--device", "-", "--raw", f"s16le,{RATE},1", "--on-event", command,
                     stdin=(wav * 32767).astype("<i2").tobytes())
        self.assertEqual((self.dir / "label").read_text(), "$(touch run)`touch run`;touch run")
        self.assertFalse((self.dir / "run").exists())

    def test_at_most_four_at_once_and_slow_ones_hold_nobody_up(self):
        command = self.script('touch "run.$$"; while [ ! -e go ]; do sleep 0.05; done; rm "run.$$"; echo >> done')
        process = self.pipe("--on-event", command)
        for number in range(10):
            self.play(process, ("low", 0.5), (None, 2.5))
            self.assertEqual(self.row(process)["onset"], 3 * number)
        running = lambda: len(list(self.dir.glob("run.*")))
        self.wait_for(lambda: running() == 4)
        time.sleep(0.5)
        self.assertEqual(running(), 4)
        (self.dir / "go").touch()
        self.assertEqual(self.end(process), [])
        self.assertEqual(len((self.dir / "done").read_text().splitlines()), 10)

    def test_programs_that_fail_are_counted_and_said(self):
        wav = (beeps(*[("low", 0.5), (None, 0.5)] * 3) * 32767).astype("<i2").tobytes()
        run = self.earshot("detect", "model", "--device", "-", "--raw", f"s16le,{RATE},1", "--on-event",
                           self.script("exit 3"), stdin=wav, stderr=None)
        self.assertIn("3 programs started, 3 failed", run.err)
        for command, problem in (("no-such-program", "program no-such-program not found"), ("a | b", "no shell is involved"),
                                 ("$(a)", "no shell is involved"), ("'open", "not a program with arguments")):
            self.earshot("detect", "model", "--device", "-", "--on-event", command, status=2, stderr=problem)

    def test_a_program_that_never_ends_does_not_keep_us(self):
        process = self.pipe("--on-event", "sleep 60")
        self.play(process, ("low", 0.5), (None, 3))
        self.row(process)
        process.stdin.close()
        self.assertEqual(process.wait(20), 0)


class Clips(LiveSandbox):
    def clips(self):
        found = {}
        for path in sorted((self.dir / "clips").glob("*.json")):
            found[path.stem] = (json.loads(path.read_text()), soundfile.read(path.with_suffix(".wav"))[0])
        self.assertEqual(len(list((self.dir / "clips").iterdir())), 2 * len(found))  # nothing half-written
        return found

    def test_a_clip_is_the_sound_of_the_event_and_around_it(self):
        random = numpy.random.default_rng(1)
        sound = 0.001 * random.standard_normal(10 * RATE) + beeps((None, 3), ("low", 2), (None, 2), ("high", 1), (None, 2))
        data = (sound * 32767).astype("<i2")
        rows = self.earshot("detect", "model", "--device", "-", "--raw", f"s16le,{RATE},1", "--save-clips", "clips",
                            "--pre", "1.25s", "--post", "0.75s", stdin=data.tobytes()).rows()
        clips = self.clips()
        self.assertEqual(len(clips), 2)
        for row, (name, (about, samples)) in zip(rows, clips.items()):
            self.assertEqual({key: about[key] for key in row}, row)
            begin, end = round((row["onset"] - 1.25) * RATE), round((row["offset"] + 0.75) * RATE)
            numpy.testing.assert_allclose(samples, data[begin:end] / 32768, atol=1.1 / 32768)
            self.assertEqual((about["clip"]["onset"], about["clip"]["offset"]), (begin / RATE, end / RATE))
            self.assertEqual(name, re.sub("[-:]", "", about["clip"]["time"]) + "-" + row["label"])
            self.assertAlmostEqual(utc(row["time"]) - utc(about["clip"]["time"]), 1.25, delta=0.002)

    def test_a_long_event_is_whole_though_memory_is_not(self):
        sound = numpy.concatenate([numpy.zeros(RATE), sine(500, 100, RATE), numpy.zeros(3 * RATE)])
        data = (sound * 32767).astype("<i2")
        self.earshot("detect", "model", "--device", "-", "--raw", f"s16le,{RATE},1", "--save-clips", "clips", stdin=data.tobytes())
        (about, samples), = self.clips().values()
        numpy.testing.assert_allclose(samples, data[:103 * RATE] / 32768, atol=1.1 / 32768)

    def test_a_disk_that_takes_nothing_is_said_and_hearing_goes_on(self):
        process = self.pipe("--save-clips", "clips", "--post", "10s")
        self.play(process, ("low", 0.5), (None, 4))
        self.row(process)
        (self.dir / "clips").rmdir()
        self.play(process, (None, 1), ("high", 0.5), (None, 4))
        out, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 1)
        self.assertEqual(len(out.splitlines()), 1)
        self.assertIn(b"0 clips saved, 2 not saved", err)


class Control(LiveSandbox):
    def test_sighup_loads_the_model_anew(self):
        process = self.pipe("--partial")
        self.play(process, ("low", 3))
        self.assertEqual(self.row(process)["state"], "start")
        write_model(self.dir / "model", labels=["bass", "treble", "silence"])
        process.send_signal(signal.SIGHUP)
        self.assertEqual(self.row(process)["state"], "end")  # of what the old one heard
        self.play(process, ("low", 3))
        self.assertEqual(self.row(process)["label"], "bass")
        (self.dir / "model/model.json").write_text("{")
        process.send_signal(signal.SIGHUP)
        time.sleep(1)
        self.play(process, ("high", 1.5), (None, 3))
        self.assertEqual(self.row(process)["label"], "bass")
        self.assertEqual(self.row(process)["label"], "treble")
        process.stdin.close()
        process.wait(60)
        err = process.stderr.read().decode()
        self.assertIn("model: reloaded", err)
        self.assertIn("keeping the old model: model/model.json: not valid JSON", err)

    def test_a_new_model_with_a_number_beyond_double_ended_it(self):
        process = self.pipe()
        self.play(process, ("low", 2), (None, 3))
        self.assertEqual(self.row(process)["label"], "low")
        text = (self.dir / "model/model.json").read_text()
        (self.dir / "model/model.json").write_text(text.replace('"metrics": {}', '"metrics": 1e905'))
        process.send_signal(signal.SIGHUP)
        time.sleep(1)
        self.play(process, ("high", 1.5), (None, 3))
        self.assertEqual(self.row(process)["label"], "high")
        process.stdin.close()
        self.assertEqual(process.wait(60), 0)
        self.assertIn("keeping the old model: model/model.json: not valid JSON: byte", process.stderr.read().decode())

    def test_what_is_for_recordings_only_and_for_live_sound_only(self):
        refused = lambda *words, why: self.earshot("detect", "model", *words, status=2, stderr=why)
        refused("--device", "-", "a.wav", why="an INPUT cannot be combined with --device")
        refused("--device", "-", "--top", 3, why="--top cannot be combined with --device")
        refused("--device", "-", "--scores=s.tsv", why="--scores cannot be combined with --device")
        refused("--device", "-", "--format", "csv", why="live events are always jsonl")
        refused("a.wav", "--partial", why="--partial needs live sound")
        refused("a.wav", "--stats", "1s", why="--stats needs live sound")
        refused(why="no input (name recordings")
        refused("--device", "magic", why="magic")

    def test_nothing_found(self):
        self.earshot("detect", "model", "--device", f"lavfi:anullsrc=r={RATE}:d=1", "--exit-status", status=4)

    def test_a_stream_is_resampled_to_the_rate_of_the_model(self):
        rows = self.earshot("detect", "model", "--device", "lavfi:sine=500:d=2:r=44100,volume=4").rows()
        self.assertEqual([(row["onset"], row["label"]) for row in rows], [(0, "low")])
