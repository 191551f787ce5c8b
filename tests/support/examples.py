"""Runs the examples of manual and README: shell lines after `$ `, and below them what they print."""
import json
import subprocess

import numpy

from support import rooms
from support.sandbox import SOURCE, noise, sine, write_wav

RATE = 44100


def cry(seconds):
    """A wail: a tone of 500 Hz and its overtones that swells and fades twice a second."""
    swell = 0.5 - 0.5 * numpy.cos(4 * numpy.pi * numpy.arange(round(seconds * RATE)) / RATE)
    return swell * sum(sine(500 * k, seconds, RATE, 0.3 / k) for k in range(1, 5))


def evening(seed, cries, seconds):
    """Noise with a cry at each of [(onset, offset)]."""
    sound = noise(seconds, RATE, 0.01, seed)
    for onset, offset in cries:
        sound[round(onset * RATE) : round(offset * RATE)] += cry(offset - onset)
    return sound


def heard_by_a_head(sound, azimuth):
    """A sound two metres away as the eight microphones of the array head-175mm hear it, each with its own noise."""
    arrays = json.loads((SOURCE / "share/arrays/head-175mm.json").read_text())["arrays"]
    mics = numpy.concatenate([array["mics"] for array in arrays])
    place = 2 * numpy.array([numpy.sin(numpy.radians(azimuth)), numpy.cos(numpy.radians(azimuth)), 0])
    wet = rooms.heard(sound, rooms.responses(None, place, mics, RATE, 0))[:, : sound.size]
    return (wet + 0.001 * numpy.random.default_rng(0).standard_normal(wet.shape)).T


def make_files(directory):
    """The recordings that the examples speak of."""
    for number in range(6):
        cries = [(4 + number, 12 + number), (24, 32)]
        place = directory / "recordings" / f"evening{number + 1}"
        write_wav(place / "audio.wav", evening(number, cries, 40), RATE)
        labels = {"00:00": "background"}
        for onset, offset in cries:
            labels |= {f"00:{onset:02}": "cry", f"00:{offset:02}": "background"}
        (place / "labels.json").write_text(json.dumps(labels))
    for name in ["tonight", "night", "clip"]:
        write_wav(directory / f"{name}.wav", evening(9, [(10, 20)], 40), RATE)
        (directory / f"{name}.txt").write_text("10.0\t20.0\tcry\n")
    write_wav(directory / "room.wav", heard_by_a_head(evening(9, [(10, 20)], 40), 60), RATE)
    for day in ["01", "02", "08"]:
        for name, sound in [("bark", cry(1)), ("door", noise(1, RATE, 0.3, int(day))), ("tv", sine(3000, 1, RATE))]:
            place = directory / "archive" / f"2026-11-{day}" / name
            sound = sound * (1 - 0.05 * int(day)) + noise(1, RATE, 0.01, 60 + int(day))  # no two are the same
            write_wav(place / "audio.wav", numpy.concatenate([sound] * 3), RATE)
            (place / "labels.json").write_text(json.dumps({"00:00": name}))
        write_wav(directory / "quiet" / f"2026-11-{day}.wav", noise(4, RATE, 0.01, 40 + int(day)), RATE)
    for number in range(6):
        for name, level in [("OK", 0), ("NG", 0.5)]:
            sound = noise(1, RATE, 0.02, 80 + number + 10 * (level > 0))
            knock = int((0.1 + 0.1 * number) * RATE)
            sound[knock : knock + RATE // 50] += level * noise(0.02, RATE, 1, number)
            write_wav(directory / "seconds" / name / f"{number}.wav", sound, RATE)
    rows = ["file,label,speaker"]
    for number in range(6):
        label = ["cry", "background"][number % 2]
        write_wav(directory / "clips" / f"{number}.wav",
                  evening(20 + number, [(0, 4)] if label == "cry" else [], 4), RATE)
        rows.append(f"{number}.wav,{label},child{number // 2}")
    (directory / "clips.csv").write_text("\n".join(rows) + "\n")


def parse(lines):
    """[(command, expected output or None)] from the lines of literal blocks, with a None between blocks.

    A line that ends in a backslash goes on in the next. Lines without `$ ` that follow no command of their block
    are for reading only: what they need, such as a microphone, a test has not."""
    examples, open_line, in_block = [], False, False
    for line in lines:
        if line is None:
            in_block = open_line = False
            continue
        if open_line:
            if in_block:
                examples[-1][0] += "\n" + line.strip()
        elif line.startswith("$ "):
            examples.append([line[2:], []])
            in_block = True
        elif in_block:
            examples[-1][1].append(line)
        open_line = line.endswith("\\")
    return [(command, "\n".join(output).rstrip() or None) for command, output in examples]


def run(test, examples):
    """Runs them in order in the test's directory; `...` stands for any text in an expected line."""
    for command, expected in examples:
        result = test.shell(command)
        if expected is None:
            continue
        shown = result.text().rstrip().splitlines()
        test.assertEqual(len(shown), len(expected.splitlines()), f"{command}:\n{result.text()}")
        for line, wanted in zip(shown, expected.splitlines()):
            for part in wanted.split("..."):
                test.assertIn(part.strip(), line, command)


def plain(page, width=400):
    """A manual page as text without overstrikes."""
    shown = subprocess.run(["mandoc", "-Tascii", f"-Owidth={width}", page], capture_output=True, check=True).stdout
    text = shown.decode()
    while "\b" in text:
        at = text.index("\b")
        text = text[: at - 1] + text[at + 1 :]
    return text
