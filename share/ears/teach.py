"""Teaches the student what the teachers answered: teach.py WORK YAMNET OUT MINUTES [STUDENT]. It reads the shards that
mix.py has written, and those that it writes meanwhile; with STUDENT it goes on from there."""

import os
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F

from shards import HELD_BACK, SHAPES, batch_of, frames_at, open_shards, usual_gains
from student import TOP, Taught
from teachers import Yamnet

CLIPS, RATE, OWN_SHARE, WARM_UP, COOL_DOWN = 24, 1e-3, 0.5, 300, 0.3


class Spread:
    """Mean and deviation of numbers. Half of YAMNet's hardly move on this sound and would drown the others, so that
    deviations have a floor."""

    def __init__(self, shards, name, floor):
        values = np.concatenate([shard[name][:1500].reshape(-1, SHAPES[name][-1]) for shard in shards])
        values = torch.tensor(values.astype(np.float32))
        self.mean, self.deviation = values.mean(0), values.std(0).clamp(min=floor)

    def standardised(self, x):
        return (x - self.mean) / self.deviation


class Lesson:
    def __init__(self, shards):
        self.vectors, self.words = Spread(shards, "vectors", 0.06), Spread(shards, "words", 1.0)

    def __call__(self, net, batch, gains):
        """The loss, and how alike student and teachers are: cosines for YAMNet and for the speech embedding."""
        heard = net.student(frames_at(batch["energies"], gains))
        sounds = heard[..., :TOP].unfold(1, 6, 3).mean(3)  # the mean over what a patch covers
        said, wanted = net.vector(sounds), batch["vectors"]
        alike = F.cosine_similarity(said - self.vectors.mean, wanted - self.vectors.mean, -1).mean()
        loss = F.smooth_l1_loss(self.vectors.standardised(said), self.vectors.standardised(wanted)) + 1 - alike
        loss = loss + 10 * F.binary_cross_entropy_with_logits(net.classes(sounds), batch["logits"].sigmoid())
        words = self.words.standardised(batch["words"])
        words_alike = F.cosine_similarity(heard[..., TOP:], words, -1).mean()
        loss = loss + F.smooth_l1_loss(heard[..., TOP:], words) + 1 - words_alike
        return loss, alike.item(), words_alike.item()


def drawn_gains(rng, count):
    """Half of the clips much quieter, so that faint sound has the vectors of loud sound."""
    db = np.where(rng.random(count) < 0.5, rng.uniform(-6, 4, count), rng.uniform(-38, 0, count))
    return torch.tensor(10 ** (db / 20), dtype=torch.float32)[:, None, None]


class Course:
    def __init__(self, work, yamnet, out, minutes, before):
        self.work, self.out, self.minutes = work, out, minutes
        self.rng = np.random.default_rng(0)
        shards = open_shards(work)
        self.lesson, self.net = Lesson(shards), Taught()
        self.held_back = batch_of(shards[0], np.arange(HELD_BACK))
        if before:
            self.net.load_state_dict(torch.load(before))
        else:
            some = batch_of(shards[0], np.arange(HELD_BACK, HELD_BACK + 200))
            self.net.student.begin_as(Yamnet(yamnet), frames_at(some["energies"], usual_gains(200)))
            with torch.no_grad():
                self.net.vector.bias.copy_(self.lesson.vectors.mean)
                self.net.classes.bias.fill_(-5.0)
                self.net.student.words.last.bias.zero_()
        self.net.to(memory_format=torch.channels_last)
        own = [p for name, p in self.net.named_parameters() if not name.startswith(("student.first", "student.blocks"))]
        taken = [p for name, p in self.net.named_parameters() if name.startswith(("student.first", "student.blocks"))]
        self.optimiser = torch.optim.AdamW([{"params": own, "share": 1}, {"params": taken, "share": OWN_SHARE}],
                                           lr=RATE, weight_decay=1e-3, betas=(0.9, 0.98))
        self.averaged = {name: value.clone() for name, value in self.net.state_dict().items()}

    def step(self, shard, rate):
        for group in self.optimiser.param_groups:
            group["lr"] = rate * group["share"]
        least = HELD_BACK if shard is self.shards[0] else 0
        clips = np.sort(self.rng.integers(least, len(shard["words"]), CLIPS))
        loss, *alike = self.lesson(self.net, batch_of(shard, clips), drawn_gains(self.rng, CLIPS))
        self.optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 2.0)
        self.optimiser.step()
        return loss.item(), *alike

    @torch.no_grad()
    def average(self, steps):
        kept = min(0.999, steps / (steps + 20))
        for name, value in self.net.state_dict().items():
            self.averaged[name].mul_(kept).add_(value, alpha=1 - kept)

    @torch.no_grad()
    def judged(self):
        """Cosines on the clips held back, at a usual level and 30 dB below."""
        net = Taught().to(memory_format=torch.channels_last)
        net.load_state_dict(self.averaged)
        return [np.mean([self.lesson(net, {name: values[i:i + 32] for name, values in self.held_back.items()},
                                     usual_gains(32) * gain)[1:] for i in range(0, HELD_BACK, 32)], 0)
                for gain in (1.0, 0.03)]

    def save(self):
        torch.save(self.averaged, self.out + ".tmp")
        os.replace(self.out + ".tmp", self.out)

    def run(self):
        start, steps, said = time.time(), 0, []
        while (done := (time.time() - start) / 60 / self.minutes) < 1:
            if steps % 200 == 0:
                self.shards = open_shards(self.work)
                sizes = np.array([len(shard["words"]) for shard in self.shards], float)
            rate = RATE * min(1, steps / WARM_UP, max(0.02, (1 - done) / COOL_DOWN))
            shard = self.shards[self.rng.choice(len(sizes), p=sizes / sizes.sum())]
            said.append(self.step(shard, rate))
            steps += 1
            self.average(steps)
            if steps % 500 == 0:
                (near, words), (far, far_words) = self.judged()
                loss = np.mean([each[0] for each in said[-500:]])
                print(f"{steps * CLIPS} clips, loss {loss:.3f}, held back: YAMNet {near:.3f}, speech {words:.3f}, 30 dB "
                      f"quieter {far:.3f}, {far_words:.3f}", flush=True)
                self.save()
        self.save()


torch.set_num_threads(1)
torch.manual_seed(0)
Course(*sys.argv[1:4], float(sys.argv[4]), sys.argv[5] if len(sys.argv) > 5 else None).run()
