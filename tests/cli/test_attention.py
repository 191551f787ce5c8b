"""The network `attention` against PyTorch's own layers, by way of weights.npz."""
import json

import numpy
import torch

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

        self.earshot("detect", "-q", "model", "sound.wav", "--scores", "scores.tsv", "-o", "events.jsonl")
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
