#!/usr/bin/python3
"""Mixes real sounds into recordings of the kind one makes at home, and writes down what happens when.

    mix.py DIRECTORY [SEED]

    DIRECTORY/recordings/eveningN/audio.flac, labels.json   to learn from
    DIRECTORY/tonight/audio.flac, labels.json               to test on: other takes, another background

The sounds are Debian's (SOURCES.md). The same seed gives the same files.
"""
import json
import pathlib
import sys

import numpy
import soundfile

RATE = 44100
MUSIC = pathlib.Path("/usr/share/sonic-pi/samples")
VOICE = pathlib.Path("/usr/share/asterisk/sounds/en_US_f_Allison")

# Takes to learn from and takes that only tonight's recording has. None is in both.
TAKES = {
    "speech": (
        sorted(VOICE.glob("vm-*.wav")) + sorted(VOICE.glob("conf-*.wav")),
        sorted(VOICE.glob("demo-*.wav")) + sorted(VOICE.glob("dir-*.wav")) + sorted(VOICE.glob("queue-*.wav")),
    ),
    "tabla": (
        [MUSIC / f"tabla_{name}.flac" for name in
         "dhec ghe1 ghe3 ghe4 ghe5 ghe7 ghe8 ke2 na na_s re tas1 tas3 te1 te_m te_ne tun1 tun3".split()],
        [MUSIC / f"tabla_{name}.flac" for name in "ghe2 ghe6 na_o tas2 te2 tun2".split()],
    ),
    "cymbal": (
        [MUSIC / f"{name}.flac" for name in "drum_cymbal_open drum_splash_soft drum_cymbal_soft".split()],
        [MUSIC / f"{name}.flac" for name in "drum_cymbal_hard drum_splash_hard".split()],
    ),
}
# Seconds from one take to the next within an event.
STEP_S = {"speech": (0.1, 0.4), "tabla": (0.15, 0.35), "cymbal": (0.7, 1.2)}
# What else is heard: a machine, hiss and hum under the recordings to learn from, a steam bath under tonight's.
ROOMS = (["loop_3d_printer", "vinyl_hiss", "ambi_glass_hum", "ambi_dark_woosh"], ["ambi_sauna"])


def load(path, speed=1.0):
    """Mono, at RATE, played `speed` times faster. Fourier interpolation: the takes are short."""
    sound, rate = soundfile.read(path, always_2d=True)
    sound = sound.mean(axis=1)
    length = max(1, round(len(sound) * RATE / rate / speed))
    spectrum = numpy.fft.rfft(sound)
    fitted = numpy.zeros(length // 2 + 1, complex)
    common = min(len(fitted), len(spectrum))
    fitted[:common] = spectrum[:common]
    return numpy.fft.irfft(fitted, length) * length / len(sound)


def rms(sound):
    return numpy.sqrt(numpy.mean(sound**2)) + 1e-12


def coloured_noise(random, length, slope):
    """Gaussian noise whose power falls as 1 / frequency ** slope; pink is 1."""
    spectrum = numpy.fft.rfft(random.standard_normal(length))
    hz = numpy.fft.rfftfreq(length, 1 / RATE)
    spectrum /= numpy.maximum(hz, 20) ** (slope / 2)
    noise = numpy.fft.irfft(spectrum, length)
    return noise / rms(noise)


def room(random, names, length):
    """A background that changes every half minute: coloured noise, and under it a real one, repeated."""
    pieces = []
    for begin in range(0, length, 30 * RATE):
        size = min(30 * RATE, length - begin)
        real = load(MUSIC / f"{names[random.integers(len(names))]}.flac")
        real = numpy.resize(numpy.roll(real, random.integers(len(real))), size)
        noise = coloured_noise(random, size, random.uniform(0.8, 1.3))
        pieces.append(noise + random.uniform(0.3, 1.0) * real / rms(real))
    return numpy.concatenate(pieces)


def event(random, label, takes, seconds):
    """One event: takes in random order, each a little faster or slower, louder or softer, until time is up."""
    sound = numpy.zeros(round(seconds * RATE))
    at = 0
    while at < len(sound):
        take = load(takes[random.integers(len(takes))], speed=random.uniform(0.92, 1.08))
        take = take[: len(sound) - at] * random.uniform(0.6, 1.0) / numpy.abs(take).max()
        sound[at : at + len(take)] += take
        step = random.uniform(*STEP_S[label]) * RATE
        at += round(step + (len(take) if label == "speech" else 0))
    fade = round(0.02 * RATE)
    sound[-fade:] *= numpy.linspace(1, 0, fade)
    return sound / rms(sound)


def recording(random, side, minutes):
    """Samples, and [onset, offset, label] of every event. `side` 0 learns, 1 tests."""
    length = round(minutes * 60 * RATE)
    sound = room(random, ROOMS[side], length)
    events, at, deck = [], random.uniform(3, 6), []
    while True:
        deck = deck or list(random.permutation(list(TAKES)))  # all labels equally often
        label, seconds = deck.pop(), random.uniform(5, 10)
        if at + seconds + 2 > minutes * 60:
            break
        loudness = 10 ** (random.uniform(10, 20) / 20)  # 10 to 20 dB above the background
        begin = round(at * RATE)
        piece = loudness * event(random, label, TAKES[label][side], seconds)
        sound[begin : begin + len(piece)] += piece
        events.append([round(at, 3), round(at + seconds, 3), str(label)])
        at += seconds + random.uniform(3, 7)
    return 0.5 * sound / numpy.abs(sound).max(), events


def clock(seconds):
    return f"{int(seconds // 60):02}:{seconds % 60:06.3f}"


def labels_json(events):
    """Every key starts a stretch that lasts until the next."""
    keys = {"00:00.000": "background"}
    for onset, offset, label in events:
        keys[clock(onset)] = label
        keys[clock(offset)] = "background"
    return json.dumps(keys, indent=1)


def write(directory, sound, events):
    directory.mkdir(parents=True, exist_ok=True)
    soundfile.write(directory / "audio.flac", sound, RATE)
    (directory / "labels.json").write_text(labels_json(events) + "\n")


def main():
    directory, seed = pathlib.Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1
    random = numpy.random.default_rng(seed)
    for number in range(10):
        write(directory / f"recordings/evening{number + 1}", *recording(random, 0, 2))
    write(directory / "tonight", *recording(random, 1, 4))


if __name__ == "__main__":
    main()
