"""The network `attention` against PyTorch's own layers, by way of weights.npz."""
import json

import numpy
import torch

from sklearn import metrics

from support.sandbox import Sandbox, noise, write_wav


class Reference(torch.nn.Module):
    """Convolutions, attention and dense layers as PyTorch has them."""

    def __init__(self, classes=2, dropout=0.3):
        super().__init__()
        for i, (channels, wider, stride) in enumerate([(1, 64, 1), (64, 128, 2), (128, 256, 2)], 1):
            setattr(self, f"conv_{i}", torch.nn.Conv1d(channels, wider, 3, stride, 1))
            setattr(self, f"conv_{i}_norm", torch.nn.BatchNorm1d(wider))
        self.attention = torch.nn.MultiheadAttention(256, 8, batch_first=True)
        self.dense_1 = torch.nn.Linear(256, 512)
        self.dense_2 = torch.nn.Linear(512, 256)
        self.output = torch.nn.Linear(256, classes)
        self.dropout = torch.nn.Dropout(dropout)

    def forward(self, windows):
        steps = windows.unsqueeze(1)
        for i in (1, 2, 3):
            steps = getattr(self, f"conv_{i}_norm")(getattr(self, f"conv_{i}")(steps))
            steps = torch.nn.functional.max_pool1d(torch.relu(steps), 2)
        steps = steps.transpose(1, 2)
        values = self.attention(steps, steps, steps, need_weights=False)[0].mean(1)
        values = self.dropout(torch.relu(self.dense_1(values)))
        values = self.dropout(torch.relu(self.dense_2(values)))
        return self.output(values)


def model_json(rate, samples):
    return {"format_version": 1, "recipe": "",
            "frontend": {"kind": "waveform", "rate_hz": rate, "window_s": samples / rate, "hop_s": samples / rate,
                         "order": 0, "low_hz": 20.0, "high_hz": rate / 4, "level": "peak", "gain_db": 0.0},
            "architecture": {"kind": "attention", "inputs": samples,
                             "input": {"compress": "none", "standardise": "none"}, "channels": [64, 128, 256],
                             "strides": [1, 2, 2], "heads": 8, "hidden": [512, 256], "dropout": 0.3, "classes": 2,
                             "answer": "softmax"},
            "labels": ["NG", "OK"], "thresholds": [0.5, 0.5], "background": "OK", "metrics": {}, "provenance": {}}


class AttentionTest(Sandbox):
    def network_for(self, frames):
        """A network with random weights, the last ones such that the frames get different scores."""
        torch.manual_seed(1)
        network = Reference().eval()
        for name, tensor in network.state_dict().items():
            if name.endswith("running_var"):
                tensor.uniform_(0.02, 0.1)
            elif "norm.weight" in name:
                tensor.normal_(1, 0.5)
            elif "in_proj" in name:
                tensor.mul_(3)
        with torch.no_grad():
            logits = network(frames)
            slope = 1 / logits.std(0)
            network.output.weight *= slope[:, None]
            network.output.bias.copy_((network.output.bias - logits.mean(0)) * slope)
        return network

    def compare(self, rate, samples, windows):
        sound = noise(windows * samples / rate, rate, 0.02)
        for i, window in enumerate(sound.reshape(windows, samples)):  # a tone each, that dies away ever faster
            time = numpy.arange(samples) / samples
            window += 0.3 * numpy.sin(500 * (i + 1) * time) * numpy.exp(-5 * i * time)
        write_wav(self.dir / "sound.wav", sound, rate, "FLOAT")
        frames = numpy.float32(sound).astype(float).reshape(windows, samples)
        frames -= frames.mean(axis=1, keepdims=True)
        frames = torch.tensor(frames / abs(frames).max(axis=1, keepdims=True), dtype=torch.float32)
        network = self.network_for(frames)
        path = self.dir / "model"
        path.mkdir()
        numpy.savez(path / "weights.npz", **{name: tensor.numpy() for name, tensor in network.state_dict().items()})
        (path / "model.json").write_text(json.dumps(model_json(rate, samples)))

        self.earshot("detect", "-q", "model", "sound.wav", "--scores=scores.tsv", "-o", "events.jsonl")
        rows = [line.split("\t") for line in (self.dir / "scores.tsv").read_text().splitlines()]
        self.assertEqual(rows[0][2:], ["NG", "OK"])
        with torch.no_grad():
            expected = torch.softmax(network(frames), 1).numpy()
        self.assertGreater(numpy.ptp(expected[:, 0]), 0.1, "scores that are all alike would show nothing")
        numpy.testing.assert_allclose(numpy.array([row[2:] for row in rows[1:]], float), expected, atol=1e-5)

    def test_a_second_at_44100_hz_scores_as_pytorch_says(self):
        network = Reference()
        self.assertEqual(sum(parameter.numel() for parameter in network.parameters()), 651010)
        self.compare(44100, 44100, 3)

    def test_lengths_that_no_stride_divides_score_as_pytorch_says(self):
        self.compare(8000, 3999, 5)


RATE = 8000
# The recipe on short windows of a low rate, for the sake of time.
SHORT = ["--sample-rate", RATE, "--sample-duration", "0.25s", "--hop", "0.25s", "--high", 3000]


def second(hit, seed, duration_s=0.25):
    """Or a quarter of one: noise of any colour and level, and in it a hit that rings, or none."""
    random = numpy.random.default_rng(seed)
    sound = numpy.convolve(noise(duration_s, RATE, 1, seed), random.normal(size=4), "same") * 10 ** random.uniform(-3, -1.5)
    if hit:
        time = numpy.arange(500) / RATE
        onset = random.integers(0, sound.size - 500)
        ring = numpy.sin(2 * numpy.pi * random.uniform(800, 2000) * time) * numpy.exp(-time * 80)
        sound[onset : onset + 500] += 8 * sound.std() * ring
    return sound


class ImpactTest(Sandbox):
    def write_folders(self, place, count, seed):
        for i in range(count):
            write_wav(self.dir / place / ("NG" if i % 3 == 0 else "OK") / f"{i}.wav", second(i % 3 == 0, seed + i), RATE,
                      "FLOAT")

    def train(self, data, *words, epochs=25):
        self.earshot("train", "--recipe", "impact-waveform", data, "-o", "model", "-q", "--epochs", epochs, "--threads", 1, *words)

    def test_learns_from_folders_and_tells_new_seconds_apart(self):
        self.write_folders("seconds", 90, 0)
        self.earshot("datagen", "--recipe", "impact-waveform", *SHORT, "seconds", "waves", "-q")
        self.train("waves", "--loaders", 2, "--batch", 8)
        model = json.loads((self.dir / "model/model.json").read_text())
        self.assertEqual((model["recipe"], model["architecture"]["kind"]), ("impact-waveform", "attention"))
        self.assertEqual((model["labels"], model["background"]), (["NG", "OK"], "OK"))
        new = [(i % 2, second(i % 2, 1000 + i)) for i in range(60)]
        write_wav(self.dir / "new.wav", numpy.concatenate([sound for _, sound in new]), RATE, "FLOAT")
        self.earshot("detect", "model", "new.wav", "-q", "--scores=scores.tsv", "-o", "events.jsonl")
        rows = [line.split("\t") for line in (self.dir / "scores.tsv").read_text().splitlines()[1:]]
        score = metrics.roc_auc_score([hit for hit, _ in new], [float(row[2]) for row in rows])
        self.assertGreater(score, 0.9)
        # Four windows where training had one.
        self.earshot("detect", "--recipe", "impact-waveform", "model", "new.wav", "-q", "--scores=often.tsv", "-o", "often.jsonl")
        often = (self.dir / "often.tsv").read_text().splitlines()[1:]
        self.assertEqual(len(often), 4 * len(rows) - 3)
        self.write_folders("others", 12, 5000)
        self.earshot("evaluate", "model", "others", stderr=None)

    def test_the_recipe_impact_learns_from_folders_and_from_json_and_listens_four_times_a_second(self):
        whole = lambda i: second(i % 3 == 0, i, 1)
        low = ["--sample-rate", RATE, "--high", 3800]
        for i in range(90):
            write_wav(self.dir / "seconds" / ("NG" if i % 3 == 0 else "OK") / f"{i}.wav", whole(i), RATE, "FLOAT")
        self.earshot("datagen", "--recipe", "impact", *low, "seconds", "frames", "-q")
        self.earshot("train", "--recipe", "impact", "frames", "-o", "model", "-q", "--epochs", 25, "--batch", 8,
                     "--threads", 1)
        model = json.loads((self.dir / "model/model.json").read_text())
        self.assertEqual((model["frontend"]["kind"], model["architecture"]["kind"]), ("logmel", "attention"))
        self.assertEqual(len(model["provenance"]["data"]), 90)
        self.assertEqual((model["labels"], model["background"]), (["NG", "OK"], "OK"))
        (self.dir / "new").mkdir()
        names = ["NG" if i % 3 == 0 else "OK" for i in range(100, 140)]
        waveforms = [[round(float(value), 7) for value in whole(i)] for i in range(100, 140)]
        (self.dir / "new/waves.json").write_text(json.dumps({"waveforms": waveforms, "labels": names, "fs": RATE}))
        self.earshot("datagen", "--recipe", "impact", *low, "new/waves.json", "-o", "judged", "-q")
        figures = json.loads(self.earshot("evaluate", "model", "judged", "--json", "--scores", "scores.tsv").text())
        self.assertEqual(figures["windows"], len(names))
        rows = [line.split("\t") for line in (self.dir / "scores.tsv").read_text().splitlines()[1:]]
        self.assertEqual([(float(row[1]), row[2]) for row in rows], list(enumerate(names)))  # each second by itself
        self.earshot("train", "--recipe", "impact", "judged", "-o", "other", "-q", "--epochs", 1, "--validation", 0)
        (whole_file,) = json.loads((self.dir / "other/model.json").read_text())["provenance"]["data"]
        self.assertEqual(whole_file["role"], "train")
        self.assertGreater(figures["labels"]["NG"]["roc_auc"], 0.9)
        write_wav(self.dir / "long.wav", numpy.concatenate([whole(i) for i in range(10)]), RATE, "FLOAT")
        self.earshot("detect", "--recipe", "impact", "model", "long.wav", "-q", "--scores=often.tsv", "-o", "often.jsonl")
        onsets = [float(line.split("\t")[0]) for line in (self.dir / "often.tsv").read_text().splitlines()[1:]]
        numpy.testing.assert_allclose(numpy.diff(onsets)[1:], 0.25, atol=0.002)  # the first one speaks for the beginning too

    def test_learns_the_same_from_waveforms_in_either_form_of_json(self):
        sounds = [second(i % 3 == 0, i) for i in range(12)]
        waveforms = [[round(float(value), 7) for value in sound] for sound in sounds]
        names = ["NG" if i % 3 == 0 else "OK" for i in range(12)]
        (self.dir / "new").mkdir()
        (self.dir / "old").mkdir()
        (self.dir / "new/waves.json").write_text(json.dumps({"waveforms": waveforms, "labels": names, "fs": 44100}))
        (self.dir / "old/waves.json").write_text(json.dumps(
            [{"Waveform": wave, "Labels": int(name == "NG")} for wave, name in zip(waveforms, names)]))
        weights = []
        for form in ["new", "old"]:
            self.earshot("datagen", "--recipe", "impact-waveform", "--sample-duration", "0.045s", "--hop", "0.045s",
                         f"{form}/waves.json", "-o", f"{form}-data", "-q")
            self.earshot("train", "--recipe", "impact-waveform", f"{form}-data", "-o", f"{form}-model", "-q", "--epochs", 1,
                         "--threads", 1, "--validation", 0)
            with numpy.load(self.dir / f"{form}-data/waves.npz") as data:
                classes = [str(data["labels"][c]) for c in data["classes"]]
            self.assertEqual(sorted(classes), sorted(names))
            weights.append((self.dir / f"{form}-model/weights.npz").read_bytes())
        self.assertEqual(*weights)

    def test_changes_that_frames_cannot_have_are_refused(self):
        self.write_folders("seconds", 6, 0)
        self.earshot("datagen", "seconds", "bands", "-q", "--sample-duration", "0.25s")
        self.earshot("train", "bands", "-o", "model", "--flip", status=2, stderr="--shift, --noise and --flip need")
        self.earshot("train", "bands", "-o", "model", "--compress", "sqrt", "--range", 25, status=2, stderr="--range needs logarithmic frames")
        self.earshot("datagen", "--recipe", "impact-waveform", *SHORT, "seconds", "waves", "-q")
        self.earshot("train", "waves", "-o", "model", "--warp", "0.1", status=2, stderr="--warp shifts bands")
        self.earshot("train", "waves", "-o", "model", "--pitches", 0.1, status=2, stderr="--paces and --pitches need frames of bands")
        self.earshot("train", "waves", "-o", "model", "--range", 25, status=2, stderr="--range needs logarithmic frames")
        self.earshot("train", "waves", "-o", "model", "--overlay", 1, "--background", "", "--epochs", 1, "-q", "--force",
                     stderr="--overlay: no background label")
        self.earshot("datagen", "seconds", "mfcc", "-q", "--front-end", "mfcc", "--sample-duration", "0.025s")
        self.earshot("train", "mfcc", "-o", "other", "--overlay", 1, status=2, stderr="--overlay cannot mix these frames")

    def test_learns_in_bfloat16_where_told_and_a_run_goes_on_as_it_began(self):
        self.write_folders("seconds", 24, 0)
        self.earshot("datagen", "--recipe", "impact-waveform", *SHORT, "seconds", "waves", "-q")
        weights = {}
        for how in ("none", "bfloat16"):
            self.train("waves", "--autocast", how, "--force", "--schedule", "constant", epochs=2)
            weights[how] = self.weights()
        for name, exact in weights["none"].items():
            difference = numpy.linalg.norm(weights["bfloat16"][name] - exact) / max(numpy.linalg.norm(exact), 1)
            self.assertLess(difference, 0.2, name)
        self.assertFalse(all(numpy.array_equal(weights["bfloat16"][name], exact) for name, exact in weights["none"].items()))
        self.earshot("train", "--recipe", "impact-waveform", "waves", "-o", "model", "-q", "--threads", 1, "--schedule", "constant",
                     "--resume", "--autocast", "none", status=1, stderr='"products" was "bfloat16" and is now "float32"')
        self.train("waves", "--schedule", "constant", "--resume", "--autocast", "bfloat16", epochs=4)
        resumed = self.weights()
        self.train("waves", "--schedule", "constant", "--force", "--autocast", "bfloat16", epochs=4)
        for name, whole in self.weights().items():
            numpy.testing.assert_array_equal(resumed[name], whole)

    def weights(self):
        with numpy.load(self.dir / "model/weights.npz") as data:
            return {name: data[name] for name in data.files}
