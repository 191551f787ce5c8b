"""earshot detect --confirm, --suppress and --rejected: events that need others, or must have none near."""
import json

import numpy

from support.models import write_model
from support.sandbox import Sandbox, sine, write_wav

RATE = 8000
WINDOW = 0.5  # seconds, as far apart as they are long
HZ = {"low": 500, "high": 2500, None: 0}


def tones(*pattern):
    """One after the other: "low", "high" or None for silence, and for how many seconds."""
    return numpy.concatenate([sine(HZ[label], seconds, RATE, 0.5 if label else 0) for label, seconds in pattern])


def windows(pattern, label="low"):
    """A window of the label for each `#`, of silence for others."""
    return tones(*[(label if letter == "#" else None, WINDOW) for letter in pattern])


class RulesSandbox(Sandbox):
    def setUp(self):
        super().setUp()
        write_model(self.dir / "model")

    def detect(self, *words, **options):
        return self.earshot("detect", "model", *words, **options)

    def sound(self, samples, name="a.wav"):
        write_wav(self.dir / name, samples, RATE, "FLOAT")

    def spans(self, *words, label=None):
        return [(row["onset"], row["offset"]) for row in self.detect("a.wav", *words).rows()
                if label in (None, row["label"])]

    def rejected(self, *words, name="r.jsonl"):
        """The lines about a.wav, without their file."""
        self.detect("a.wav", "--rejected", name, *words)
        return self.lines(name)

    def lines(self, name):
        rows = [json.loads(line) for line in (self.dir / name).read_text().splitlines()]
        return [{key: value for key, value in row.items() if key != "file"} for row in rows]

    def random_scores(self, seed=5, count=300):
        """Sound of random loudness, window by window. @return the scores of `low`"""
        loudness = numpy.repeat(numpy.random.default_rng(seed).uniform(0.1, 0.4, count), round(RATE * WINDOW))
        self.sound(loudness * sine(HZ["low"], count * WINDOW, RATE, 1))
        table = self.detect("a.wav", "--scores=-").text().splitlines()[1:]
        return numpy.array([float(line.split("\t")[2]) for line in table])


class Confirm(RulesSandbox):
    def test_some_of_the_last_windows_must_reach_the_threshold(self):
        self.sound(windows(".#.#.#...#..#.#..."))
        self.assertEqual(self.spans("--confirm", "3/5"), [(0.5, 3.0)])
        self.assertEqual(self.spans("--confirm", "low=3/5"), [(0.5, 3.0)])
        self.assertEqual(self.spans("--confirm", "high=3/5", "--confirm", "1/1"),
                         [(first * WINDOW, (first + 1) * WINDOW) for first in (1, 3, 5, 9, 12, 14)])
        self.assertEqual(self.spans("--confirm", "3/6"), [(0.5, 3.0), (4.5, 7.5)])

    def test_events_are_what_numpy_makes_of_the_scores(self):
        scores = self.random_scores()
        for hits, of in ((2, 2), (2, 4), (3, 5), (5, 9)):
            reached = scores >= 0.6
            want, free, window = [], 0, 0
            while window < len(scores):
                recent = numpy.flatnonzero(reached[max(free, window - of + 1):window + 1])
                if reached[window] and len(recent) >= hits:
                    below = numpy.flatnonzero(~reached[window:])
                    free = window + below[0] if len(below) else len(scores)
                    first = max(want[-1][2] if want else 0, window - of + 1) + recent[0]
                    want.append((first * WINDOW, free * WINDOW, free))
                    window = free
                window += 1
            self.assertGreater(len(want), 3)
            self.assertEqual(self.spans("--label", "low", "--threshold", 0.6, "--confirm", f"{hits}/{of}"),
                             [span[:2] for span in want])

    def test_live_and_files_agree(self):
        self.random_scores()
        words = ["--label", "low", "--threshold", 0.6, "--confirm", "3/5", "--overlap", 0.5]
        spans = self.spans(*words)
        self.assertGreater(len(spans), 3)
        for source in (["--device", "-"], ["-"]):
            run = self.detect(*source, *words, stdin=(self.dir / "a.wav").read_bytes())
            self.assertEqual([(row["onset"], row["offset"]) for row in run.rows()], spans)

    def test_what_cannot_be_meant(self):
        self.sound(windows("#"))
        for bad in ("3", "3/", "/5", "5/3", "0/3", "-1/3", "3/5x", "3/99999", "low=", "1.5/3", "", "3/ 5"):
            run = self.detect("a.wav", f"--confirm={bad}", status=2, stderr="--confirm" if bad else None)
            self.assertEqual(len(run.err.splitlines()), 1, run.err)
        self.detect("a.wav", "--confirm", "dog=3/5", status=2, stderr="the model has no label 'dog'")


class Suppress(RulesSandbox):
    def test_events_near_others_are_dropped(self):
        self.sound(tones(("low", 1), (None, 2), ("high", 1), (None, 3), ("low", 1), (None, 1)))  # low, high 3-4, low 7-8
        both = [(0, 1, "low"), (3, 4, "high"), (7, 8, "low")]
        found = lambda *words: [(row["onset"], row["offset"], row["label"]) for row in self.detect("a.wav", *words).rows()]
        self.assertEqual(found(), both)
        self.assertEqual(found("--suppress", "low near high:1.9s"), both)
        self.assertEqual(found("--suppress", "low near high:2s"), both[1:])
        self.assertEqual(found("--suppress", "low near high:3s"), [both[1]])
        self.assertEqual(found("--suppress", "high near low:2s"), [both[0], both[2]])
        self.assertEqual(found("--suppress", "high near low:2s", "--suppress", "low near high:2s"), [both[2]])

    def test_what_mutes_need_not_be_looked_for(self):
        self.sound(tones(("low", 1), (None, 1), ("high", 1), (None, 3), ("low", 1)))
        words = ["--label", "low", "--suppress", "low near high:1s"]
        self.assertEqual(self.spans(*words), [(6, 7)])
        self.assertEqual([row["label"] for row in self.rejected(*words)], ["low"])
        self.assertEqual(self.spans("--label", "high", "--suppress", "low near high:1s"), [(2, 3)])
        self.assertEqual(self.spans("--suppress", "low near silence:1s", label="low"), [])
        self.detect("a.wav", "--label", "low", "--suppress", "low near high:9s", "--exit-status", status=4)

    def test_live_and_files_agree(self):
        random = numpy.random.default_rng(3)
        self.sound(tones(*[(random.choice(["low", "high", None]), random.integers(1, 5) * WINDOW) for _ in range(60)]))
        words = ["--suppress", "low near high:1s", "--min-duration", "1s", "--merge-gap", "0.5s", "--overlap", 0.5]
        rows = self.detect("a.wav", *words, "--rejected", "r.jsonl").rows()
        whys = self.lines("r.jsonl")
        self.assertGreater(len(rows), 5)
        self.assertGreater(sum(why["reason"] == "suppressed" for why in whys), 3)
        key = lambda row: [row[name] for name in ("onset", "offset", "label", "score")]
        reason = lambda row: [*key(row), row["reason"], row.get("near_onset")]
        for source in (["--device", "-"], ["-"]):
            (self.dir / "live.jsonl").unlink(missing_ok=True)
            run = self.detect(*source, *words, "--rejected", "live.jsonl", stdin=(self.dir / "a.wav").read_bytes())
            self.assertEqual(sorted(map(key, run.rows())), sorted(map(key, rows)))
            self.assertEqual(sorted(map(reason, self.lines("live.jsonl"))), sorted(map(reason, whys)))

    def test_starts_of_what_may_be_muted_come_with_their_ends(self):
        self.sound(tones(("low", 1), (None, 1), ("high", 1), (None, 3), ("low", 1), (None, 3)))
        run = self.detect("--device", "lavfi:amovie=a.wav", "--partial", "--suppress", "low near high:1s")
        self.assertEqual([(row["label"], row["state"], row["onset"]) for row in run.rows()],
                         [("high", "start", 2), ("high", "end", 2), ("low", "start", 6), ("low", "end", 6)])

    def test_clips_are_saved_of_what_is_not_muted(self):
        self.sound(tones(("low", 1), (None, 1), ("high", 1), (None, 3), ("low", 1), (None, 3)))
        self.detect("--device", "-", "--save-clips", "clips", "--pre", "0s", "--post", "0s",
                    "--suppress", "low near high:1s", stdin=(self.dir / "a.wav").read_bytes())
        clips = sorted(path.name.split("-")[1] for path in (self.dir / "clips").iterdir())
        self.assertEqual(clips, ["high.json", "high.wav", "low.json", "low.wav"])
        onset = [json.loads(path.read_text())["onset"] for path in (self.dir / "clips").glob("*-low.json")]
        self.assertEqual(onset, [6])

    def test_labels_with_spaces_and_near_in_them(self):
        write_model(self.dir / "model", labels=["dog near house", "a near b", "silence"])
        self.sound(tones(("low", 1), (None, 1), ("high", 1), (None, 1)))
        self.assertEqual(self.spans("--suppress", "dog near house near a near b:1s"), [(2, 3)])
        write_model(self.dir / "model", labels=["a near b", "c", "a"], background="")
        self.detect("a.wav", "--suppress", "a near b near c:1s")
        write_model(self.dir / "model", labels=["a", "b near a", "a near b"], background="")
        run = self.detect("a.wav", "--suppress", "a near b near a:1s", status=2, stderr="either 'a' near 'b near a', or ")
        self.assertEqual(len(run.err.splitlines()), 1)

    def test_what_cannot_be_meant(self):
        self.sound(windows("#"))
        for bad, said in (("low near high", "write LABEL near OTHER:5s"), ("low:5s", "write LABEL near OTHER:5s"),
                          ("low near high:soon", "write LABEL near OTHER:5s"), ("low near high:-5s", "write LABEL"),
                          ("low near dog:5s", "no label 'dog' (labels: low, high, silence)"),
                          ("low near low:5s", "cannot mute itself (see --cool-down)")):
            run = self.detect("a.wav", "--suppress", bad, status=2, stderr=said)
            self.assertEqual(len(run.err.splitlines()), 1)


class Rejected(RulesSandbox):
    def test_each_reason(self):
        self.sound(windows(".#.##..#"))
        low = lambda onset, offset, **why: {"onset": onset, "offset": offset, "label": "low", "score": 1.0, **why}
        self.assertEqual(self.rejected("--min-duration", "1s"),
                         [low(0.5, 1, reason="short", min_duration=1.0), low(3.5, 4, reason="short", min_duration=1.0)])
        self.assertEqual(self.rejected("--confirm", "2/2"),
                         [low(0.5, 1, reason="confirm", windows=1, confirm="2/2"),
                          low(3.5, 4, reason="confirm", windows=1, confirm="2/2")])
        self.assertEqual(self.rejected("--cool-down", "2s"), [low(1.5, 2.5, reason="cool-down", until=3.0)])
        self.assertEqual(self.rejected("--min-level", -3),
                         [low(onset, offset, reason="level", level=-9.0, min_level=-3.0)
                          for onset, offset in ((0.5, 1), (1.5, 2.5), (3.5, 4))])
        self.sound(tones(("low", 1), (None, 0.5), ("high", 1)))
        self.assertEqual(self.rejected("--suppress", "low near high:2s"),
                         [low(0, 1, reason="suppressed", near="high", near_onset=1.5, within=2.0)])
        self.assertEqual(self.rejected(), [])

    def test_near_the_threshold_is_what_numpy_finds(self):
        scores = self.random_scores()
        near, reached = scores >= 0.4, scores >= 0.8
        edges = numpy.flatnonzero(numpy.diff(numpy.pad(near, 1).astype(int)))
        want = []
        for first, end in edges.reshape(-1, 2):
            if not reached[first:end].any():
                want.append((first * WINDOW, end * WINDOW, scores[first:end].max()))
        self.assertGreater(len(want), 5)
        rows = self.rejected("--label", "low", "--threshold", 0.8)
        self.assertEqual([(row["onset"], row["offset"]) for row in rows], [w[:2] for w in want])
        numpy.testing.assert_allclose([row["score"] for row in rows], [w[2] for w in want], atol=5.1e-5)
        self.assertTrue(all((row["reason"], row["threshold"]) == ("threshold", 0.8) for row in rows))

    def test_events_are_those_of_a_run_without_it(self):
        self.random_scores()
        words = ["a.wav", "--threshold", 0.6, "--min-duration", "1s", "--cool-down", "1s"]
        self.assertEqual(self.detect(*words, "--rejected", "r.jsonl").out, self.detect(*words).out)

    def test_many_recordings_keep_their_order_whatever_the_jobs(self):
        for number in range(8):
            self.sound(windows(".#." * (number % 3)  + "##."), f"in/{number}.wav")
        words = ["in", "--min-duration", "1s", "--rejected"]
        self.detect(*words, "one.jsonl", "-j", 1)
        self.detect(*words, "four.jsonl", "-j", 4)
        text = (self.dir / "one.jsonl").read_bytes()
        self.assertEqual((self.dir / "four.jsonl").read_bytes(), text)
        files = [json.loads(line)["file"] for line in text.splitlines()]
        self.assertEqual(files, [f"in/{number}.wav" for number in range(8) for _ in range(number % 3)])
        parts = []
        for part in ("1/3", "2/3", "3/3"):
            self.detect(*words, "part.jsonl", "--shard", part)
            parts.append((self.dir / "part.jsonl").read_bytes())
        self.assertEqual(b"".join(parts), text)
        self.detect("in", "--min-duration", "1s", "-o", "events/", "--rejected", "why/", "-j", 2)
        self.assertEqual(sorted(path.name for path in (self.dir / "why").iterdir()),
                         [f"{number}.jsonl" for number in range(8)])
        self.assertEqual(b"".join((self.dir / f"why/{number}.jsonl").read_bytes() for number in range(8)), text)

    def test_to_standard_output(self):
        self.sound(windows("#.##"))
        run = self.detect("a.wav", "--min-duration", "1s", "--rejected", "-", "-o", "e.jsonl")
        self.assertEqual([row["reason"] for row in run.rows()], ["short"])
        self.assertEqual(list(run.rows()[0]), ["file", "onset", "offset", "label", "score", "reason", "min_duration"])
        live = self.detect("--device", "lavfi:amovie=a.wav", "--min-duration", "1s", "--rejected", "-", "-o", "l.jsonl")
        self.assertEqual(list(live.rows()[0]),
                         ["file", "onset", "offset", "label", "score", "reason", "min_duration", "time"])

    def test_label_reads_it(self):
        self.sound(windows("#.##"))
        self.rejected("--min-duration", "1s")
        self.assertEqual(self.earshot("label", "convert", "r.jsonl", "--to", "audacity").text(), "0\t0.5\tlow\n")

    def test_live_lines_are_added_to_a_file_at_once(self):
        self.sound(windows("#.##." * 4))
        for count in (4, 8):
            self.detect("--device", "lavfi:amovie=a.wav", "--min-duration", "1s", "--rejected", "r.jsonl")
            self.assertEqual(len(self.lines("r.jsonl")), count)

    def test_what_cannot_be_combined(self):
        self.sound(windows("#.##"))
        refused = lambda said, *words: self.assertEqual(
            len(self.detect(*words, status=2, stderr=said).err.splitlines()), 1)
        refused("--rejected - would mix with other output in - (name another place)", "a.wav", "--rejected", "-")
        refused("would mix with other output", "a.wav", "--rejected", "./e.jsonl", "-o", "e.jsonl")
        refused("would mix with other output", "a.wav", "--rejected", "out", "-o", "out/")
        refused("would mix with other output", "a.wav", "--rejected", "-", "-o", "e.jsonl", "--scores=-")
        refused("cannot be combined with --top", "a.wav", "--rejected", "r.jsonl", "--top", 1)
        for words in (["--rejected", "r.jsonl"], ["--confirm", "1/2"], ["--suppress", "low near high:1s"]):
            refused(f"--per-recording cannot be combined with {words[0]}", "a.wav", "--per-recording", *words)
        device = ["--device", "lavfi:amovie=a.wav"]
        refused("--rejected - would mix with events in -", *device, "--rejected", "-")
        refused("a directory for --rejected cannot be combined with --device", *device, "--rejected", "why/")
        run = self.detect("a.wav", "--rejected", "no/such/r.jsonl", status=1, stderr="no/such/r.jsonl")
        self.assertEqual(len(run.err.splitlines()), 1)

    def test_a_full_disk_is_an_error(self):
        self.sound(windows("#.##" * 100))
        self.shell("earshot detect model a.wav --min-duration 1s -o e.jsonl --rejected - > /dev/full", status=1)
