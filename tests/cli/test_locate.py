"""earshot locate: real runs on sounds in simulated rooms, whose places are known."""
import json
import math
import os
import pty
import subprocess

import numpy
import soundfile

from support import rooms
from support.sandbox import EARSHOT, Sandbox

RATE = 16000


def syllables(seconds, rng):
    """Bursts of harmonics and of noise, with short silence between them, as in speech."""
    sound = numpy.zeros(round(seconds * RATE))
    at = 0.0
    while at < seconds - 0.31:
        length = rng.uniform(0.12, 0.3)
        t = numpy.arange(round(length * RATE)) / RATE
        f0 = rng.uniform(110, 350)
        tones = sum(numpy.sin(2 * numpy.pi * k * f0 * t + rng.uniform(0, 6)) / k for k in range(1, int(6000 / f0)))
        body = tones if rng.random() < 0.6 else rng.standard_normal(t.size)
        body = body * numpy.minimum(1, t / 0.01) * numpy.exp(-6 * t / length * rng.uniform(0.3, 1))
        begin = round(at * RATE)
        sound[begin : begin + t.size] += body / numpy.sqrt((body**2).mean()) * 0.05
        at += length + rng.uniform(0.02, 0.12)
    return sound


def place(azimuth, distance):
    return numpy.array([distance * math.sin(math.radians(azimuth)), distance * math.cos(math.radians(azimuth)), 0])


def apart(a, b):
    return abs((a - b + 180) % 360 - 180)


HEAD = {"arrays": [{"name": name, "center": [x, 0, 0], "channels": list(range(first, first + 4)),
                    "mics": rooms.square([x, 0, 0], 0.045).tolist()}
                   for name, x, first in [("left", -0.0875, 0), ("right", 0.0875, 4)]]}
EVENTS = [(0.8, 33, 1.2), (2.8, 200, 1.6), (4.8, 310, 2.0)]  # onset s, azimuth degrees, distance m; 1.5 s each


class Locate(Sandbox):
    def make_room(self, rt60_s=0.3, snr_db=20, name="room.wav"):
        rng = numpy.random.default_rng(4)
        events = [(onset, syllables(1.5, rng), place(azimuth, distance)) for onset, azimuth, distance in EVENTS]
        sound = rooms.scene(HEAD, [5.2, 4.6, 2.7], numpy.array([2.5, 2.2, 1.2]), rt60_s, snr_db, events, 7, RATE, rng)
        soundfile.write(self.dir / name, sound.T, RATE)
        (self.dir / "array.json").write_text(json.dumps(HEAD))

    def event_lines(self):
        return "".join(json.dumps({"file": "room.wav", "onset": onset, "offset": onset + 1.5, "label": f"e{azimuth}",
                                   "score": 0.9}) + "\n" for onset, azimuth, _ in EVENTS)

    def test_events_in_rooms(self):
        for rt60_s in [0.2, 0.35, 0.5]:
            self.make_room(rt60_s)
            rows = self.earshot("locate", "--array", "array.json", "room.wav", "--events", "-",
                                stdin=self.event_lines().encode()).rows()
            self.assertEqual([row["label"] for row in rows], ["e33", "e200", "e310"])
            for row, (onset, azimuth, distance) in zip(rows, EVENTS):
                with self.subTest(rt60_s=rt60_s, azimuth=azimuth):
                    self.assertEqual((row["onset"], row["offset"], row["score"]), (onset, onset + 1.5, 0.9))
                    self.assertLess(apart(row["azimuth"], azimuth), 5)
                    self.assertEqual(row["side"], "right" if azimuth < 180 else "left")
                    self.assertFalse(row["ambiguous"])
                    low, high = row["distance_90_mm"]
                    self.assertTrue(low <= 1000 * distance and (high is None or 1000 * distance <= high), row)

    def test_events_of_live_sound_come_with_other_lines(self):
        self.make_room()
        event = json.loads(self.event_lines().splitlines()[0])
        begun = {key: value for key, value in event.items() if key != "offset"} | {"state": "start"}
        live = [begun, event | {"state": "end"}, {"file": "default", "onset": 4, "offset": 4.5, "gap": "overrun"},
                {"file": "default", "time": "2024-02-29T23:59:58.123Z", "stats": {"heard": 5.0}}]
        row, = self.earshot("locate", "--array", "array.json", "room.wav", "--events", "-",
                            stdin="".join(json.dumps(line) + "\n" for line in live).encode()).rows()
        self.assertEqual((row["label"], row["state"]), ("e33", "end"))
        self.assertLess(apart(row["azimuth"], 33), 5)

    def test_updates_follow_the_sounds(self):
        self.make_room()
        rows = self.earshot("locate", "--array", "array.json", "room.wav").rows()
        self.assertEqual([row["onset"] for row in rows], [round(i / 10, 3) for i in range(70)])
        self.assertEqual(list(rows[0]), ["onset", "offset", "vad", "azimuth", "azimuth_90", "elevation", "x_mm", "y_mm",
                                         "distance_mm", "distance_90_mm", "proximity", "side", "confidence",
                                         "ambiguous", "track"])
        self.assertFalse(any(row["vad"] for row in rows[:7]), "before the first sound")
        for onset, azimuth, _ in EVENTS:
            heard = [row for row in rows if onset + 0.1 <= row["onset"] < onset + 1.4 and row["azimuth"] is not None]
            self.assertGreater(len(heard), 4)
            near = [apart(row["azimuth"], azimuth) < 10 for row in heard]
            self.assertGreater(sum(near), 0.8 * len(near))
            numbers = [row["track"] for row in heard]
            self.assertGreaterEqual(numbers.count(max(set(numbers), key=numbers.count)), 0.8 * len(numbers))

    def test_file_pipe_and_parts_agree(self):
        self.make_room()
        whole = self.earshot("locate", "--array", "array.json", "room.wav").rows()
        piped = self.shell("cat room.wav | earshot locate --array array.json - | cat").rows()
        self.assertEqual(whole, piped)
        part = self.earshot("locate", "--array", "array.json", "room.wav", "--start", "2s", "--duration", "2.5s").rows()
        self.assertEqual((part[0]["onset"], part[-1]["offset"]), (2, 4.5))
        self.earshot("locate", "--array", "array.json", "room.wav", "-o", "out.jsonl")
        self.assertEqual([json.loads(line) for line in (self.dir / "out.jsonl").read_text().splitlines()], whole)
        several = self.earshot("locate", "--array", "array.json", "room.wav", "room.wav").rows()
        self.assertEqual([row.pop("file") for row in several], ["room.wav"] * 140)
        self.assertEqual(several[:70], whole)

    def test_methods_agree(self):
        self.make_room(0.2, 25)
        for method in ["gcc", "srp", "music"]:
            rows = self.earshot("locate", "--array", "array.json", "room.wav", "--events", "-", "--method", method,
                                stdin=self.event_lines().encode()).rows()
            for row, (_, azimuth, _) in zip(rows, EVENTS):
                self.assertLess(apart(row["azimuth"], azimuth), 10, method)

    def test_named_arrays(self):
        soundfile.write(self.dir / "quiet.wav", numpy.zeros((RATE, 8)), RATE)
        names = ["square-32mm", "square-64mm", "circle-6+1", "linear-4", "stereo-150mm", "head-150mm", "head-175mm",
                 "head-200mm"]
        for name in names:
            rows = self.earshot("locate", "--array", name, "quiet.wav").rows()
            self.assertEqual([row["vad"] for row in rows], [False] * 10)
            self.assertEqual({row["azimuth"] for row in rows}, {None})
        said = self.earshot("locate", "--array", "sqare-64mm", "quiet.wav", status=2, stderr="no array").err
        for name in names:
            self.assertIn(name, said)

    def test_bad_input_is_named(self):
        self.make_room()
        soundfile.write(self.dir / "mono.wav", numpy.zeros(RATE), RATE)
        self.earshot("locate", "--array", "array.json", "mono.wav", status=1,
                     stderr="mono.wav: 1 channel, but the array array.json has 8 (check --array)")
        self.earshot("locate", "--array", "none.json", "mono.wav", status=1, stderr="none.json")
        (self.dir / "bad.json").write_text('{"arrays": [{"channels": [0], "mics": [[0, 0, 0]]}]}')
        self.earshot("locate", "--array", "bad.json", "room.wav", status=1, stderr="bad.json: array 1: an array needs at least two")
        self.earshot("locate", "room.wav", status=2, stderr="--array")
        self.earshot("locate", "--array", "array.json", "room.wav", "room.wav", "--events", "-", status=2, stderr="one input")
        self.earshot("locate", "--array", "array.json", "-", "--events", "-", status=2, stderr="only once")
        for line, complaint in [("nonsense", "line 1: not valid JSON"), ('{"offset": 3}', "no 'onset' in seconds"),
                                ('{"onset": 3, "offset": 2}', "the offset is before the onset"),
                                ('{"onset": -1, "offset": 2}', "no 'onset'"), ('{"onset": "1", "offset": 2}', "no 'onset'")]:
            said = self.earshot("locate", "--array", "array.json", "room.wav", "--events", "-", stdin=line.encode(), status=1,
                                stderr=complaint).err
            self.assertTrue(said.startswith("earshot locate: standard input: line 1: "), said)
        self.earshot("locate", "--array", "array.json", "room.wav", "--events", "none.jsonl", status=1,
                     stderr="earshot locate: cannot open none.jsonl: No such file")
        backwards = '{"onset": 5, "offset": 6}\n{"onset": 1, "offset": 2}\n'
        self.earshot("locate", "--array", "array.json", "room.wav", "--events", "-", stdin=backwards.encode(), status=1,
                     stderr="earshot locate: standard input: line 2: begins before the event of an earlier line (sort events by onset)")
        partial = self.earshot("locate", "--array", "array.json", "mono.wav", "room.wav", status=3, stderr="mono.wav: 1 channel")
        self.assertEqual(len(partial.rows()), 70)
        partial = self.earshot("locate", "--array", "array.json", "none.wav", "room.wav", status=3, stderr="none.wav: No such file")
        self.assertEqual(len(partial.rows()), 70)
        self.earshot("locate", "--array", "array.json", "none.wav", status=1, stderr="none.wav: No such file")

    def test_events_of_other_recordings_and_beyond_the_end(self):
        self.make_room()
        lines = [{"file": "elsewhere/room.wav", "onset": 0.8, "offset": 2.3, "label": "a"},
                 {"file": "other.wav", "onset": 0.8, "offset": 2.3, "label": "b"},
                 {"onset": 2.9, "offset": 2.9, "label": "no duration"},
                 {"onset": 6.5, "offset": 20, "label": "ends later"},
                 {"onset": 30, "offset": 31, "label": "begins later"}]
        rows = self.earshot("locate", "--array", "array.json", "room.wav", "--events", "-",
                            stdin="\n".join(map(json.dumps, lines)).encode()).rows()
        self.assertEqual([row["label"] for row in rows], ["a", "no duration", "ends later", "begins later"])
        self.assertLess(apart(rows[0]["azimuth"], 33), 5)
        self.assertEqual((rows[1]["azimuth"], rows[3]["azimuth"]), (None, None))

    def test_more_channels_than_needed_and_formats(self):
        self.make_room()
        sound, _ = soundfile.read(self.dir / "room.wav")
        wide = numpy.zeros((sound.shape[0], 16))
        wide[:, 8:] = sound
        moved = {"arrays": [{**array, "channels": [c + 8 for c in array["channels"]]} for array in HEAD["arrays"]]}
        (self.dir / "moved.json").write_text(json.dumps(moved))
        for name, subtype in [("wide.wav", "FLOAT"), ("wide24.wav", "PCM_24")]:
            soundfile.write(self.dir / name, wide, RATE, subtype=subtype)
            rows = self.earshot("locate", "--array", "moved.json", name, "--events", "-",
                                stdin=self.event_lines().replace("room.wav", name).encode()).rows()
            for row, (_, azimuth, _) in zip(rows, EVENTS):
                self.assertLess(apart(row["azimuth"], azimuth), 5)
        wide[1000:1100, 8] = numpy.nan
        soundfile.write(self.dir / "nan.wav", wide, RATE, subtype="FLOAT")
        damaged = self.earshot("locate", "--array", "moved.json", "nan.wav", status=3, stderr="nan.wav: damaged at")
        self.assertEqual(len(damaged.rows()), 70)

    def test_saved_audio_is_the_sound_from_there(self):
        rng = numpy.random.default_rng(5)
        wanted, other = syllables(1.5, rng), syllables(1.5, rng)
        far = [(0.5, wanted, place(60, 2)), (0.5, other, place(240, 2))]
        mix = rooms.scene(HEAD, [5.2, 4.6, 2.7], numpy.array([2.5, 2.2, 1.2]), 0, 30, far, 2.5, RATE, rng)
        soundfile.write(self.dir / "room.wav", mix.T, RATE)
        (self.dir / "array.json").write_text(json.dumps(HEAD))
        quality = {}
        for beam in ["das", "mvdr"]:
            event = json.dumps({"onset": 0.4, "offset": 2.2, "label": "a/b c"})
            row, = self.earshot("locate", "--array", "array.json", "room.wav", "--events", "-", "--save-audio", beam,
                                "--beam", beam, stdin=event.encode()).rows()
            self.assertEqual(row["audio"], f"{beam}/room-0001-a_b_c.wav")
            heard, rate = soundfile.read(self.dir / row["audio"])
            self.assertEqual((rate, heard.shape), (RATE, (round(1.8 * RATE),)))
            side = 60 if apart(row["azimuth"], 60) < 90 else 240
            source = [wanted, other][side == 240]
            lags = numpy.correlate(heard, source, "full")
            quality[beam] = numpy.abs(lags).max() / numpy.linalg.norm(heard) / numpy.linalg.norm(source)
        one = mix[0][round(0.4 * RATE) : round(2.2 * RATE)]
        before = numpy.abs(numpy.correlate(one, source, "full")).max() / numpy.linalg.norm(one) / numpy.linalg.norm(source)
        self.assertGreater(quality["das"], before + 0.05)
        self.assertGreater(quality["mvdr"], quality["das"])
        self.earshot("locate", "--array", "array.json", "-", "--save-audio", "x", status=2, stderr="a recording that is a file")

    def test_live(self):
        self.make_room()
        rows = self.earshot("locate", "--array", "array.json", "--device", "lavfi:amovie=room.wav").rows()
        self.assertIn(len(rows), range(69, 72))
        self.assertRegex(rows[0]["time"], r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d\d\dZ$")
        filed = self.earshot("locate", "--array", "array.json", "room.wav").rows()
        same = [live["azimuth"] == read["azimuth"] for live, read in zip(rows, filed)]
        self.assertGreater(sum(same), 0.9 * len(same))
        self.earshot("locate", "--array", "array.json", "--device", "lavfi:sine", status=1, stderr="1 channel, but the array")
        self.earshot("locate", "--array", "array.json", "--device", "default", "room.wav", status=2, stderr="cannot be combined with recordings")

    def test_a_terminal_shows_a_compass(self):
        self.make_room()
        ours, theirs = pty.openpty()
        run = subprocess.Popen([EARSHOT, "locate", "--array", "array.json", "--device", "lavfi:amovie=room.wav"],
                               cwd=self.dir, stdout=theirs, stderr=subprocess.PIPE, env={**os.environ, "TERM": "xterm"})
        os.close(theirs)
        shown = b""
        try:
            while piece := os.read(ours, 65536):
                shown += piece
        except OSError:
            pass  # Linux says so when the other end is closed
        os.close(ours)
        self.assertEqual((run.wait(), run.stderr.read()), (0, b""))
        pictures = shown.decode().split("\x1b[12A")
        self.assertGreater(len(pictures), 60)
        self.assertNotIn("●", pictures[3], "before the first sound")
        spot = next(picture for picture in pictures if "●" in picture).splitlines()
        row = next(i for i, line in enumerate(spot) if "●" in line)
        self.assertLess(row, 5, "the first sound is ahead")
        self.assertGreater(spot[row].index("●"), 12, "and to the right")
        self.assertRegex(spot[11], r"3\d° right")

    def test_outputs_that_fail(self):
        self.make_room()
        self.shell("earshot locate --array array.json room.wav > /dev/full", status=1)
        self.assertEqual(len(self.shell("earshot locate --array array.json room.wav | head -1").rows()), 1)
        empty = numpy.zeros((0, 8))
        soundfile.write(self.dir / "empty.wav", empty, RATE)
        self.assertEqual(self.earshot("locate", "--array", "array.json", "empty.wav").rows(), [])
