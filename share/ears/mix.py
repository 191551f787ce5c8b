"""Mixes clips of 4 s and asks the teachers about them: mix.py WORK YAMNET SPEECH SHARD CLIPS ->
    SHARD.energies [clips, 398, 64]   logarithms of energies in YAMNet's bands
    SHARD.vectors  [clips, 5, 1024]   YAMNet's, of patches every 48 frames from frame 53 on
    SHARD.logits   [clips, 5, 521]    the same
    SHARD.words    [clips, 18, 96]    of the speech embedding, every 16 frames from frame 24 on
all float16. The teachers hear each clip at a usual level; the student will hear it at any."""

import os
import sys

import numpy as np
import torch
from scipy.signal import fftconvolve, lfilter

from sources import RATE_HZ, read_part
from teachers import PATCH, YAMNET_FLOOR, Speech, Yamnet, energies, magnitudes, speech_frames

CLIP = 4 * RATE_HZ
PARTS = ("decoded", "synthesised")
FIRST_PATCH, PATCH_HOP, PATCHES, FIRST_WORD, WORD_HOP, WORD_STEPS = 53, 48, 5, 24, 16, 18
BATCH = 16
UNKNOWN = 521  # the class of what YAMNet has no name for
VOICES = ("espeak-ng", "flite", "festvox-", "klettres-data", "ktuberling-data", "asterisk-prompt-")
MORE_VOICES = 4  # speech is one class among many, and words need many voices


class Sources:
    """Draws a class by a low power of how many recordings it has, and a recording of it by one of its length."""

    def __init__(self, work, rng):
        self.rng, self.sounds, classes, voices = rng, [], [], []
        for part in PARTS:
            for package, _, samples in read_part(work, part):
                self.sounds.append(samples)
                voices.append(package.startswith(VOICES))
            logits = np.load(os.path.join(work, part + ".npy")).astype(np.float32)
            classes.append(np.where(logits.max(1) > np.log(0.1 / 0.9), logits.argmax(1), UNKNOWN))
        classes = np.concatenate(classes)
        seconds = np.array([len(samples) for samples in self.sounds]) / RATE_HZ
        weights = np.bincount(classes, minlength=UNKNOWN + 1)[classes] ** -0.6 * np.minimum(seconds, 20) ** 0.3
        weights[voices] *= MORE_VOICES
        self.sums = np.cumsum(weights / weights.sum())

    def pick(self):
        return self.sounds[min(int(np.searchsorted(self.sums, self.rng.random())), len(self.sounds) - 1)]


def level(x):
    return np.sqrt(np.square(x).mean() + 1e-12)


def decibels(db):
    return 10 ** (db / 20)


def coloured_noise(rng, exponent):
    spectrum = np.fft.rfft(rng.standard_normal(CLIP))
    return np.fft.irfft(spectrum * np.maximum(np.arange(len(spectrum)), 1.0) ** exponent, CLIP)


class Mixer:
    def __init__(self, sources, rng):
        self.sources, self.rng = sources, rng

    def cut(self, most):
        """A stretch of one recording; its pace and pitch, colour and room changed."""
        rng, sound = self.rng, self.sources.pick()
        pace = np.exp(rng.normal(0, 0.09)) if rng.random() < 0.6 else 1.0
        wanted = int(most * pace)
        first = rng.integers(0, max(1, len(sound) - wanted)) if rng.random() < 0.8 else 0
        x = sound[first:first + wanted].astype(np.float32) / 32768
        if pace != 1:
            x = np.interp(np.arange(int(len(x) / pace)) * pace, np.arange(len(x)), x)
        if rng.random() < 0.35:
            x = lfilter([1, rng.uniform(-0.7, 0.7)], [1], x)
        if rng.random() < 0.15:
            x = self.equalised(x)
        if rng.random() < 0.3:
            x = self.in_a_room(x)
        return x[:most]

    def equalised(self, x):
        spectrum = np.fft.rfft(x)
        places = np.sort(self.rng.uniform(0, 1, 6))
        gains = np.interp(np.linspace(0, 1, len(spectrum)), places, self.rng.uniform(-15, 8, 6))
        return np.fft.irfft(spectrum * decibels(gains), len(x))

    def in_a_room(self, x):
        samples = int(self.rng.uniform(0.05, 0.7) * RATE_HZ)  # until the room is 60 dB quieter
        response = self.rng.standard_normal(samples) * np.exp(-6.9 * np.arange(samples) / samples)
        response *= self.rng.uniform(0.1, 1) / np.sqrt(np.square(response).sum())
        response[0] += 1
        return fftconvolve(x, response)[:len(x)]

    def one_sound(self):
        rng, x, y = self.rng, np.zeros(CLIP), self.cut(CLIP)
        gain = 1.0
        while True:
            at = rng.integers(0, CLIP - len(y) + 1)
            x[at:at + len(y)] += y * gain
            if len(y) > 0.4 * CLIP or rng.random() < 0.3:
                return x
            gain = decibels(rng.uniform(-12, 0))

    def several_sounds(self):
        rng, x = self.rng, np.zeros(CLIP)
        for _ in range(rng.integers(1, 5)):
            y = self.cut(int(rng.uniform(0.5, 4) * RATE_HZ))
            y = y / level(y) * decibels(rng.uniform(-20, 0))
            at = int(rng.integers(-len(y) // 3, CLIP - len(y) // 2))
            begin, end = max(0, at), min(CLIP, at + len(y))
            x[begin:end] += y[begin - at:end - at]
        return x

    def clip(self):
        rng = self.rng
        x = self.one_sound() if rng.random() < 0.25 else self.several_sounds()
        if rng.random() < 0.5:
            behind = np.resize(self.cut(CLIP), CLIP)
            x = x / level(x) + behind / level(behind) * decibels(rng.uniform(-30, 2))
        if rng.random() < 0.35:
            noise = coloured_noise(rng, rng.uniform(-1.1, 0.2))
            x = x / level(x) + noise / level(noise) * decibels(rng.uniform(-50, -8))
        x = x / level(x) * decibels(rng.uniform(-28, -17))
        return (x / max(1, np.abs(x).max())).astype(np.float32)


@torch.no_grad()
def main():
    work, shard, clips = sys.argv[1], sys.argv[4], int(sys.argv[5])
    yamnet, speech = Yamnet(sys.argv[2]), Speech(sys.argv[3])
    torch.set_num_threads(1)
    rng = np.random.default_rng([1, *shard.encode()])
    mixer = Mixer(Sources(work, rng), rng)
    names = ("energies", "vectors", "logits", "words")
    files = [open(os.path.join(work, f"{shard}.{name}"), "wb") for name in names]
    for _ in range(0, clips, BATCH):
        magnitude = magnitudes(torch.tensor(np.stack([mixer.clip() for _ in range(BATCH)])))
        energy = energies(magnitude)
        frames = torch.log(energy + YAMNET_FLOOR)[:, FIRST_PATCH:FIRST_PATCH + (PATCHES - 1) * PATCH_HOP + PATCH]
        patches = frames.unfold(1, PATCH, PATCH_HOP).transpose(2, 3).reshape(-1, 1, PATCH, 64)
        vectors, logits = yamnet(patches.contiguous(memory_format=torch.channels_last))
        words = speech(speech_frames(magnitude[:, FIRST_WORD:]).unsqueeze(1))[:, ::WORD_HOP // 8][:, :WORD_STEPS]
        for file, values in zip(files, (torch.log(energy + 1e-5), vectors, logits, words)):
            file.write(values.half().numpy().tobytes())


main()
