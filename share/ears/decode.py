"""Decodes the packages that `fetch` has unpacked: decode.py WORK -> decoded.s16, decoded.tsv"""

import hashlib
import io
import math
import os
import struct
import subprocess
import sys
import zipfile

import numpy as np
import soundfile
from scipy.signal import resample_poly

from sources import RATE_HZ, Packages, PartWriter

SOUND = (".wav", ".ogg", ".oga", ".mp3", ".flac", ".opus", ".gsm", ".spx", ".snd")
MUSIC = ("music", "tracks", "soundtrack", "songs")
LONGEST_S, LONGEST_MUSIC_S = 45, 15  # of one file: there is more music than anything else


def sounds_in_zip(path):
    try:
        archive = zipfile.ZipFile(path)
    except zipfile.BadZipFile:
        return
    for member in archive.namelist():
        if member.lower().endswith(SOUND):
            yield member, archive.read(member)


def sounds_in_resources(path):
    """Qt's resource files: Ogg streams that are stored as they are."""
    with open(path, "rb") as file:
        data = file.read()
    first, starts = b"OggS\x00\x02", []
    at = data.find(first)
    while at >= 0:
        starts.append(at)
        at = data.find(first, at + len(first))
    for i, start in enumerate(starts):
        yield str(i), data[start:starts[i + 1] if i + 1 < len(starts) else len(data)]


def sounds_in_wad(path):
    """Doom's archives: entries DS..., in a format of their own (doomwiki.org/wiki/Sound)."""
    with open(path, "rb") as file:
        data = file.read()
    count, at = struct.unpack_from("<ii", data, 4)
    for i in range(count):
        offset, size, name = struct.unpack_from("<ii8s", data, at + 16 * i)
        if name.startswith(b"DS") and size > 64:
            yield name.rstrip(b"\0").decode("ascii", "replace"), data[offset:offset + size]


ARCHIVES = {".zip": sounds_in_zip, ".pk3": sounds_in_zip, ".rcc": sounds_in_resources, ".wad": sounds_in_wad}


def files(root, package):
    for folder, _, names in sorted(os.walk(os.path.join(root, package))):
        for name in sorted(names):
            path = os.path.join(folder, name)
            if os.path.islink(path):
                continue
            relative = os.path.relpath(path, os.path.join(root, package))
            extension = os.path.splitext(name)[1].lower()
            if extension in SOUND:
                with open(path, "rb") as file:
                    yield relative, file.read()
            elif extension in ARCHIVES:
                for member, data in ARCHIVES[extension](path):
                    yield f"{relative}!{member}", data


def read(data, longest_s):
    """Samples of one channel, and their rate."""
    if data[:2] == b"\x03\x00":  # Doom's
        rate, count = struct.unpack_from("<HI", data, 2)
        return (np.frombuffer(data[24:8 + count - 16], np.uint8).astype(np.float32) - 128) / 128, rate
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            samples = file.read(int(longest_s * file.samplerate), dtype="float32", always_2d=True)
            return samples.mean(1), file.samplerate
    except soundfile.SoundFileError:
        command = ["ffmpeg", "-v", "error", "-i", "-", "-t", str(longest_s), "-ac", "1", "-ar", str(RATE_HZ),
                   "-f", "f32le", "-"]
        decoded = subprocess.run(command, input=data, capture_output=True, check=False).stdout
        return np.frombuffer(decoded, np.float32), RATE_HZ


def at_our_rate(samples, rate):
    common = math.gcd(int(rate), RATE_HZ)
    if rate == RATE_HZ or not len(samples):
        return samples
    return resample_poly(samples, RATE_HZ // common, int(rate) // common).astype(np.float32)


def without_silence_around(samples):
    loud = np.flatnonzero(np.abs(samples) > 1e-3)
    if len(loud) < 200 or len(samples) < 1000:
        return samples[:0]
    return samples[max(0, loud[0] - 800):loud[-1] + 1600]


def main():
    work = sys.argv[1]
    root, packages, seen = os.path.join(work, "root"), Packages(), set()
    part = PartWriter(work, "decoded")
    for package in sorted(os.listdir(root)):
        for file, data in files(root, package):
            digest = hashlib.md5(data).digest()
            if digest in seen or not packages.allows(package, file):
                continue
            seen.add(digest)
            music = any(word in file.lower() for word in MUSIC)
            samples, rate = read(data, LONGEST_MUSIC_S if music else LONGEST_S)
            part.add(package, file, without_silence_around(at_our_rate(np.nan_to_num(samples), rate)))
    print(f"{part.hours():.2f} h")


main()
