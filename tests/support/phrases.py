"""Recordings in which something is said, or nothing: a chirp that climbs is the phrase, one that falls is not."""
import json

import numpy

from support.sandbox import write_wav

RATE = 16000
# The recipe for what is shorter than a phrase: windows of 1 s.
SHORT = ["--window", "1s", "--window-hop", "0.5s", "--pool", 50]


def chirp(rising, seconds=0.4):
    time = numpy.arange(round(seconds * RATE)) / RATE
    hz = 500 + (2500 if rising else -2500) * time / seconds + (0 if rising else 2500)
    return 0.3 * numpy.sin(2 * numpy.pi * numpy.cumsum(hz) / RATE) * numpy.hanning(len(time))


def write_calls(directory, count, seconds=(2, 4), seed=0, suffix="wav"):
    """Every second one is positive. Returns {name: [start, end]} of those, and writes it beside the recordings."""
    random = numpy.random.default_rng(seed)
    bounds = {}
    for number in range(count):
        length_s = random.uniform(*seconds)
        sound = 0.005 * random.standard_normal(round(length_s * RATE))
        at_s = random.uniform(0, length_s - 0.4)
        first = round(at_s * RATE)
        word = chirp(number % 2 == 1) * random.uniform(0.3, 1)
        sound[first:first + len(word)] += word[:len(sound) - first]
        write_wav(directory / f"call{number:03}.{suffix}", sound, RATE)
        if number % 2:
            bounds[f"call{number:03}"] = [at_s, at_s + 0.4]
    (directory / "word_bounds.json").write_text(json.dumps(bounds))
    return bounds
