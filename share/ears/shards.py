"""The clips that mix.py has written, and what the teachers said of them."""

import glob
import os

import numpy as np
import torch

from teachers import EARS_FLOOR

HELD_BACK = 320  # clips of the first shard, never learnt
SHAPES = {"energies": (398, 64), "vectors": (5, 1024), "logits": (5, 521), "words": (18, 96)}


def open_shards(work):
    shards = []
    for path in sorted(glob.glob(os.path.join(work, "*.words"))):
        clips = os.path.getsize(path) // (2 * int(np.prod(SHAPES["words"])))
        if clips > HELD_BACK:
            base = path[:-len("words")]
            shards.append({name: np.memmap(base + name, "f2", "r", shape=(clips, *shape))
                           for name, shape in SHAPES.items()})
    return shards


def batch_of(shard, clips):
    return {name: torch.tensor(shard[name][clips].astype(np.float32)) for name in SHAPES}


def frames_at(energies, gains):
    """Log-mel frames of the clips, so much quieter or louder. [N, 1, T, 64]"""
    frames = torch.log(energies.exp() * gains + EARS_FLOOR).unsqueeze(1)
    return frames.contiguous(memory_format=torch.channels_last)


def usual_gains(count):
    return torch.ones(count, 1, 1)
