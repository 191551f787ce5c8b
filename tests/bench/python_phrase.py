#!/usr/bin/python3
"""python_phrase.py RECORDINGS FRAMES: what the recipe phrase's original does, so that both can be timed in turn.

torchaudio decodes each *.opus of RECORDINGS, log-mel frames are kept as NPZ in FRAMES; windows of 2.5 s are scored one at
a time, and learnt from in batches of 128 recordings of 4 windows. Prints, as JSON, milliseconds a recording: of processor
time from sound to score, from frames to score, and of an epoch from frames; and of wall time of such an epoch.
"""
import json
import pathlib
import random
import sys
import time

import numpy
import torch
import torchaudio

RATE, MELS, STEPS, WINDOW, HOP = 16000, 48, 50, 250, 100  # frames of 10 ms
mel = torchaudio.transforms.MelSpectrogram(RATE, n_fft=512, win_length=400, hop_length=160, f_min=50.0, f_max=7800.0,
                                           n_mels=MELS, norm="slaney", mel_scale="slaney")


def frames_of(path):
    sound, rate = torchaudio.load(str(path))
    sound = sound.mean(dim=0)
    if rate != RATE:
        sound = torchaudio.functional.resample(sound, rate, RATE)
    return torch.log(mel(sound) + 1e-10).numpy()


def features(frames, first):
    window = frames[:, first:first + WINDOW]
    if window.shape[1] < WINDOW:
        window = numpy.pad(window, ((0, 0), (0, WINDOW - window.shape[1])), constant_values=frames.min())
    change = numpy.diff(window, axis=1, prepend=window[:, :1])
    planes = numpy.stack([window, change, numpy.diff(change, axis=1, prepend=change[:, :1])])
    edges = numpy.linspace(0, WINDOW, STEPS + 1).astype(int)
    pooled = numpy.stack([planes[:, :, a:b].mean(axis=2) for a, b in zip(edges, edges[1:])], axis=2)
    pooled = (pooled - pooled.mean(axis=2, keepdims=True)) / (pooled.std(axis=2, keepdims=True) + 1e-5)
    return torch.from_numpy(pooled.reshape(-1).astype(numpy.float32))


def network():
    inputs = 3 * MELS * STEPS
    return torch.nn.Sequential(torch.nn.LayerNorm(inputs), torch.nn.Linear(inputs, 512), torch.nn.ReLU(), torch.nn.Dropout(0.1),
                               torch.nn.Linear(512, 256), torch.nn.ReLU(), torch.nn.Dropout(0.1), torch.nn.Linear(256, 1))


def score(net, frames):
    with torch.no_grad():
        return max(torch.sigmoid(net(features(frames, first).unsqueeze(0))).item()
                   for first in range(0, max(1, frames.shape[1] - WINDOW // 2), HOP))


def milliseconds(paths, work):
    """For each, of processor time and of wall time."""
    began, wall = time.process_time(), time.perf_counter()
    for path in paths:
        work(path)
    return 1e3 * (time.process_time() - began) / len(paths), 1e3 * (time.perf_counter() - wall) / len(paths)


def epoch(net, optimizer, paths):
    random.shuffle(paths)
    for first in range(0, len(paths), 128):
        windows = []
        for path in paths[first:first + 128]:
            frames = numpy.load(path)["mel"]
            windows.append(torch.stack([features(frames, random.randrange(frames.shape[1] - WINDOW)) for _ in range(4)]))
        truth = torch.tensor([float(int(path.stem) % 2) for path in paths[first:first + 128]])
        batch = torch.stack(windows)
        best = net(batch.flatten(0, 1)).view(len(batch), 4).max(dim=1).values
        optimizer.zero_grad()
        torch.nn.functional.binary_cross_entropy_with_logits(best, truth).backward()
        optimizer.step()


def main():
    recordings, kept = sorted(pathlib.Path(sys.argv[1]).glob("*.opus")), pathlib.Path(sys.argv[2])
    kept.mkdir(exist_ok=True)
    net = network().eval()
    for path in recordings:
        numpy.savez(kept / f"{path.stem}.npz", mel=frames_of(path))
    cached = sorted(kept.glob("*.npz"))
    whole, _ = milliseconds(recordings, lambda path: score(net, frames_of(path)))
    from_frames, _ = milliseconds(cached, lambda path: score(net, numpy.load(path)["mel"]))
    net.train()
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3, weight_decay=1e-4)
    epoch(net, optimizer, cached)
    learning = milliseconds(5 * [cached], lambda paths: epoch(net, optimizer, list(paths)))
    print(json.dumps({"whole": whole, "from_frames": from_frames, "epoch": learning[0] / len(cached),
                      "epoch_wall": learning[1] / len(cached)}))


main()
