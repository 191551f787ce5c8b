"""What YAMNet hears in each recording, so that rare sounds are drawn as often as common ones:
tag.py WORK YAMNET PART... -> PART.npy [recordings, 521], the highest logit of each class"""

import os
import sys

import numpy as np
import torch

from sources import read_part
from teachers import PATCH, YAMNET_FLOOR, Yamnet, energies, magnitudes

LEVEL, MOST_GAIN, MOST_PATCHES, SHORTEST = 0.08, 4.0, 12, 15600


def patches_of(samples):
    x = torch.tensor(samples.astype(np.float32) / 32768)
    x = x * (LEVEL / (x.square().mean().sqrt() + 1e-6)).clamp(max=MOST_GAIN)
    missing = max(0, SHORTEST - len(x))
    x = torch.nn.functional.pad(x, (missing // 2, missing - missing // 2))
    frames = torch.log(energies(magnitudes(x)) + YAMNET_FLOOR)
    return [frames[at:at + PATCH] for at in range(0, len(frames) - PATCH + 1, PATCH)][:MOST_PATCHES]


@torch.no_grad()
def main():
    work, yamnet = sys.argv[1], Yamnet(sys.argv[2])
    torch.set_num_threads(1)
    for name in sys.argv[3:]:
        highest = []
        for _, _, samples in read_part(work, name):
            patches = torch.stack(patches_of(samples)).unsqueeze(1)
            highest.append(yamnet(patches.contiguous(memory_format=torch.channels_last))[1].amax(0))
        np.save(os.path.join(work, name + ".npy"), torch.stack(highest).numpy().astype(np.float16))


main()
