"""Voices of espeak-ng, flite and festival, instruments of the Fluid sound font, and sound that is computed:
synthesise.py WORK -> synthesised.s16, synthesised.tsv"""

import math
import os
import re
import struct
import subprocess
import sys
import tempfile

import numpy as np
import soundfile
from scipy.signal import butter, lfilter, resample_poly, sosfilt

from sources import RATE_HZ, PartWriter

rng = np.random.default_rng(1)
SPOKEN_BY_ESPEAK, SPOKEN_BY_FLITE, SPOKEN_BY_A_VOICE, COMPUTED = 2400, 600, 110, 1320
SOUND_FONT = "root/fluid-soundfont-gm/usr/share/sounds/sf2/FluidR3_GM.sf2"
# Recorded from people: (package, name in festival). Each reads English words by the rules of its own language.
VOICES = [("festvox-kallpc16k", "kal_diphone"), ("festvox-kdlpc16k", "ked_diphone"),
          ("festvox-us-slt-hts", "cmu_us_slt_arctic_hts"), ("festvox-italp16k", "lp_diphone"),
          ("festvox-itapc16k", "pc_diphone"), ("festvox-czech-dita", "czech_dita"), ("festvox-czech-krb", "czech_krb"),
          ("festvox-czech-machac", "czech_machac"), ("festvox-czech-ph", "czech_ph"),
          ("festvox-suopuhe-mv", "hy_fi_mv_diphone"), ("festvox-suopuhe-lj", "suo_fi_lj_diphone"),
          ("festvox-ca-ona-hts", "upc_ca_ona_hts"), ("festvox-ru", "msu_ru_nsh_clunits")]
WORDS = """zero one two three four five six seven eight nine ten yes no up down left right on off stop go start open close door
window light lamp help alarm fire water hello goodbye please thanks listen record play pause house tree bird dog cat happy
wow bed bee marvin sheila follow learn visual forward backward computer phone office number transfer operator press wait
morning evening night today tomorrow monday friday april june winter summer table chair kitchen garden street city river
mountain money paper letter doctor mother father baby child music apple orange bread coffee sugar salt green yellow purple
black white engine wheel machine hammer station police danger emergency security welcome account balance order service
support""".split()


def made_by(command, path):
    """The samples of a WAV file that a command writes; none if it fails."""
    subprocess.run(command, capture_output=True, check=False)
    if not os.path.exists(path):
        return np.zeros(0)
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    os.remove(path)
    common = math.gcd(rate, RATE_HZ)
    return resample_poly(samples.mean(1), RATE_HZ // common, rate // common)


def espeak_lists(what, pattern):
    listed = subprocess.run(["espeak-ng", what], capture_output=True, text=True, check=True).stdout
    return sorted(set(re.findall(pattern, listed, re.MULTILINE)))


def some_words():
    return ". ".join(rng.choice(WORDS, rng.integers(3, 9)))


def speak(part, path):
    languages = espeak_lists("--voices", r"^ *[0-9]+ +([^ ]+)")
    variants = ["", *("+" + name for name in espeak_lists("--voices=variant", r"!v/([^ ]+)"))]
    english = [language for language in languages if language.startswith("en")]
    for i in range(SPOKEN_BY_ESPEAK):
        if i % 2 == 0:
            language, text = rng.choice(english), some_words()
        else:  # numbers are words in every language
            language = rng.choice(languages)
            text = ". ".join(str(rng.integers(0, 10 if rng.random() < 0.6 else 2000)) for _ in range(rng.integers(3, 9)))
        voice = language + rng.choice(variants)
        command = ["espeak-ng", "-v", voice, "-s", str(rng.integers(110, 220)), "-p", str(rng.integers(5, 95)),
                   "-g", str(rng.integers(0, 30)), "-w", path, text]
        part.add("espeak-ng", f"{voice}: {text}", made_by(command, path))
    for i in range(SPOKEN_BY_FLITE):
        voice, text = ["kal", "kal16", "awb", "rms", "slt"][i % 5], some_words()
        command = ["flite", "-voice", voice, "--setf", f"duration_stretch={rng.uniform(0.75, 1.4):.2f}",
                   "--setf", f"int_f0_target_mean={rng.integers(70, 260)}", "-t", text, "-o", path]
        part.add("flite", f"{voice}: {text}", made_by(command, path))
    for package, voice in VOICES:
        for _ in range(SPOKEN_BY_A_VOICE):
            text = some_words()
            script = f"""(begin (voice_{voice}) (Parameter.set 'Duration_Stretch {rng.uniform(0.8, 1.4):.2f})
                         (utt.save.wave (utt.synth (Utterance Text "{text}")) "{path}" 'riff))"""
            part.add(package, text, made_by(["festival", "-b", script], path))


def midi(notes, path):
    """A file of one track. notes: (tick, bytes)"""
    def length(ticks):
        digits = [ticks & 127]
        while ticks := ticks >> 7:
            digits.append(ticks & 127 | 128)
        return bytes(reversed(digits))

    data, last = b"", 0
    for tick, event in sorted(notes):
        data += length(tick - last) + bytes(event)
        last = tick
    data += length(960) + b"\xff\x2f\x00"
    with open(path, "wb") as file:
        file.write(b"MThd" + struct.pack(">IHHH", 6, 0, 1, 480) + b"MTrk" + struct.pack(">I", len(data)) + data)


def instruments(part, work, path):
    for program in range(128 + 47):  # General MIDI, then its drums
        drum = program >= 128
        channel, tick = 9 if drum else 0, 0
        notes = [] if drum else [(0, [0xC0, program])]
        for _ in range(rng.integers(4, 9)):
            note = program - 128 + 35 if drum else int(rng.integers(36, 90))
            ticks = int(rng.integers(100, 1200))
            notes += [(tick, [0x90 | channel, note, int(rng.integers(50, 127))]), (tick + ticks, [0x80 | channel, note, 0])]
            tick += int(ticks * rng.uniform(0.6, 1.3)) + 1
        midi(notes, path + ".mid")
        command = ["fluidsynth", "-ni", "-q", "-F", path, "-r", str(RATE_HZ), os.path.join(work, SOUND_FONT), path + ".mid"]
        part.add("fluid-soundfont-gm", f"program {program}", made_by(command, path)[:20 * RATE_HZ])


def times(n):
    return np.arange(n) / RATE_HZ


def noise(n, slope=0.0):
    """Of a power that goes with frequency to the `slope`."""
    spectrum = np.fft.rfft(rng.standard_normal(n))
    return np.fft.irfft(spectrum * np.maximum(np.arange(len(spectrum)), 1.0) ** (slope / 2), n)


def band(x, low_hz, high_hz):
    return sosfilt(butter(2, [max(low_hz, 30), min(high_hz, 7600)], "band", fs=RATE_HZ, output="sos"), x)


def slow(n, rate_hz, low=0.0, high=1.0):
    count = max(4, int(n / RATE_HZ * rate_hz) + 3)
    return np.interp(np.linspace(0, count - 1, n), np.arange(count), rng.uniform(low, high, count))


def modes(n, count, pitch_hz, spread, decay_s):
    """What rings after a blow."""
    x = np.zeros(n)
    for _ in range(count):
        hz = pitch_hz * rng.uniform(0.5, spread)
        if hz < 7900:
            fading = np.exp(-times(n) / (decay_s * rng.uniform(0.3, 1.5)))
            x += rng.uniform(0.2, 1) * np.sin(2 * np.pi * hz * times(n) + rng.uniform(0, 6)) * fading
    return x


def scattered(n, rate_hz, make):
    x = np.zeros(n)
    for at in rng.integers(0, n, max(1, rng.poisson(rate_hz * n / RATE_HZ))):
        y = make()[:n - at]
        x[at:at + len(y)] += y * rng.lognormal(0, 0.7)
    return x


def pulses(hz):
    """One at each turn of a frequency."""
    turns = np.floor(np.cumsum(hz) / RATE_HZ)
    return np.diff(turns, prepend=turns[0]).clip(0, 1)


def voice(pitch_hz, formants, breath):
    n = len(pitch_hz)
    x = lfilter([1], [1, -0.96], pulses(pitch_hz)) + breath * rng.standard_normal(n) * 0.05
    for hz, width_hz in formants:
        radius = np.exp(-np.pi * width_hz / RATE_HZ)
        x = lfilter([1 - radius], [1, -2 * radius * np.cos(2 * np.pi * hz / RATE_HZ), radius ** 2], x)
    return x / (np.abs(x).max() + 1e-9)


# Voices that don't speak: pitch in Hz, length and gap of a syllable in s, how far the pitch rises.
CALLS = [((300, 650), (0.4, 1.5), (0.15, 0.5), 1.5),     # cries
         ((150, 450), (0.08, 0.2), (0.06, 0.15), 1.2),   # laughs
         ((200, 700), (0.8, 2.5), (0.5, 1.5), 1.6),      # howls
         ((200, 900), (0.06, 0.25), (0.15, 0.8), 1.5),   # barks
         ((80, 250), (0.5, 1.6), (0.5, 2), 1.2),         # lows
         ((1500, 5000), (0.03, 0.25), (0.03, 0.6), 1.5),  # chirps
         ((500, 1400), (0.04, 0.5), (0.08, 0.5), 1.6)]   # clucks
LAUGHS = CALLS[1]


def calls(n, kind):
    pitch, length, gap, rise = kind
    x, at, base = np.zeros(n), int(rng.uniform(0, 0.4) * RATE_HZ), rng.uniform(*pitch)
    while at < n:
        size = int(rng.uniform(*length) * RATE_HZ)
        along = np.linspace(0, 1, size)
        shape = np.interp(along, [0, rng.uniform(0.1, 0.6), 1],
                          [rng.uniform(0.7, 1), rng.uniform(1, rise), rng.uniform(0.5, 1)])
        trembling = 1 + 0.02 * np.sin(2 * np.pi * rng.uniform(4, 9) * times(size))
        formants = [(rng.uniform(400, 1400), 120), (rng.uniform(1200, 3200), 200), (rng.uniform(2800, 4500), 300)]
        y = voice(base * shape * rng.uniform(0.9, 1.1) * trembling, formants, rng.uniform(0, 2))
        if kind is LAUGHS or rng.random() < 0.2:
            y = y + 0.15 * band(rng.standard_normal(size), 700, 4000)
        y *= np.interp(along, [0, 0.1, 0.8, 1], [0, 1, 0.8, 0]) * rng.uniform(0.4, 1)
        x[at:at + size] += y[:n - at]
        at += size + int(rng.uniform(*gap) * RATE_HZ)
        if kind is LAUGHS and rng.random() < 0.12:
            at, base = at + int(0.6 * RATE_HZ), rng.uniform(*pitch)
    return x


def filtered_noise(n):
    low = rng.uniform(50, 4000)
    return band(noise(n, rng.uniform(-1, 0)), low, low * rng.uniform(1.2, 4)) * slow(n, rng.uniform(0.3, 8), 0.1)


def tones(n):
    return sum(rng.uniform(0.1, 1) * np.sin(2 * np.pi * rng.uniform(60, 5000) * times(n))
               for _ in range(rng.integers(1, 5))) + 0.02 * noise(n, -1)


def glides(n):
    hz = np.exp(slow(n, rng.uniform(0.5, 4), np.log(100), np.log(6000)))
    return np.sin(2 * np.pi * np.cumsum(hz) / RATE_HZ)


def rain(n):
    return scattered(n, rng.uniform(1, 300), lambda: modes(320, 2, rng.uniform(400, 4000), 2, 0.003))


def fire(n):
    return scattered(n, rng.uniform(5, 60), lambda: band(rng.standard_normal(160), 500, 6000)
                     * np.exp(-np.arange(160) / 30)) + 0.05 * noise(n, -1)


def impacts(n):
    return scattered(n, rng.uniform(0.5, 3), lambda: modes(RATE_HZ, rng.integers(3, 12), rng.uniform(100, 3000), 3,
                                                           rng.uniform(0.02, 0.5)))


def ticks(n):
    x, period_s = np.zeros(n), rng.uniform(0.1, 1)
    x[(np.arange(period_s / 2, n / RATE_HZ, period_s) * RATE_HZ).astype(int)] = 1
    return lfilter(modes(800, 6, rng.uniform(800, 4000), 2, 0.006), [1], x)


def engine(n):
    x = pulses(rng.uniform(8, 120) * (1 + 0.1 * slow(n, 1, -1))) * rng.uniform(0.5, 1, n)
    return lfilter(modes(600, 8, rng.uniform(60, 900), 3, 0.02), [1], x) + 0.2 * band(noise(n, -1), 100, 4000)


def rotating(n):
    turns = 2 * np.pi * np.cumsum(rng.uniform(20, 400) * (1 + 0.03 * slow(n, 2, -1))) / RATE_HZ
    hum = sum(rng.uniform(0, 1) / h * np.sin(h * turns) for h in range(1, 20))
    return hum * (1 + 0.5 * np.sin(2 * np.pi * rng.uniform(1, 30) * times(n))) + 0.1 * noise(n, -0.5)


def sea(n):
    return band(noise(n, -1), 60, rng.uniform(300, 2500)) * slow(n, rng.uniform(0.1, 0.5), 0.05) ** 2


def rotor(n):
    return band(noise(n, -1), 50, 2000) * (0.2 + np.sin(2 * np.pi * rng.uniform(10, 25) * times(n)).clip(0) ** 3)


def saw(n):
    turns = 2 * np.pi * np.cumsum(rng.uniform(80, 160) * slow(n, 1, 0.6, 1.4)) / RATE_HZ
    buzz = np.tanh(4 * sum(np.sin(h * turns) / h for h in range(1, 30)))
    return buzz * slow(n, 2, 0.4) + 0.3 * band(rng.standard_normal(n), 1500, 6000)


def sneezes(n):
    def one():
        drawn, burst = int(0.35 * RATE_HZ), int(0.3 * RATE_HZ)
        return np.concatenate([band(rng.standard_normal(drawn), 300, 3000) * np.linspace(0, 0.3, drawn) ** 2,
                               band(rng.standard_normal(burst), 600, 7000) * np.exp(-times(burst) / 0.07)])

    return scattered(n, rng.uniform(0.2, 0.6), one)


KINDS = [lambda n: noise(n, rng.uniform(-2.5, 1)), filtered_noise, tones, glides, rain, fire, impacts, ticks, engine, engine,
         rotating, sea, rotor, saw, sneezes] + [lambda n, kind=kind: calls(n, kind) for kind in CALLS]


def main():
    work = sys.argv[1]
    part = PartWriter(work, "synthesised")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "sound.wav")
        speak(part, path)
        instruments(part, work, path)
    for i in range(COMPUTED):
        part.add("computed", f"kind {i % len(KINDS)}", KINDS[i % len(KINDS)](int(rng.uniform(3, 8) * RATE_HZ)))
    print(f"{part.hours():.2f} h")


main()
