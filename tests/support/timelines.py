"""Random timelines with scores, and the figures of events by slow and obvious ways, in numpy and scipy."""
import itertools
import math

import numpy
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import maximum_bipartite_matching

STEP = 0.04  # seconds of a step of scores
HOUR = 3600


class Case:
    """Recordings with true events, scores that roughly follow them, and the events above a threshold."""

    def __init__(self, seed, recordings, steps, labels, levels=None):
        random = numpy.random.default_rng(seed)
        self.labels = [f"label {c}" for c in range(labels)]
        self.names = [f"clip_{i:02}" for i in range(recordings)]
        self.duration = round(steps * STEP, 3)
        self.times = numpy.round(numpy.arange(steps + 1) * STEP, 3)
        self.truth, self.found, self.scores = {}, {}, {}
        for name in self.names:
            logits = -3 + random.normal(0, 0.12, (steps, labels)).cumsum(axis=0) + random.normal(0, 0.2, (steps, labels))
            self.truth[name] = []
            for c, label in enumerate(self.labels):
                end = 0
                while random.random() < 0.5:
                    onset = round(end + random.uniform(0.1, self.duration / 3), 3)
                    end = round(onset + random.uniform(0.1, self.duration / 4), 3)
                    if end > self.duration:
                        break
                    self.truth[name].append((onset, end, label))
                    first, last = (int(t / STEP) + random.integers(-4, 5) for t in (onset, end))
                    logits[max(0, first):max(0, last), c] += random.uniform(0, 8)
            scores = 1 / (1 + numpy.exp(-logits))
            self.scores[name] = (numpy.round(scores * levels) / levels if levels else scores).astype(numpy.float32)
            self.found[name] = [(*event, label) for c, label in enumerate(self.labels)
                                for event in runs(self.scores[name][:, c] >= 0.5, self.times)]

    def write(self, directory):
        """truth.tsv, found.tsv, durations.tsv and scores/."""
        (directory / "scores").mkdir()
        for file, events in (("truth.tsv", self.truth), ("found.tsv", self.found)):
            rows = [f"{name}.wav\t{onset}\t{offset}\t{label}" for name in self.names for onset, offset, label in events[name]]
            (directory / file).write_text("\n".join(["filename\tonset\toffset\tevent_label", *rows]) + "\n")
        (directory / "durations.tsv").write_text(
            "filename\tduration\n" + "".join(f"{name}.wav\t{self.duration}\n" for name in self.names))
        for name in self.names:
            rows = ["\t".join([f"{a:.3f}", f"{b:.3f}", *map(str, row)])
                    for a, b, row in zip(self.times, self.times[1:], self.scores[name])]
            head = "\t".join(["onset", "offset", *self.labels])
            (directory / "scores" / f"{name}.tsv").write_text("\n".join([head, *rows]) + "\n")

    def of_label(self, events, name, label):
        return [(onset, offset) for onset, offset, other in events[name] if other == label]


def runs(active, times):
    edges = numpy.diff(numpy.concatenate([[0], active.astype(int), [0]]))
    return [(float(times[a]), float(times[b])) for a, b in zip(numpy.flatnonzero(edges == 1), numpy.flatnonzero(edges == -1))]


def ratios(hits, reference, detected):
    """Precision, recall and F1; NaN over nothing."""
    return (hits / detected if detected else math.nan, hits / reference if reference else math.nan,
            2 * hits / (reference + detected) if reference else math.nan)


def event_hits(reference, detected, collar=0.2):
    """The size of a maximum matching."""
    near = numpy.zeros((len(reference), len(detected)), int)
    for i, j in itertools.product(range(len(reference)), range(len(detected))):
        (a, b), (c, d) = reference[i], detected[j]
        near[i, j] = abs(a - c) <= collar and abs(b - d) <= max(collar, 0.2 * (b - a))
    return int((maximum_bipartite_matching(csr_matrix(near), "column") >= 0).sum()) if near.size else 0


def segment_roll(events, segments, length):
    roll = numpy.zeros(segments, bool)
    for onset, offset in events:
        roll[math.floor(onset / length):math.ceil(offset / length)] = True
    return roll


def overlap(one, other):
    return max(0.0, min(one[1], other[1]) - max(one[0], other[0]))


def reaches(seconds, fraction, length):
    return round(seconds, 6) >= round(fraction * length, 6)


def intersections(reference, others, detected, dtc, gtc, cttc=None):
    """Hits, false positives and cross triggers with each other label."""
    relevant = [d for d in detected if reaches(sum(overlap(d, r) for r in reference), dtc, d[1] - d[0])]
    wrong = [d for d in detected if d not in relevant]
    hits = sum(reaches(sum(overlap(d, r) for d in relevant), gtc, r[1] - r[0]) for r in reference)
    crossing = {label: sum(reaches(sum(overlap(d, r) for r in events), cttc, d[1] - d[0]) for d in wrong) if events else 0
                for label, events in others.items()} if cttc is not None else {}
    return hits, len(wrong), crossing


def psds(case, dtc, gtc, cttc=None, alpha_ct=0.0, alpha_st=1.0, most=100.0):
    """PSDS, and of each label, from the counts at every threshold that any score of the label is."""
    hours = len(case.names) * case.duration / HOUR
    seconds = {label: sum(b - a for n in case.names for a, b in case.of_label(case.truth, n, label)) for label in case.labels}
    curves = {}
    for c, label in enumerate(case.labels):
        events = sum(len(case.of_label(case.truth, n, label)) for n in case.names)
        points = [(0.0, 0.0)]
        for threshold in numpy.unique(numpy.concatenate([case.scores[n][:, c] for n in case.names])):
            hits, wrong, crossing = 0, 0, {other: 0 for other in case.labels if other != label}
            for name in case.names:
                others = {other: case.of_label(case.truth, name, other) for other in crossing}
                h, w, x = intersections(case.of_label(case.truth, name, label), others,
                                        runs(case.scores[name][:, c] >= threshold, case.times), dtc, gtc, cttc)
                hits, wrong = hits + h, wrong + w
                for other, count in x.items():
                    crossing[other] += count
            rate = wrong / hours + alpha_ct * numpy.mean([n / (seconds[o] / HOUR) for o, n in crossing.items()])
            points.append((rate, hits / events))
        curves[label] = sorted(points)
    edges = sorted({x for points in curves.values() for x, _ in points if x <= most} | {most})
    heights = {label: numpy.array([max(y for x, y in points if x <= edge) for edge in edges[:-1]])
               for label, points in curves.items()}
    area = lambda height: float(numpy.sum(height * numpy.diff(edges)) / most)
    stack = numpy.stack(list(heights.values()))
    whole = area(numpy.maximum(0, stack.mean(axis=0) - alpha_st * stack.std(axis=0)))
    return whole, {label: area(height) for label, height in heights.items()}
