"""The recipe `events`, whole: overlapping labels in, events of a new recording out, two at once and to a tenth of a second."""
import json

import numpy

from support.datasets import load
from support.sandbox import Sandbox, write_wav

RATE = 16000
FRAMES = ["--recipe", "events", "--sample-rate", RATE, "--high", 7800]
FAST = ["--mask", 0.1, "--equalise", 0, "--channels", "8,16", "--units", 32, "--dilations", "1,2", "--folds", 2, "--threads", 1]


def evening(seed, length=40):
    """Quiet noise in which a hum (300 Hz) and a whistle (3 kHz) sound, each by itself and often both. Its events."""
    random = numpy.random.default_rng(seed)
    sound = random.normal(size=length * RATE) * 0.003
    events = []
    for label, hz in (("hum", 300), ("whistle", 3000)):
        at = random.uniform(1, 3)
        while at < length - 5:
            seconds = random.uniform(1, 3)
            first, count = int(at * RATE), int(seconds * RATE)
            sound[first : first + count] += 0.05 * numpy.sin(2 * numpy.pi * hz * numpy.arange(count) / RATE)
            events.append((at, at + seconds, label))
            at += seconds + random.uniform(2, 4)
    return sound, sorted(events)


def track(events):
    return "".join(f"{onset:.6f}\t{offset:.6f}\t{label}\n" for onset, offset, label in events)


class EventsTest(Sandbox):
    def setUp(self):
        super().setUp()
        for seed in range(4):
            sound, events = evening(seed)
            write_wav(self.dir / f"evenings/{seed}.wav", sound, RATE)
            (self.dir / f"evenings/{seed}.txt").write_text(track(events))

    def model(self):
        self.earshot("datagen", *FRAMES, "evenings", "frames", "-q")
        self.earshot("train", "frames", "-o", "model", "-q", *FAST, "--epochs", 60)
        return json.loads((self.dir / "model/model.json").read_text())

    def test_sounds_at_once_are_found_whole(self):
        model = self.model()
        self.assertEqual((model["recipe"], model["target"], model["labels"]), ("events", "events", ["background", "hum", "whistle"]))
        self.assertEqual(set(model["events"]), {"hum", "whistle"})
        sound, truth = evening(100)
        write_wav(self.dir / "new.wav", sound, RATE)
        heard = self.earshot("detect", "model", "new.wav", "-q").rows()
        self.assertEqual(len(heard), len(truth), heard)
        for onset, offset, label in truth:
            same = [event for event in heard if event["label"] == label and abs(event["onset"] - onset) < 0.15]
            self.assertEqual(len(same), 1, (onset, label, heard))
            self.assertLess(abs(same[0]["offset"] - offset), 0.15)
        both = [(a, b) for a in truth for b in truth if a[2] < b[2] and min(a[1], b[1]) - max(a[0], b[0]) > 0.5]
        self.assertTrue(both, "no sounds at once, which proves nothing")
        self.live_sound_gives_the_same_events(heard)
        self.an_event_may_last_for_as_long_as_it_likes()
        self.scores_tile_the_recording()
        self.judged_by_evaluate()

    def live_sound_gives_the_same_events(self, heard):
        live = self.earshot("detect", "model", "--device", "-", "-q", stdin=(self.dir / "new.wav").read_bytes()).rows()
        times = [(event["onset"], event["offset"], event["label"], event["score"]) for event in live]
        self.assertEqual(sorted(times), sorted((event["onset"], event["offset"], event["label"], event["score"]) for event in heard))

    def an_event_may_last_for_as_long_as_it_likes(self):
        seconds = 600
        sound = 0.05 * numpy.sin(2 * numpy.pi * 300 * numpy.arange(seconds * RATE) / RATE)
        sound += numpy.random.default_rng(5).normal(size=sound.size) * 0.003
        write_wav(self.dir / "long.wav", sound, RATE)
        heard = [event for event in self.earshot("detect", "model", "long.wav", "-q").rows() if event["label"] == "hum"]
        self.assertEqual(len(heard), 1, heard)
        self.assertLess(heard[0]["onset"], 0.1)
        self.assertGreater(heard[0]["offset"], seconds - 0.1)

    def scores_tile_the_recording(self):
        self.earshot("detect", "model", "new.wav", "-q", "--scores=scores.tsv")
        rows = [line.split("\t") for line in (self.dir / "scores.tsv").read_text().splitlines()]
        self.assertEqual(rows[0], ["onset", "offset", "background", "hum", "whistle"])
        times = numpy.array([[float(value) for value in row[:2]] for row in rows[1:]])
        numpy.testing.assert_allclose(times[1:, 0], times[:-1, 1], atol=2e-3)
        self.assertAlmostEqual(times[-1, 1], 40, places=2)
        self.assertTrue(numpy.all(numpy.abs(numpy.diff(times[1:-1, 0]) - 0.04) < 2e-3))

    def judged_by_evaluate(self):
        (self.dir / "new.txt").write_text(track(evening(100)[1]))
        report = json.loads(self.earshot("evaluate", "model", "new.wav", "--json").text())
        self.assertGreater(report["events"]["event"]["macro"]["f1"], 0.9)

    def test_what_nobody_labelled_is_not_silence(self):
        """Weak labels, and times rounded to whole seconds, are kept as what they are."""
        (self.dir / "weak.tsv").write_text("filename\tevent_labels\n0.wav\thum,whistle\n1.wav\t\n")
        self.earshot("datagen", *FRAMES, "evenings/0.wav", "evenings/1.wav", "weak", "--labels", "weak.tsv", "-q")
        both, none = load(self.dir / "weak/0.npz"), load(self.dir / "weak/1.npz")
        self.assertEqual((both["weak"].tolist(), both["labelled"].tolist()), ([0, 1, 1], []))
        self.assertNotIn("weak", none)
        self.assertEqual(none["labelled"].tolist(), [[0, 40]])
        self.assertEqual({str(none["labels"][c]) for c in none["classes"]}, {"background"})
        write_wav(self.dir / "rounded/a/audio.wav", evening(0)[0], RATE)
        (self.dir / "rounded/a/labels.json").write_text('{"00:00": "background", "00:03": "hum", "00:07": "background"}')
        self.earshot("datagen", *FRAMES, "rounded", "seconds", "-q")
        self.assertEqual(json.loads(load(self.dir / "seconds/a.npz")["source"].item())["resolution_s"], 1)
        # Enough to learn from, together with labels that say when.
        self.earshot("datagen", *FRAMES, "evenings/2.wav", "evenings/3.wav", "strong", "-q")
        self.earshot("train", "strong", "weak", "-o", "model", "-q", *FAST, "--epochs", 1)

    def test_recordings_that_a_list_of_events_leaves_out_have_none(self):
        (self.dir / "strong.tsv").write_text("filename\tonset\toffset\tevent_label\n0.wav\t1\t2\thum\n")
        said = self.earshot("datagen", *FRAMES, "evenings/0.wav", "evenings/1.wav", "frames", "--labels", "strong.tsv",
                            stderr=None).err
        self.assertIn("strong.tsv: 1 of 2 recordings are not in it: taken as without events", said)
        self.assertEqual(load(self.dir / "frames/1.npz")["events"][:, 2].tolist(), [0])

    def test_rules_are_chosen_for_what_was_asked_for(self):
        self.earshot("datagen", *FRAMES, "evenings", "frames", "-q")
        train = ["train", "frames", "--force", "-o", "model", "-q", *FAST, "--epochs", 20]
        self.earshot(*train, "--objective", "psds")
        self.assertEqual(set(self.read_model()["events"]), {"hum", "whistle"})
        self.earshot(*train, "--objective", "false-alarms", "--false-alarms-per-week", 84)
        metrics = self.read_model()["metrics"]
        self.assertEqual((metrics["wanted_false_alarms_per_hour"], metrics["not_reached_by"]), (0.5, []))
        # Half a one an hour is none in these minutes, which are what it was chosen on, if by other networks.
        report = json.loads(self.earshot("evaluate", "model", "evenings", "--json").text())
        self.assertEqual(report["events"]["false_alarms_per_hour"], 0)
        self.earshot(*train, "--precision", 0.8)  # of steps
        self.assertEqual(self.read_model()["metrics"]["wanted_precision"], 0.8)

    def read_model(self):
        return json.loads((self.dir / "model/model.json").read_text())

    def test_options_that_do_not_go_together(self):
        self.earshot("datagen", *FRAMES, "evenings", "frames", "-q")
        for words, said in (
            (["--arch", "cnn"], "--target events goes with --arch tcn"),
            (["--target", "frame"], "--target events goes with --arch tcn"),
            (["--padding", "mean"], "--target events and --padding edge go together"),
            (["--mixup", "0.3"], "--mixup 0"),
            (["--objective", "false-alarms"], "--objective false-alarms needs a limit (--false-alarms-per-week N)"),
            (["--precision", "0.9", "--false-alarms-per-week", "1"], "--false-alarms-per-week cannot be combined"),
            (["--false-alarms-per-hour", "1", "--false-alarms-per-week", "1"], "cannot be combined"),
            (["--target", "recording", "--objective", "false-alarms", "--false-alarms-per-week", "1"], "is for events"),
            (["--pool", "5"], "--pool cannot be combined with --arch tcn"),
        ):
            self.earshot("train", "frames", "-o", "model", *words, status=2, stderr=said)
