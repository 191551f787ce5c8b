"""What all commands do with many inputs: resume after a kill, and share the work out by --shard."""
import json
import os
import random
import subprocess
import time

import numpy

from support.models import DATAGEN, LABELS, write_model
from support.sandbox import EARSHOT, Sandbox, noise, sine, write_wav

RATE = 8000


class BatchSandbox(Sandbox):
    def setUp(self):
        super().setUp()
        write_model(self.dir / "model")

    def recordings(self, count, directory="in", seconds=8):
        """Tones of which no two recordings have the same, low and high ones."""
        tones = numpy.random.default_rng(4)
        for number in range(count):
            parts = [sine(tones.choice([500, 2500]), tones.uniform(0.5, 2), RATE, tones.uniform(0.1, 0.4))
                     if k % 2 else noise(1, RATE, 0.001, number) for k in range(seconds)]
            write_wav(self.dir / directory / f"{number:03}.wav", numpy.concatenate(parts)[: seconds * RATE], RATE)

    def files(self, directory):
        return {path.name: path.read_bytes() for path in sorted((self.dir / directory).iterdir())}


class Kills(BatchSandbox):
    COUNT = 300

    def setUp(self):
        super().setUp()
        self.recordings(20, seconds=30)
        for number in range(20, self.COUNT):  # so many that a run takes a while
            os.link(self.dir / f"in/{number % 20:03}.wav", self.dir / f"in/{number:03}.wav")
        self.random = random.Random(6)

    def start(self, *words):
        return subprocess.Popen([EARSHOT, "detect", "model", "in", *map(str, words)], cwd=self.dir,
                                stderr=subprocess.PIPE, text=True)

    def heard_before(self, said):
        """What a run says that it has not done again."""
        notes = [line for line in said.splitlines() if "were already scored" in line]
        return int(notes[0].split()[0]) if notes else 0

    def kill_until_it_ends(self, journal, kills, *words):
        """Kills runs at random moments, then lets one end."""
        done, target, killed = [], 0, 0  # done: how many recordings were, at each start that came to say so
        for _ in range(kills):
            target += self.random.randrange(2 * self.COUNT // (3 * kills))  # lines of the journal
            process = self.start(*words)
            while process.poll() is None and (not journal.exists() or journal.read_bytes().count(b"\n") < target):
                time.sleep(0.001)
            time.sleep(self.random.uniform(0, 0.005))
            process.kill()
            done.append(self.heard_before(process.communicate()[1]))
            if process.returncode == 0:  # it was faster
                break
            killed += 1
        else:
            process = self.start(*words)
            said = process.communicate()[1]
            self.assertEqual(process.returncode, 0, said)
            done.append(self.heard_before(said))
        self.assertGreater(killed, kills // 2)
        self.assertGreater(done[-1], 0)
        done = [count for count in done if count > 0]
        self.assertEqual(done, sorted(done))  # nothing that was done is lost
        self.assertFalse(journal.exists())

    def test_a_file_of_events_is_that_of_an_undisturbed_run_however_often_it_was_killed(self):
        self.earshot("detect", "model", "in", "-o", "undisturbed.csv")
        self.kill_until_it_ends(self.dir / ".out.csv.journal", 20, "-o", "out.csv", "-j", 2)
        self.assertEqual((self.dir / "out.csv").read_bytes(), (self.dir / "undisturbed.csv").read_bytes())

    def test_a_directory_of_events_too(self):
        self.kill_until_it_ends(self.dir / "out/.earshot-detect.journal", 8, "-o", "out/", "--scores=scores/")
        self.earshot("detect", "model", "in", "-o", "whole/", "--scores=whole-scores/")
        for ours, whole in (("out", "whole"), ("scores", "whole-scores")):
            files = {name: text for name, text in self.files(ours).items() if not name.startswith(".")}
            self.assertEqual(files, self.files(whole))

    def test_rejected_lines_too(self):
        words = ["--min-duration", "1s", "--rejected"]
        self.earshot("detect", "model", "in", "-o", "undisturbed.jsonl", *words, "why.jsonl")
        self.assertGreater((self.dir / "why.jsonl").read_bytes().count(b"short"), self.COUNT)
        self.kill_until_it_ends(self.dir / ".out.jsonl.journal", 8, "-o", "out.jsonl", "-j", 2, *words, "out-why.jsonl")
        self.assertEqual((self.dir / "out.jsonl").read_bytes(), (self.dir / "undisturbed.jsonl").read_bytes())
        self.assertEqual((self.dir / "out-why.jsonl").read_bytes(), (self.dir / "why.jsonl").read_bytes())

    def unfinished(self, *words):
        """A run that is killed once some recordings are done."""
        journal = self.dir / ".out.jsonl.journal"
        process = self.start("-o", "out.jsonl", "-j", 1, *words)
        while process.poll() is None and (not journal.exists() or journal.read_bytes().count(b"\n") < 20):
            time.sleep(0.001)
        process.kill()
        process.communicate()
        self.assertTrue(journal.exists(), "it had finished before it could be killed")
        return journal.read_bytes().count(b"\n") - 1

    def test_no_finished_recording_is_heard_again(self):
        done = self.unfinished()
        said = self.earshot("detect", "model", "in", "-o", "out.jsonl", stderr="were already scored").err
        self.assertEqual(self.heard_before(said), done)

    def test_a_run_with_other_settings_begins_anew(self):
        for words in (["--threshold", "0.7"], ["--label", "high"], ["--overlap", "0.5"], ["--start", "1s"],
                      ["--smooth", "2s"], ["--top", 1], ["--confirm", "2/3"], ["--rejected", "why.jsonl"],
                      ["--suppress", "low near high:1s"]):
            with self.subTest(words):
                self.unfinished()
                self.earshot("detect", "model", "in", "-o", "out.jsonl", *words)
                self.assertFalse((self.dir / ".out.jsonl.journal").exists())
                self.assertEqual((self.dir / "out.jsonl").read_bytes(),
                                 self.earshot("detect", "model", "in", *words).out)
        self.unfinished()
        write_model(self.dir / "model", thresholds=(0.9, 0.9, 0.9))
        self.earshot("detect", "model", "in", "-o", "out.jsonl")

    def test_a_recording_that_has_changed_is_heard_again(self):
        done = self.unfinished()
        (self.dir / "in/000.wav").unlink()
        write_wav(self.dir / "in/000.wav", sine(2500, 3, RATE), RATE)
        said = self.earshot("detect", "model", "in", "-o", "out.jsonl", stderr="were already scored").err
        self.assertEqual(self.heard_before(said), done - 1)
        self.assertEqual((self.dir / "out.jsonl").read_bytes(), self.earshot("detect", "model", "in").out)


class Shards(BatchSandbox):
    COUNTS = [1, 3, 9]  # parts of seven recordings: some have none

    def setUp(self):
        super().setUp()
        self.recordings(7)

    def parts(self, *words, count):
        return [self.earshot(*words, "--shard", f"{index}/{count}").out for index in range(1, count + 1)]

    def test_events_of_all_parts_are_those_of_the_whole(self):
        for form in ("jsonl", "csv", "tsv"):
            words = ["detect", "model", "in", "--format", form]
            whole = self.earshot(*words).out
            self.assertGreater(whole.count(b"\n"), 10)
            for count in self.COUNTS:
                self.assertEqual(b"".join(self.parts(*words, count=count)), whole)

    def test_a_part_without_recordings_makes_an_empty_file(self):
        for number in range(1, 10):
            self.earshot("detect", "model", "in", "-o", f"part{number}.csv", "--shard", f"{number}/9")
        self.assertEqual((self.dir / "part1.csv").read_bytes(), b"file,onset,offset,label,score\n")
        self.assertEqual(b"".join((self.dir / f"part{number}.csv").read_bytes() for number in range(1, 10)),
                         self.earshot("detect", "model", "in", "--format", "csv").out)

    def test_names_of_files_in_a_directory_do_not_depend_on_parts(self):
        """Recordings of one name, of which each part has one."""
        self.recordings(2, "one")
        self.recordings(2, "two")
        self.earshot("detect", "model", "one", "two", "-o", "whole/")
        for index in (1, 2):
            self.earshot("detect", "model", "one", "two", "-o", "out/", "--shard", f"{index}/2")
        self.assertEqual(self.files("out"), self.files("whole"))
        self.assertEqual(len(self.files("out")), 4)

    def test_bad_parts(self):
        for words in (["detect", "model", "in"], ["evaluate", "model", "in"], ["datagen", "in", "out"]):
            for bad in ("0/3", "4/3", "1", "a/b", "1/0", "-1/2"):
                self.earshot(*words, f"--shard={bad}", status=2, stderr="expected I/N")

    def label(self):
        for path in sorted((self.dir / "in").glob("*.wav")):
            path.with_suffix(".txt").write_text("0.0\t3.0\tlow\n3.0\t6.0\thigh\n")
        (self.dir / "in/006.txt").write_text("0.0\t8.0\tsilence\n")

    def test_datasets_of_all_parts_are_those_of_the_whole(self):
        self.label()
        self.earshot("datagen", "in", "whole", "-q", *DATAGEN)
        for count in self.COUNTS:
            for index in range(1, count + 1):
                self.earshot("datagen", "in", f"parts{count}", "-q", *DATAGEN, "--shard", f"{index}/{count}")
            self.assertEqual(self.files(f"parts{count}"), self.files("whole"))
        self.earshot("datagen", "in", "-o", "one.npz", "--shard", "1/2", status=2, stderr="--shard cannot write to one file")

    def test_evaluation_of_all_parts_is_that_of_the_whole(self):
        self.label()
        (self.dir / "in/003.wav").write_text("no sound")
        damaged = (self.dir / "in/005.wav").read_bytes()
        (self.dir / "in/005.wav").write_bytes(damaged[: len(damaged) // 2])
        forms = (["--json", "--per-recording"], ["--per-recording"], ["--scores", "scores.tsv", "--curves", "curves.tsv"])

        def outputs(*words):
            """The reports of each form, and the files that come with them."""
            made = []
            for form in forms:
                made.append(self.earshot("evaluate", "model", *words, *form, status=3, stderr="in/003.wav: not audio").out)
                for path in sorted(self.dir.glob("*.tsv")):
                    made.append(path.read_bytes())
                    path.unlink()
            return made

        whole = outputs("in")
        undivided = self.earshot("evaluate", "model", "in", "--shard", "1/1", status=3, stderr="in/003.wav: not audio").out
        for count in self.COUNTS:
            names = [f"part-{index}-of-{count}.jsonl" for index in range(1, count + 1)]
            for index, name in enumerate(names, 1):
                run = subprocess.run([EARSHOT, "evaluate", "model", "in", "--shard", f"{index}/{count}", "-o", name, "-q"],
                                     cwd=self.dir, capture_output=True, text=True)
                self.assertIn(run.returncode, (0, 1, 3), run.stderr)
            self.assertEqual(b"".join((self.dir / name).read_bytes() for name in names), undivided)
            self.assertEqual(outputs(*reversed(names), "--merge"), whole)
        run = subprocess.run([EARSHOT, "evaluate", "model", "-", "--merge", "--json", "--per-recording"], cwd=self.dir,
                             input=undivided, capture_output=True)
        self.assertEqual((run.returncode, run.stdout), (3, whole[0]), run.stderr)

    def test_parts_that_do_not_make_a_whole(self):
        self.label()
        for index in (1, 2, 3):
            self.earshot("evaluate", "model", "in", "--shard", f"{index}/3", "-o", f"{index}.jsonl")
        merge = lambda *files: ["evaluate", "model", *files, "--merge"]
        for files, message in ((["1.jsonl", "2.jsonl"], "3 of 7 recordings are missing"),
                               (["1.jsonl", "3.jsonl"], "recording 2 is missing"),
                               (["2.jsonl", "3.jsonl"], "the first part is missing"),
                               (["1.jsonl", "2.jsonl", "2.jsonl", "3.jsonl"], "recording 4 is missing"),
                               (["in/000.txt"], "in/000.txt, line 1: not output of earshot evaluate --shard"),
                               (["none.jsonl"], "none.jsonl: No such file")):
            self.earshot(*merge(*files), status=1, stderr=message)
        lines = [json.loads(line) for line in (self.dir / "1.jsonl").read_text().splitlines()]
        for key, value in (("truths", [len(LABELS)] * len(lines[1]["truths"])), ("scores", []), ("onsets", [0])):
            damaged = [lines[0], {**lines[1], key: value}]
            (self.dir / "damaged.jsonl").write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in damaged))
            self.earshot(*merge("damaged.jsonl"), status=1, stderr="damaged.jsonl, line 2: the scores do not match the labels")
        write_model(self.dir / "model", thresholds=(0.9, 0.9, 0.9))
        self.earshot(*merge("1.jsonl", "2.jsonl", "3.jsonl"), status=1, stderr="model: these parts were made with another model")

    def test_options_that_do_not_go_together(self):
        for words, message in ((["in", "--shard", "1/2", "--json"], "--shard writes scores, not a report"),
                               (["in", "--shard", "1/2", "--merge"], "cannot be combined"),
                               (["a.jsonl", "--merge", "--tags", "low"], "--merge reads finished scores"),
                               (["model", "in", "--shard", "1/2"], "need one model and DATA")):
            self.earshot("evaluate", "model", *words, status=2, stderr=message)
