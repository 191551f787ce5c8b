"""What tests of datasets share."""
import json

import numpy

from support.sandbox import Sandbox, sine, write_wav


def load(path):
    with numpy.load(path, allow_pickle=False) as npz:
        return {key: npz[key] for key in npz}


SPECTRA = ["--front-end", "spectrum"]


class DatasetSandbox(Sandbox):
    def sample(self, name, labels, seconds=8, hz=1000):
        """A directory with audio.wav and labels.json."""
        write_wav(self.dir / name / "audio.wav", sine(hz, seconds))
        (self.dir / name / "labels.json").write_text(json.dumps(labels))

    def datagen(self, *words, **expected):
        """Makes spectra, as datagen does where options say how frames are made, unless words name a recipe."""
        kind = [] if {"--recipe", "--front-end"} & set(words) else SPECTRA
        return self.earshot("datagen", "-q", *kind, *words, **expected)

    def classes(self, path):
        """Class names of the frames of a dataset file."""
        data = load(self.dir / path)
        return [str(data["labels"][c]) if c >= 0 else None for c in data["classes"]]

    def source(self, path):
        return json.loads(load(self.dir / path)["source"].item())

    def files(self, directory):
        return sorted(path.name for path in (self.dir / directory).iterdir())
