"""earshot label convert, as a user runs it."""
import json
import os
import pty
import subprocess

import numpy

from support.sandbox import EARSHOT, Sandbox, memory_is_measurable, noise, sine, write_wav

JSON = '{\n  "00:00": "quiet",\n  "00:02": "cry",\n  "00:03.500": "quiet"\n}\n'


class LabelConvert(Sandbox):
    def convert(self, *words, **checks):
        return self.earshot("label", "convert", *words, **checks)

    def write(self, name, text):
        path = self.dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return name

    def read(self, name):
        return (self.dir / name).read_text()

    def test_the_name_of_the_output_says_the_format(self):
        self.write("labels.json", JSON)
        write_wav(self.dir / "night.wav", noise(5), 44100)
        self.convert("labels.json", "-o", "labels.txt", "--audio", "night.wav")
        self.assertEqual(self.read("labels.txt"), "0\t2\tquiet\n2\t3.5\tcry\n3.5\t5\tquiet\n")
        self.convert("labels.txt", "-o", "labels.tsv", "--name", "night.wav")
        self.assertEqual(self.read("labels.tsv").splitlines()[2], "night.wav\t2\t3.5\tcry")
        self.convert("labels.txt", "-o", "a.selections.txt")
        self.assertEqual(self.read("a.selections.txt").splitlines()[0].split("\t")[-1], "Annotation")
        self.convert("a.selections.txt", "-o", "again.json")
        self.assertEqual(json.loads(self.read("again.json")),
                         {"00:00": "quiet", "00:02": "cry", "00:03.500": "quiet", "00:05": "background"})

    def test_through_pipes(self):
        self.write("labels.txt", "2\t3.5\tcry\n")
        result = self.shell("cat labels.txt | earshot label convert - --to labels.json --gap-label quiet | cat")
        self.assertEqual(result.text(), JSON)

    def test_labels_of_whole_recordings_get_their_ends_from_a_directory(self):
        write_wav(self.dir / "clips/audio/a.wav", noise(1.5), 8000)
        write_wav(self.dir / "clips/audio/b.wav", noise(1), 16000)
        self.write("labels.csv", "file,label\naudio/a.wav,dog\naudio/b.wav,cat\n")
        result = self.convert("labels.csv", "--audio", "clips", "--to", "dcase")
        rows = [line.split("\t") for line in result.text().splitlines()]
        seconds = {row[0]: float(row[2]) for row in rows[1:]}
        self.assertEqual(seconds, {"audio/a.wav": 1.5 * 44100 / 8000, "audio/b.wav": 44100 / 16000})

    def test_weak_labels_go_from_csv_to_dcase_and_back(self):
        self.write("labels.csv", 'file,label\n"a, b.wav",dog\nc.wav,cat\nc.wav,dog\n')
        self.convert("labels.csv", "-o", "weak.tsv")
        self.assertEqual(self.read("weak.tsv"), "filename\tevent_labels\na, b.wav\tdog\nc.wav\tcat,dog\n")
        self.convert("weak.tsv", "-o", "again.csv")
        self.assertEqual(self.read("again.csv"), self.read("labels.csv"))

    def test_waveforms_hold_the_samples_of_the_events(self):
        rate = 8000
        samples = (sine(440, 2, rate) * 32768).astype(numpy.int16)
        write_wav(self.dir / "press.wav", samples, rate)
        self.write("labels.txt", "0.25\t0.75\tOK\n1.5\t2\tNG\n")
        self.convert("labels.txt", "-o", "waveforms.json", "--audio", "press.wav")
        document = json.loads(self.read("waveforms.json"))
        self.assertEqual((document["labels"], document["fs"]), (["OK", "NG"], rate))
        expected = [samples[2000:6000] / 32768, samples[12000:16000] / 32768]
        for waveform, want in zip(document["waveforms"], expected, strict=True):
            numpy.testing.assert_array_equal(numpy.float32(waveform), numpy.float32(want))
        result = self.convert("waveforms.json", "--to", "audacity")
        self.assertEqual(result.text(), "0\t0.5\tOK\n0.5\t1\tNG\n", "read again, they follow each other")

    def test_waveforms_cannot_say_everything(self):
        write_wav(self.dir / "press.wav", noise(1), 44100)
        self.write("over.txt", "0\t0.5\ta\n0.4\t0.6\tb\n")
        self.convert("over.txt", "-o", "waveforms.json", "--audio", "press.wav", status=1, stderr="overlaps")
        self.write("late.txt", "2\t3\ta\n")
        self.convert("late.txt", "-o", "waveforms.json", "--audio", "press.wav", status=1,
                     stderr="'a' at 2 s begins after the end of the recording")
        self.convert("late.txt", "-o", "waveforms.json", status=2, stderr="--audio")
        self.assertEqual(sorted(os.listdir(self.dir)), ["late.txt", "over.txt", "press.wav"], "nothing half-written")

    def test_errors_name_file_place_and_remedy_and_write_nothing(self):
        self.write("labels.json", '{"02:75": "a"}')
        result = self.convert("labels.json", "-o", "out.txt", status=1, stderr=None)
        self.assertEqual(result.err, 'earshot label: labels.json: key "02:75": seconds must be below 60\n')
        self.write("open.json", JSON)
        result = self.convert("open.json", "-o", "out.txt", status=1, stderr=None)
        self.assertEqual(result.err, "earshot label: open.json: 'quiet' at 3.5 s lasts to the end of the recording, "
                                     "and audacity needs its length (give --audio)\n")
        self.assertFalse((self.dir / "out.txt").exists())
        self.convert("missing.json", "-o", "out.txt", status=1, stderr="cannot open missing.json: No such file")
        self.convert("open.json", status=2, stderr="cannot tell the format from this name (give --to FORMAT)")
        self.convert("open.json", "--to", "textgrid", status=2, stderr="no label format 'textgrid' (formats: labels-json,")
        self.convert(".", "-o", "out.txt", status=1, stderr=".: is a directory")

    def test_what_is_no_label_file_is_said_to_be_none(self):
        write_wav(self.dir / "clip.wav", noise(0.1), 8000)
        self.convert("clip.wav", "-o", "out.txt", status=1, stderr="clip.wav: line 1: binary data, expected text")
        self.write("letter.txt", "Dear reader,\n")
        self.convert("letter.txt", "-o", "out.csv", "--from", "audacity", status=1,
                     stderr="letter.txt: line 1: 1 fields, expected onset, offset and label")

    def test_warnings_are_said_once_and_the_work_is_done(self):
        self.write("labels.json", '{"00:02": "b", "00:00": "a"}')
        self.convert("labels.json", "-o", "sorted.json", stderr="warning: labels.json: keys are not in order of time")
        self.assertEqual(list(json.loads(self.read("sorted.json"))), ["00:00", "00:02"])

    def test_input_is_not_awaited_from_a_terminal(self):
        for words in (["convert", "-", "--to", "csv"], ["stats", "-"], ["cut", "-", "-o", "out"], ["check", "-"], []):
            master, terminal = pty.openpty()
            try:
                run = subprocess.run([EARSHOT, "label", *words], stdin=terminal, capture_output=True, timeout=60)
            finally:
                os.close(master)
                os.close(terminal)
            self.assertEqual(run.returncode, 2, run.stderr)
            self.assertEqual(run.stderr.count(b"\n"), 1)

    def test_subcommands_are_named_where_one_is_missing_or_mistyped(self):
        self.earshot("label", status=2, stderr="a subcommand is needed: convert, check, stats, cut (see")
        self.earshot("label", "chek", "x.wav", status=2, stderr="'chek' is not a subcommand, did you mean check? (see")

    def test_help_fits_a_screen_and_has_an_example(self):
        for words in (["label"], *(["label", name] for name in ("convert", "check", "stats", "cut"))):
            text = self.earshot(*words, "--help").text()
            self.assertLessEqual(text.count("\n"), 40, words)
            self.assertIn("  earshot label ", text)

    def test_a_full_disk_is_an_error(self):
        self.write("labels.txt", "2\t3.5\tcry\n")
        result = self.shell("earshot label convert labels.txt --to dcase > /dev/full", status=1)
        self.assertIn("No space left", result.err)

    def test_the_recording_names_itself(self):
        write_wav(self.dir / "in/night.wav", noise(5), 44100)
        self.write("labels.txt", "2\t3.5\tcry\n")
        self.assertEqual(self.convert("labels.txt", "--to", "dcase", "--audio", "in/night.wav").text().splitlines()[1],
                         "night.wav\t2\t3.5\tcry")
        self.convert("labels.txt", "--to", "dcase", "--audio", "gone.wav", status=1, stderr="gone.wav: No such file")

    def test_what_a_name_would_not_mend_is_said_first(self):
        self.write("labels.txt", "2\t3.5\tcry\n")
        self.convert("labels.txt", "--to", "csv", status=1,
                     stderr="labels.txt: 'cry' from 2 to 3.5 s: csv labels whole recordings (try dcase)")

    @memory_is_measurable
    def test_waveforms_larger_than_memory_are_read_as_a_stream(self):
        # 400 MB of samples through a pipe, with 200 MB of address space.
        script = ("import sys\n"
                  "block = ', '.join(['-0.0123456'] * 44100)\n"
                  "sys.stdout.write('{\"waveforms\": [')\n"
                  "for i in range(800): sys.stdout.write((', ' if i else '') + '[' + block + ']')\n"
                  "sys.stdout.write('], \"labels\": [' + ', '.join(['\"OK\"'] * 800) + '], \"fs\": 44100}')\n")
        self.write("make.py", script)
        result = self.shell("ulimit -v 250000; /usr/bin/python3 make.py | earshot label convert - --to audacity | tail -1")
        self.assertEqual(result.text(), "799\t800\tOK\n")
