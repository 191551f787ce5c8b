"""earshot label cut, as a user runs it."""
import csv
import os
import signal
import subprocess
import time

import numpy
import soundfile

from support.sandbox import EARSHOT, Sandbox, noise, write_wav

RATE = 8000


class LabelCut(Sandbox):
    def setUp(self):
        super().setUp()
        self.samples = (noise(4, RATE, 0.2)[:, None] * [1, -0.5] * 32768).astype(numpy.int16)
        write_wav(self.dir / "night.wav", self.samples, RATE)

    def write(self, name, text):
        (self.dir / name).write_text(text)

    def cut(self, *words, **checks):
        return self.earshot("label", "cut", "-q", *words, **checks)

    def manifest(self, directory):
        with open(self.dir / directory / "labels.csv", newline="") as file:
            return list(csv.DictReader(file))

    def test_segments_are_the_samples_between_onset_and_offset(self):
        times = [(0.5, 1.25, "cry"), (1.0, 2.00006, "laugh"), (1.1, 1.2, "cry"), (2.3333, 4, "cry")]
        self.write("night.txt", "".join(f"{a}\t{b}\t{label}\n" for a, b, label in times))
        for extra, subtype in ((["--bits", "16"], "PCM_16"), ([], "PCM_24"), (["--bits", "32"], "FLOAT"),
                               (["--format", "flac"], "PCM_24"), (["--format", "flac", "--bits", "16"], "PCM_16")):
            directory = "out" + "".join(extra).replace("-", "")
            self.cut("night.wav", "-o", directory, *extra)
            rows = self.manifest(directory)
            self.assertEqual([row["label"] for row in rows], [label for _, _, label in times])
            for row, (onset, offset, _) in zip(rows, times, strict=True):
                found, rate = soundfile.read(self.dir / directory / row["file"], dtype="float32", always_2d=True)
                self.assertEqual(rate, RATE)
                self.assertEqual(soundfile.info(self.dir / directory / row["file"]).subtype, subtype)
                begin, end = round(onset * RATE), round(offset * RATE)
                numpy.testing.assert_array_equal(found, numpy.float32(self.samples[begin:end] / 32768))
                self.assertEqual((float(row["onset"]), float(row["offset"])), (begin / RATE, end / RATE))
                self.assertEqual(row["source"], "night.wav")

    def test_labels_to_cut_do_not_take_the_recordings_with_them(self):
        self.write("night.txt", "0.5\t1\tcry\n1\t2\tlaugh\n")
        self.cut("-o", "out", "--only", "cry", "night.wav")
        self.assertEqual([row["label"] for row in self.manifest("out")], ["cry"])
        self.cut("--only", "cry", "--only", "laugh,cry", "-o", "both", "night.wav")
        self.assertEqual([row["label"] for row in self.manifest("both")], ["cry", "laugh"])

    def test_segments_of_labels_json_join_to_the_recording(self):
        self.write("night.json", '{"00:00": "a", "00:01.3333": "b", "00:02.7": "a"}')
        self.cut("night.wav", "-o", "out", "--bits", "16")
        parts = [soundfile.read(self.dir / "out" / row["file"], dtype="int16")[0] for row in self.manifest("out")]
        numpy.testing.assert_array_equal(numpy.concatenate(parts), self.samples)

    def test_the_manifest_is_a_label_file_of_the_segments(self):
        self.write("night.txt", "0.5\t1.25\tcry\n2\t3\tlaugh\n")
        self.cut("night.wav", "-o", "out")
        rows = {row["label"]: row for row in self.earshot("label", "stats", "--json", "out").rows()}
        self.assertEqual({label: row["total_s"] for label, row in rows.items()}, {"cry": 0.75, "laugh": 1.0})
        self.earshot("label", "check", "-q", "out")

    def test_labels_do_not_lead_out_of_the_directory(self):
        labels = ["../up", "/etc/passwd", "..", "a/b", "a_b", "犬 🐕", "x" * 300, "-rf", "$(touch x)", "."]
        self.write("night.txt", "".join(f"1\t1.5\t{label}\n" for label in labels))
        before = set(os.listdir(self.dir))
        self.cut("night.wav", "-o", "sub/out")
        self.assertEqual(set(os.listdir(self.dir)), before | {"sub"})
        self.assertEqual(os.listdir(self.dir / "sub"), ["out"])
        rows = self.manifest("sub/out")
        self.assertEqual({row["label"] for row in rows}, set(labels))
        self.assertEqual({row["file"] for row in rows} | {"labels.csv"}, set(os.listdir(self.dir / "sub/out")))
        self.assertEqual(len({row["file"] for row in rows}), len(labels), "a/b and a_b get names of their own")
        self.assertIn("night_000001000_犬_🐕.wav", {row["file"] for row in rows})

    def test_only_some_labels(self):
        self.write("night.txt", "0\t1\tcry\n1\t2\tlaugh\n2\t3\tcough\n")
        self.cut("night.wav", "-o", "out", "--only", "cry,cough")
        self.assertEqual([row["label"] for row in self.manifest("out")], ["cry", "cough"])

    def test_a_mistyped_label_cuts_nothing_and_leaves_nothing(self):
        self.write("night.txt", "0\t1\tcry\n")
        self.cut("night.wav", "-o", "out", "--only", "crz", status=2,
                 stderr="--only crz: no recording has this label (labels: cry)")
        self.assertFalse((self.dir / "out").exists())
        self.cut("night.wav", "-o", "out", "--only", "cry")

    def test_labels_past_the_end_alone_are_a_failure(self):
        self.write("night.txt", "8\t9\tcry\n")
        self.cut("night.wav", "-o", "out", status=1, stderr="every label is outside its recording")
        self.assertFalse((self.dir / "out").exists())
        self.write("night.txt", "")  # no labels: nothing to cut, and that is no failure
        self.cut("night.wav", "-o", "out")

    def test_from_standard_input(self):
        self.write("marks.txt", "0.5\t1\tcry\n")
        # What follows the last mark is not read: in a shell, `cat` might end by its broken pipe.
        self.earshot("label", "cut", "-q", "-", "--labels", "marks.txt", "-o", "out", "--bits", "16",
                     stdin=(self.dir / "night.wav").read_bytes())
        found, _ = soundfile.read(self.dir / "out" / self.manifest("out")[0]["file"], dtype="int16")
        numpy.testing.assert_array_equal(found, self.samples[4000:8000])

    def test_what_lies_past_the_end_is_said(self):
        self.write("night.txt", "3\t5\tcry\n3.5\t3.5\tpoint\n6\t7\tlaugh\n")
        result = self.cut("night.wav", "-o", "out", stderr=None)
        self.assertEqual(result.err.splitlines(),
                         ["earshot label: warning: night.wav: 'point' at 3.500 s has no samples",
                          "earshot label: warning: night.wav: 'cry' at 3.000 s ends 1.000 s after the recording",
                          "earshot label: warning: night.wav: 'laugh' at 6.000 s begins after the recording's end"])
        self.assertEqual([(row["label"], row["offset"]) for row in self.manifest("out")], [("cry", "4")])

    def test_a_directory_with_segments_is_written_over_only_by_force(self):
        self.write("night.txt", "0\t1\tcry\n")
        self.cut("night.wav", "-o", "out")
        self.cut("night.wav", "-o", "out", status=1, stderr="out/labels.csv exists")
        self.cut("night.wav", "-o", "out", "--force")

    def test_an_unreadable_recording_does_not_stop_the_rest(self):
        self.write("night.txt", "0\t1\tcry\n")
        self.write("broken.wav", "RIFF")
        self.write("broken.txt", "0\t1\tcry\n")
        self.cut("broken.wav", "night.wav", "-o", "out", status=3, stderr="broken.wav")
        self.assertEqual(len(self.manifest("out")), 1)
        self.cut("broken.wav", "-o", "none", status=1, stderr="broken.wav")

    def test_a_full_disk_stops_it_with_one_line(self):
        """It tried every recording, with a line for each."""
        for name in ("a", "b", "c"):
            write_wav(self.dir / "many" / f"{name}.wav", self.samples, RATE)
            self.write(f"many/{name}.txt", "0\t4\tcry\n")
        # What cannot grow is as full as a disk.
        said = self.shell("trap '' XFSZ; ulimit -f 64; earshot label cut -q many -o out", status=1).err
        self.assertEqual(len(said.splitlines()), 1, said)
        self.assertIn("cannot write out/", said)
        self.assertIn(": File too large", said)

    def test_usage(self):
        self.cut("night.wav", status=2, stderr="--output is required")
        self.write("night.txt", "0\t1\tcry\n")
        self.cut("night.wav", "-o", "out", "--format", "flac", "--bits", "32", status=2, stderr="FLAC holds 16 or 24 bits")
        self.assertFalse((self.dir / "out").exists())

    def test_overlaps_beyond_reason_are_refused(self):
        self.write("night.txt", "".join(f"0\t{1 + i / 1000}\tl{i}\n" for i in range(300)))
        self.cut("night.wav", "-o", "out", status=1, stderr="more than 256 labels overlap at 0.000 s")
        self.assertFalse((self.dir / "out/labels.csv").exists())

    def test_an_interrupt_leaves_no_segments_without_a_manifest(self):
        self.write("long.txt", "0\t1\tcry\n0.5\t100000\tlaugh\n")
        process = subprocess.Popen([EARSHOT, "label", "cut", "-q", "-", "--labels", "long.txt", "-o", "out"],
                                   cwd=self.dir, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        write_wav(self.dir / "long.wav", noise(60, RATE), RATE)
        process.stdin.write((self.dir / "long.wav").read_bytes()[:-100])  # and more to come, it seems
        process.stdin.flush()
        for _ in range(600):  # until the first segment is finished
            if list(self.dir.glob("out/stdin_*_cry.wav")):
                break
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
        self.assertEqual((process.returncode, said), (-signal.SIGINT, b""))
        self.assertEqual(os.listdir(self.dir / "out"), [])
