"""The recipes `sounds` and `ears`, whole: labelled recordings in, events of a new one out."""
import json

import numpy

from support.sandbox import Sandbox, write_wav

RATE = 16000


def evening(seed):
    """40 s of coloured noise, in which birds (rising tones) and knocks (clicks that ring) are heard. Its labels."""
    random = numpy.random.default_rng(seed)
    sound = numpy.convolve(random.normal(size=40 * RATE), random.normal(size=8), "same") * 0.003
    labels, events, second = {"00:00": "background"}, [], 3
    while second < 36:
        label = ["bird", "knock"][random.integers(2)]
        for onset in numpy.arange(second, second + 3, 0.3):
            time = numpy.arange(int(0.2 * RATE)) / RATE
            tone = 2000 + 1500 * time / 0.2 if label == "bird" else random.uniform(250, 350)
            fall = 1 if label == "bird" else numpy.exp(-time * 60)
            first = int(onset * RATE)
            sound[first : first + time.size] += (0.03 if label == "bird" else 0.1) * fall * numpy.sin(2 * numpy.pi * tone * time)
        labels |= {f"00:{second:02}": label, f"00:{second + 3:02}": "background"}
        events.append((second, second + 3, label))
        second += 3 + int(random.integers(3, 6))
    return sound, labels, events


class SoundsTest(Sandbox):
    def test_learns_from_evenings_and_hears_another(self):
        for seed in range(4):
            sound, labels, _ = evening(seed)
            write_wav(self.dir / f"evenings/{seed}/audio.wav", sound, RATE)
            (self.dir / f"evenings/{seed}/labels.json").write_text(json.dumps(labels))
        for recipe, kind, made, epochs in [("ears", "ears", (), 6), ("sounds", "cnn", ("--sample-rate", RATE, "--high", 7800), 20)]:
            with self.subTest(recipe=recipe):
                self.learns_from_evenings(recipe, kind, made, epochs)

    def learns_from_evenings(self, recipe, kind, made, epochs):
        self.earshot("datagen", "--recipe", recipe, *made, "evenings", f"{recipe}-frames", "-q")
        self.earshot("train", "--recipe", recipe, f"{recipe}-frames", "-o", "model", "-q", "--epochs", epochs, "--threads", 1, "--force")
        model = json.loads((self.dir / "model/model.json").read_text())
        self.assertEqual((model["recipe"], model["architecture"]["kind"]), (recipe, kind))
        self.assertEqual((model["labels"], model["background"]), (["background", "bird", "knock"], "background"))
        sound, _, truth = evening(100)
        write_wav(self.dir / "new.wav", sound, RATE)
        heard = self.earshot("detect", "model", "new.wav", "-q").rows()
        for onset, offset, label in truth:
            overlaps = [min(offset, event["offset"]) - max(onset, event["onset"]) for event in heard if event["label"] == label]
            self.assertGreaterEqual(max(overlaps, default=0), 1, (label, onset, heard))
        wrong = [event for event in heard if all(min(offset, event["offset"]) <= max(onset, event["onset"])
                                                 or label != event["label"] for onset, offset, label in truth)]
        self.assertLessEqual(len(wrong), 1, heard)
