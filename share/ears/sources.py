"""Where sound lies in the working directory, for the scripts beside this one.

Each part NAME has NAME.s16, samples of 16 bits at 16 kHz one recording after the other, and NAME.tsv: package, file,
first sample, samples."""

import csv
import fnmatch
import os

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
RATE_HZ = 16000


class PartWriter:
    def __init__(self, work, name):
        self.samples = open(os.path.join(work, name + ".s16"), "wb")
        self.index = open(os.path.join(work, name + ".tsv"), "w", encoding="utf-8")
        self.first = 0

    def add(self, package, file, samples):
        """As loud as it can be; silence and sound that is no number are left out."""
        samples = np.nan_to_num(np.asarray(samples, np.float32))
        peak = np.abs(samples).max(initial=0)
        if peak < 1e-6:
            return
        (samples * (0.9 / peak) * 32767).astype("<i2").tofile(self.samples)
        print(package, file.replace("\t", " "), self.first, len(samples), sep="\t", file=self.index)
        self.first += len(samples)

    def hours(self):
        return self.first / RATE_HZ / 3600


def read_part(work, name):
    """[(package, file, samples)] without copying the sound."""
    samples = np.memmap(os.path.join(work, name + ".s16"), "<i2", "r")
    with open(os.path.join(work, name + ".tsv"), encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t") for line in file]
    return [(package, file, samples[int(first):int(first) + int(count)]) for package, file, first, count in rows]


class Packages:
    """What packages.tsv says."""

    def __init__(self):
        with open(os.path.join(HERE, "packages.tsv"), encoding="utf-8") as file:
            self.rows = {row["package"]: row for row in csv.DictReader(file, delimiter="\t")}

    def allows(self, package, file):
        row = self.rows.get(package)
        if row is None or row["use"] == "no":
            return False
        left_out = row["left out"].split(",") if row["use"] == "part" else []
        return not any(fnmatch.fnmatch(file, pattern.strip()) for pattern in left_out)
