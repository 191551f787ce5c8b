"""The student in PyTorch: log-mel frames [N, 1, T, 64] to vectors [N, steps, 416], one every 16 frames from 123, nothing
padded in time. lib/network/architectures/ears.cpp is the same network.

Its first layers begin as those of YAMNet, each matrix over channels as the product of two thin ones. A branch after the
fifth block learns words."""

import torch
import torch.nn.functional as F
from torch import nn

# Channels in, channels out, stride, rank between them, taps in time. Only two of the last three blocks see more than one
# step: all of YAMNet's would look 3 s around.
BLOCKS = [(32, 64, 1, 8, 3), (64, 128, 2, 24, 3), (128, 128, 1, 16, 3), (128, 256, 2, 48, 3), (256, 256, 1, 40, 3),
          (256, 512, 2, 80, 3), (512, 512, 1, 64, 3), (512, 512, 1, 64, 1), (512, 512, 1, 64, 3)]
BEFORE_WORDS = 5
TOP, WORDS, WIDTH = 320, 96, 128
FRAMES, STEP = 123, 16


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride, rank, taps):
        super().__init__()
        self.depthwise = nn.Conv2d(inputs, inputs, (taps, 3), stride, (0, 0 if stride == 2 else 1), groups=inputs)
        self.thin = nn.Conv2d(inputs, rank, 1, bias=False)
        self.wide = nn.Conv2d(rank, outputs, 1)
        self.stride = stride

    def spread(self, x):
        """As TensorFlow pads an even number of bands at stride 2: after them."""
        return F.relu6(self.depthwise(F.pad(x, (0, 1)) if self.stride == 2 else x))

    def forward(self, x):
        return F.relu6(self.wide(self.thin(self.spread(x))))


class Words(nn.Module):
    """From maps of 256 channels in 8 bands every 8 frames."""

    def __init__(self):
        super().__init__()
        self.thin = nn.Conv2d(256, 16, 1)
        self.join = nn.Conv2d(16, WIDTH, (1, 8))
        self.depthwise = nn.ModuleList(nn.Conv2d(WIDTH, WIDTH, (3, 1), (stride, 1), groups=WIDTH)
                                       for stride in (1, 1, 1, 2))
        self.wide = nn.ModuleList(nn.Conv2d(WIDTH, WIDTH, 1) for _ in range(4))
        self.last = nn.Conv2d(WIDTH, WORDS, 1)

    def forward(self, x):
        x = F.relu(self.join(F.relu(self.thin(x))))
        for depthwise, wide in zip(self.depthwise, self.wide):
            last = depthwise.stride[0] == 2
            if last:  # so that the middle of what it hears is that of the other branch
                x = x[:, :, 1:]
            there = x[:, :, 1:-1:2] if last else x[:, :, 1:-1]
            x = F.relu(wide(depthwise(x))) + there
        return self.last(x)


class Student(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(1, 32, 3, 2)
        self.blocks = nn.ModuleList(Block(*block) for block in BLOCKS)
        self.bands = nn.Conv2d(512, 512, (1, 4), groups=512)
        self.top = nn.Conv2d(512, TOP, 1)
        self.words = Words()

    def forward(self, frames):
        x = F.relu6(self.first(F.pad(frames, (0, 1))))
        for i, block in enumerate(self.blocks):
            if i == BEFORE_WORDS:
                words = self.words(x)
            x = block(x)
        sounds = F.relu(self.top(F.relu(self.bands(x))))
        return torch.cat([sounds, words[:, :, :sounds.shape[2]]], 1).squeeze(3).transpose(1, 2)

    @torch.no_grad()
    def begin_as(self, yamnet, frames):
        """Takes YAMNet's layers. `frames` [N, 1, T, 64] are sound whose maps the thin matrices keep as well as so few
        numbers can: they span the directions of the largest variance before ReLU6, which cuts what is far outside."""
        layers = yamnet.layers
        self.first.weight.copy_(layers[0][1])
        self.first.bias.copy_(layers[0][2])
        x = F.relu6(self.first(F.pad(frames, (0, 1))))
        for i, block in enumerate(self.blocks):
            (_, spatial, spatial_bias, _), (_, matrix, bias, _) = layers[1 + 2 * i:3 + 2 * i]
            same = spatial.shape[2] == block.depthwise.weight.shape[2]
            block.depthwise.weight.copy_(spatial if same else spatial.sum(2, keepdim=True))
            block.depthwise.bias.copy_(spatial_bias)
            maps = F.conv2d(block.spread(x), matrix, bias).permute(0, 2, 3, 1).reshape(-1, len(matrix))
            mean = maps.mean(0)
            seen = maps.clamp(-2, 8) - mean
            rank = len(block.thin.weight)
            kept = torch.linalg.eigh(seen.T @ seen)[1][:, -rank:]
            block.thin.weight.copy_((kept.T @ matrix[:, :, 0, 0])[:, :, None, None])
            block.wide.weight.copy_(kept[:, :, None, None])
            block.wide.bias.copy_(mean - kept @ (kept.T @ (mean - bias)))
            x = block(x)


class Taught(nn.Module):
    """The student with what only teaching needs: layers that give YAMNet's vector and logits."""

    def __init__(self):
        super().__init__()
        self.student = Student()
        self.vector = nn.Linear(TOP, 1024)
        self.classes = nn.Linear(TOP, 521)
