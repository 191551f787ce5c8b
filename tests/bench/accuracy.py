#!/usr/bin/python3
"""Trains recipes on packs of labelled recordings and prints figures on recordings that they have not heard.

    tests/bench/accuracy.py BUILD_DIR DATA_DIR [PART ...] [--seeds 3]

Parts, all by default; each names the folder of DATA_DIR that it takes:
  monitor   sounds, and spectrum-mlp with frames of 2 s: learnt from samples 1 to 4, judged on 5 and 6
  evenings  events, of the folder monitor: learnt from labels.json of samples 1 to 4, judged on events.tsv of 5 and 6
  scenes    events: learnt from folds 1 to 3, without and with weak labels, judged on fold 4; 15 min a seed
  cry       sounds over 5 s, the same with the network of impact, spectrum-mlp with frames of 5 s; by the folds given
  esc10     as cry, but --standardise data: rain and waves are steady
  calls     phrase: learnt from one take of the phrase, judged on the other, and the reverse; negatives in halves
  digits    open-set: each speaker in turn judged by what is learnt from the others, 8 and 9 unknown
  cry-open  open-set, of the folder cry: each fold in turn judged by what is learnt from the others, a kind of noise unknown
  monitor-open  open-set, of the folder monitor: its background is the background
  word      phrase, of the folder digits: is the word "seven"? each speaker in turn
  anomaly   impact; judged on every fifth window of each label, and the mean of all five ways to choose these
  waveform  anomaly by impact-waveform, but at 16 kHz; 10 min a seed

A figure is the mean over --seeds seeds, beside what scikit-learn gets in an afternoon. One thread trains, so that figures
come out the same again. Exits 1 if a reference is not reached.
"""
import argparse
import csv
import json
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile


class Bench:
    def __init__(self, arguments):
        self.arguments = arguments
        self.earshot = pathlib.Path(arguments.build).resolve() / "bin" / "earshot"
        self.data = pathlib.Path(arguments.data).resolve()
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="earshot-accuracy-"))
        self.missed = 0

    def run(self, *words):
        subprocess.run([self.earshot, *map(str, words)], cwd=self.directory, check=True, stdout=subprocess.DEVNULL)

    def datagen(self, name, recipe, *words):
        self.run("datagen", "--recipe", recipe, *words, name, "-q")
        return self.directory / name

    def part_of(self, name, dataset, chosen):
        """A dataset of some recordings of another: those whose name chosen() takes."""
        part = self.directory / name
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()
        for path in sorted(dataset.glob("*.npz")):
            if chosen(path.stem):
                (part / path.name).symlink_to(path)
        return part

    def metrics(self, recipe, seed, *words):
        """What a model says of itself once it is trained; "test" in it is of what it has not seen."""
        self.run("train", "--recipe", recipe, "--seed", seed, "--threads", 1, "--force", "-o", "model", "-q", *words)
        return json.loads((self.directory / "model" / "model.json").read_text())["metrics"]

    def print(self, what, values, reference):
        mean = statistics.mean(values)
        met = reference is None or mean >= reference
        self.missed += not met
        each = " ".join(f"{value:.3f}" for value in values)
        beside = "" if reference is None else f"reference {reference:g}{'' if met else '  MISSED'}"
        print(f"{what:<44} {mean:6.3f}  ({each})  {beside}", flush=True)

    def seeds(self):
        return range(self.arguments.seeds)

    def monitor(self):
        root = self.data / "monitor"
        for recipe in ("sounds", "ears", "spectrum-mlp"):
            learnt = self.datagen(f"learnt-{recipe}", recipe, *(root / f"sample_{i}" for i in (1, 2, 3, 4)))
            judged = self.datagen(f"judged-{recipe}", recipe, *(root / f"sample_{i}" for i in (5, 6)))
            tests = [self.metrics(recipe, seed, learnt, "--test-data", judged)["test"] for seed in self.seeds()]
            self.print(f"monitor, {recipe}, accuracy", [test["accuracy"] for test in tests], 0.80)
            self.print(f"monitor, {recipe}, balanced accuracy", [test["balanced_accuracy"] for test in tests], 0.76)

    # The network of the recipe impact over the frames of sounds, at that recipe's step size.
    ATTENTION = ("--arch", "attention", "--dropout", 0.3, "--learning-rate", 0.001)

    def folds(self, pack, what, recipe, made_with, learnt_with, reference):
        root = self.data / pack
        clips = self.datagen(f"{pack}-{recipe}", recipe, root / "audio", "--labels", root / "labels.csv", "--group", "fold",
                             "--force", *made_with)
        held_out = [self.metrics(recipe, seed, clips, "--folds", 4, *learnt_with) for seed in self.seeds()]
        self.print(f"{pack}, {what}, accuracy", [each["accuracy"] for each in held_out], reference)

    def cry(self):
        whole = ("--window", "5s", "--overlay", 0)
        self.folds("cry", "sounds", "sounds", (), whole, 0.846)
        self.folds("cry", "ears", "ears", (), whole[:2], 0.846)
        self.folds("cry", "vectors of the ears", "vectors", ("--pretrained", "own"), whole[:2], 0.846)
        self.folds("cry", "attention", "sounds", (), (*whole, *self.ATTENTION), 0.846)
        self.folds("cry", "spectrum-mlp", "spectrum-mlp", ("--sample-duration", "5s"), (), 0.846)

    def esc10(self):
        whole = ("--window", "5s", "--overlay", 0, "--standardise", "data")
        self.folds("esc10", "sounds", "sounds", (), whole, 0.825)
        self.folds("esc10", "ears", "ears", (), whole[:2], 0.825)
        self.folds("esc10", "vectors of the ears", "vectors", ("--pretrained", "own"), whole[:2], 0.825)
        self.folds("esc10", "attention", "sounds", (), (*whole, *self.ATTENTION), 0.825)

    def phrase(self, what, parts, reference):
        """@param parts  pairs of datasets, learnt from and judged on"""
        areas, scores = [], []
        for seed in self.seeds():
            tests = [self.metrics("phrase", seed, learnt, "--test", 0, "--test-data", judged)["test"]
                     for learnt, judged in parts]
            areas.append(statistics.mean(positive(test["labels"])["roc_auc"] for test in tests))
            scores.append(statistics.mean(positive(test["detection"])["score"] for test in tests))
        self.print(f"{what}, area under the ROC curve", areas, reference)
        self.print(f"{what}, score at the threshold", scores, None)

    def calls(self):
        root = self.data / "calls"
        calls = self.datagen("calls", "phrase", root / "audio", "--labels", root / "word_bounds.json")
        rows = sorted(csv.DictReader(open(root / "details.csv")), key=lambda row: row["id"])
        take = {row["id"]: row["take"] for row in rows}
        half = {key: i % 2 for i, key in enumerate(key for key in take if not take[key])}
        parts = [self.part_of(f"calls-{letter}", calls, lambda key: take[key] == letter or half.get(key) == i)
                 for i, letter in enumerate("AC")]
        self.phrase("calls by take", [parts, parts[::-1]], 0.99)

    def speakers(self, dataset):
        for speaker in ("jackson", "nicolas", "yweweler", "george"):
            yield (self.part_of("others", dataset, lambda stem: speaker not in stem),
                   self.part_of("speaker", dataset, lambda stem: speaker in stem))

    def digits(self):
        root = self.data / "digits"
        words = self.datagen("words", "open-set", root / "audio", "--labels", root / "labels.csv")
        accuracy, area = [], []
        for seed in self.seeds():
            tests = [self.metrics("open-set", seed, others, "--tags", "0,1,2,3,4,5,6,7", "--test-data", speaker)["test"]
                     for others, speaker in self.speakers(words)]
            accuracy.append(statistics.mean(test["open_set"]["closed_accuracy"] for test in tests))
            area.append(statistics.mean(test["open_set"]["roc_auc"] for test in tests))
        self.print("digits by speaker, accuracy of known words", accuracy, 0.80)
        self.print("digits by speaker, AUROC known / unknown", area, 0.75)

    KINDS = ("cat", "dog", "siren", "thunderstorm")  # of noise, unknown where fold 1, 2, 3, 4 is judged

    def cry_open(self):
        root = self.data / "cry"
        clips = {pathlib.Path(row["file"]).stem: row for row in csv.DictReader(open(root / "clips.csv"))}
        parts = []
        for fold, kind in enumerate(self.KINDS, 1):
            labels = self.directory / f"{kind}.csv"
            with open(labels, "w") as out:
                out.write("id,label\n")
                out.writelines(f"{key},{kind if row['kind'] == kind else row['label']}\n" for key, row in clips.items())
            windows = self.datagen(f"clips-{kind}", "open-set", root / "audio", "--labels", labels)
            parts.append((self.part_of(f"{kind}-learnt", windows,
                                       lambda key: int(clips[key]["fold"]) != fold and clips[key]["kind"] != kind),
                          self.part_of(f"{kind}-judged", windows,
                                       lambda key: int(clips[key]["fold"]) == fold or clips[key]["kind"] == kind)))
        accuracy, area = [], []
        for seed in self.seeds():
            tests = [self.metrics("open-set", seed, learnt, "--tags", "crying_baby,baby_laugh,noise,silence", "--test-data",
                                  judged)["test"]["open_set"] for learnt, judged in parts]
            accuracy.append(statistics.mean(test["closed_accuracy"] for test in tests))
            area.append(statistics.mean(test["roc_auc"] for test in tests))
        self.print("cry by fold, accuracy of known seconds", accuracy, 0.846)
        self.print("cry by fold, AUROC known / unknown", area, None)

    def monitor_open(self):
        root = self.data / "monitor"
        learnt = self.datagen("open-learnt", "open-set", *(root / f"sample_{i}" for i in (1, 2, 3, 4)))
        judged = self.datagen("open-judged", "open-set", *(root / f"sample_{i}" for i in (5, 6)))
        for what, options in (("open-set", ()), ("open-set, 2 s", ("--window", "2s", "--pool", 100))):
            tests, likeliest = [], []
            for seed in self.seeds():
                tests.append(self.metrics("open-set", seed, learnt, "--test-data", judged, *options)["test"])
                likeliest.append(self.likeliest(judged))
            # What the reference answers is never `unknown`.
            self.print(f"monitor, {what}, likeliest label", [accuracy for accuracy, _ in likeliest], 0.80)
            self.print(f"monitor, {what}, the same, balanced", [balanced for _, balanced in likeliest], 0.76)
            self.print("the same where unknown is wrong", [test["accuracy"] for test in tests], 0.80)
            self.print("the same where unknown is wrong, balanced", [test["balanced_accuracy"] for test in tests], 0.76)
            self.print("the same, AUROC event / background", [test["open_set"]["roc_auc"] for test in tests], None)

    def likeliest(self, judged):
        """Accuracy and balanced accuracy of the model's likeliest labels, whatever their thresholds."""
        self.run("evaluate", "model", judged, "--scores", "scores.tsv", "-q")
        right = {}
        with open(self.directory / "scores.tsv") as lines:
            for row in csv.DictReader(lines, delimiter="\t"):
                scores = {name: float(row[name]) for name in list(row)[3:] if name != "unknown"}
                right.setdefault(row["label"], []).append(max(scores, key=scores.get) == row["label"])
        every = [answer for answers in right.values() for answer in answers]
        return statistics.mean(every), statistics.mean(map(statistics.mean, right.values()))

    def word(self):
        root = self.data / "digits"
        labels = self.directory / "word.csv"
        with open(labels, "w") as out:
            out.write("id,label\n")
            for row in csv.DictReader(open(root / "labels.csv")):
                out.write(f"{pathlib.Path(row['file']).stem},{int(row['label'] == '7')}\n")
        words = self.datagen("word", "phrase", root / "audio", "--labels", labels)
        parts = []
        for i, (others, speaker) in enumerate(self.speakers(words)):
            parts.append((others.rename(self.directory / f"others-{i}"), speaker.rename(self.directory / f"speaker-{i}")))
        # Logistic regression over mean and deviation of log-mel in four slices; a support vector machine gets 0.912.
        self.phrase("seven by speaker", parts, 0.932)

    def fifths(self, recipe, *options):
        """Pairs of datasets of the anomalies, learnt from and judged on; the last is the split of the pack."""
        root = self.data / "anomaly"
        windows = self.datagen("windows", recipe, root / "audio", "--labels", root / "labels.csv", "--force", *options)
        seen, fifth = {}, {}
        for row in csv.DictReader(open(root / "labels.csv")):
            seen[row["label"]] = seen.get(row["label"], 0) + 1
            fifth[pathlib.Path(row["file"]).stem] = (seen[row["label"]] - 1) % 5
        return [(self.part_of(f"learnt-{k}", windows, lambda stem: fifth[stem] != k),
                 self.part_of(f"judged-{k}", windows, lambda stem: fifth[stem] == k)) for k in range(5)]

    def area(self, recipe, seed, learnt, judged):
        return positive(self.metrics(recipe, seed, learnt, "--test-data", judged)["test"]["labels"])["roc_auc"]

    def anomaly(self):
        fifths = self.fifths("impact")
        areas = [[self.area("impact", seed, *pair) for pair in fifths] for seed in self.seeds()]
        self.print("anomaly, impact, area under the ROC curve", [each[-1] for each in areas], 0.92)
        self.print("the same, mean of five splits", [statistics.mean(each) for each in areas], None)

    def waveform(self):
        pair = self.fifths("impact-waveform", "--sample-rate", 16000, "--high", 7800)[-1]
        areas = [self.area("impact-waveform", seed, *pair) for seed in self.seeds()]
        self.print("anomaly, impact-waveform, area", areas, 0.92)


    def judged_events(self, model, recordings, truth, *words):
        """What evaluate says of the events that detect finds."""
        shutil.rmtree(self.directory / "tables", ignore_errors=True)
        (self.directory / "tables").mkdir()
        self.run("detect", model, *recordings, "-q", "--scores=tables/", "-o", "found.jsonl")
        self.run("evaluate", "--detections", "found.jsonl", "--score-tables", "tables", truth, *words, "--json",
                 "-o", "report.json")
        return json.loads((self.directory / "report.json").read_text())["events"]

    def evenings(self):
        root = self.data / "monitor"
        learnt = self.datagen("learnt-events", "events", *(root / f"sample_{i}" for i in (1, 2, 3, 4)))
        heard = self.directory / "evenings"
        heard.mkdir()
        lines = ["filename\tonset\toffset\tevent_label"]
        for i in (5, 6):
            (heard / f"sample_{i}.mp3").symlink_to(root / f"sample_{i}" / "audio.mp3")
            events = (root / f"sample_{i}" / "events.tsv").read_text().splitlines()[1:]
            lines += [f"sample_{i}.mp3\t{event}" for event in events]
        (self.directory / "truth.tsv").write_text("\n".join(lines) + "\n")
        reports = []
        for seed in self.seeds():
            self.metrics("events", seed, learnt)
            reports.append(self.judged_events("model", sorted(heard.iterdir()), "truth.tsv", "--collar", 0.5))
        self.print("evenings, events, event F1 (0.5 s), macro", [r["event"]["macro"]["f1"] for r in reports], 0.70)
        self.print("evenings, events, segment F1, macro", [r["segment"]["macro"]["f1"] for r in reports], None)

    def scenes(self):
        root = self.data / "scenes"

        def chosen(part, folds):
            with open(root / part / "folds.csv", newline="") as file:
                return [str(root / part / row["filename"]) for row in csv.DictReader(file) if row["fold"] in folds]

        sets = {}
        for part in ("strong", "weak"):
            (self.directory / f"{part}.list").write_text("\n".join(chosen(part, "123")) + "\n")
            self.run("datagen", "--recipe", "events", f"@{part}.list", part, "--labels", root / part / f"{part}.tsv", "-q")
            sets[part] = self.directory / part
        judged = chosen("strong", "4")
        names = {pathlib.Path(path).name for path in judged}
        for name in ("strong", "durations"):
            rows = (root / "strong" / f"{name}.tsv").read_text().splitlines()
            kept = [row for row in rows[1:] if row.split("\t")[0] in names]
            if name == "strong":
                kept += [f"{file}\t\t\t" for file in sorted(names - {row.split("\t")[0] for row in kept})]
            (self.directory / f"fold4-{name}.tsv").write_text("\n".join([rows[0], *kept]) + "\n")
        for what, data in (("strong", ["strong"]), ("strong and weak", ["strong", "weak"])):
            reports = []
            for seed in self.seeds():
                self.metrics("events", seed, *(sets[part] for part in data))
                reports.append(self.judged_events("model", judged, "fold4-strong.tsv", "--durations", "fold4-durations.tsv"))
            for figure, value, reference in (("event F1 (0.2 s)", lambda r: r["event"]["macro"]["f1"], 0.30),
                                             ("segment F1", lambda r: r["segment"]["macro"]["f1"], 0.60),
                                             ("PSDS1", lambda r: r["psds1"], 0.25), ("PSDS2", lambda r: r["psds2"], None)):
                self.print(f"scenes, {what}, {figure}, macro", [value(report) for report in reports], reference)


def positive(labels):
    """The figures of the one label that is no background."""
    (one,) = (figures for label, figures in labels.items() if label not in ("background", "OK", "0"))
    return one


PARTS = ("monitor", "evenings", "scenes", "cry", "esc10", "calls", "digits", "cry-open", "monitor-open", "word", "anomaly", "waveform")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("data")
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--seeds", type=int, default=3)
    arguments = parser.parse_args()
    for part in arguments.parts:
        if part not in PARTS:
            parser.error(f"no part {part} ({', '.join(PARTS)})")
    bench = Bench(arguments)
    try:
        for part in arguments.parts or PARTS:
            getattr(bench, part.replace("-", "_"))()
    finally:
        shutil.rmtree(bench.directory, ignore_errors=True)
    return 1 if bench.missed else 0


sys.exit(main())
