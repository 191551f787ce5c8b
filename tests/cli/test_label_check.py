"""earshot label check and earshot label stats, as a user runs them."""
import json
import statistics

import numpy

from support.sandbox import Sandbox, noise, write_wav


class LabelArchive(Sandbox):
    def write(self, name, text):
        path = self.dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def archive(self):
        """Two recordings of 4 s at 8 kHz, a directory each."""
        for sample in ("one", "two"):
            write_wav(self.dir / f"data/{sample}/audio.wav", noise(4, 8000), 8000)
        self.write("data/one/labels.json", '{"00:00": "quiet", "00:01": "cry", "00:03": "quiet"}')
        self.write("data/two/labels.txt", "0\t1.5\tcry\n1\t2\tlaugh\n")


class LabelCheck(LabelArchive):
    def check(self, *words, **checks):
        return self.earshot("label", "check", "-q", *words, **checks)

    def test_a_recording_that_was_cut_off_is_a_fault_though_its_header_promises_more(self):
        self.archive()
        whole = (self.dir / "data/one/audio.wav").read_bytes()
        (self.dir / "data/one/audio.wav").write_bytes(whole[:len(whole) // 2])
        found = [json.loads(line) for line in self.check("data", "--json", status=3).text().splitlines()]
        self.assertIn(("data/one/audio.wav", "damaged"), [(row["file"], row["kind"]) for row in found if row["fault"]])

    def test_faults_make_status_3_and_remarks_do_not(self):
        self.archive()
        result = self.check("data")
        self.assertEqual(result.text(), "data/two/audio.wav: remark: cry and laugh overlap at 1.000-1.500 s\n")
        self.write("data/two/labels.txt", "0\t1.5\tcry\n3\t4.2\tlaugh\n9\t10\tcry\n")
        result = self.check("data", status=3)
        self.assertEqual(result.text(),
                         "data/two/audio.wav: fault: 'laugh' at 3.000-4.200 s is past the end, 4.000 s\n"
                         "data/two/audio.wav: fault: 'cry' at 9.000-10.000 s is past the end, 4.000 s\n")

    def test_known_labels_do_not_take_the_recordings_with_them(self):
        self.archive()
        result = self.check("--known", "cry,quiet", "data", status=3)
        self.assertEqual(result.text().count(": fault: "), 1)
        self.assertIn("laugh", result.text())

    def test_the_tolerance_is_adjustable(self):
        self.archive()
        self.write("data/two/labels.txt", "3\t4.2\tlaugh\n")
        self.check("data", "--tolerance", "250ms")
        self.check("data", "--tolerance", "0.19", status=3)

    def test_gaps_and_points_on_request(self):
        self.archive()
        self.write("data/two/labels.txt", "0.5\t1\tcry\n2\t2\tlaugh\n")
        result = self.check("data/two", "--gaps")
        self.assertEqual(result.text(), "data/two/audio.wav: remark: no label at 0.000-0.500 s\n"
                                        "data/two/audio.wav: remark: no label at 1.000-2.000 s\n"
                                        "data/two/audio.wav: remark: 'laugh' at 2.000-2.000 s has no duration\n"
                                        "data/two/audio.wav: remark: no label at 2.000-4.000 s\n")

    def test_json_lines(self):
        self.archive()
        rows = self.check("data", "--json", "--known", "cry,quiet", status=3).rows()
        self.assertEqual([(row["kind"], row["fault"], row["label"], row["onset"], row["offset"]) for row in rows],
                         [("overlap", False, "cry and laugh", 1, 1.5), ("unknown-label", True, "laugh", 1, 2)])

    def test_an_unreadable_label_file_or_recording_does_not_stop_the_rest(self):
        self.archive()
        self.write("data/one/labels.json", "{")
        whole = (self.dir / "data/two/audio.wav").read_bytes()
        (self.dir / "data/two/audio.wav").write_bytes(whole[:30])
        result = self.check("data", status=3)
        self.assertIn("data/one/audio.wav: fault: data/one/labels.json: line 1, column 2: ", result.text())
        self.assertRegex(result.text(), "data/two/audio.wav: fault: (?!.*data/two)")

    def test_the_summary_is_for_people(self):
        self.archive()
        self.earshot("label", "check", "data", stderr="2 recordings: 0 faults, 1 remark\n")

    def test_missing_inputs(self):
        self.check("nowhere", status=1, stderr="nowhere: No such file")
        self.archive()
        self.assertIn("nowhere: fault: No such file", self.check("nowhere", "data", status=3).text())
        self.check("data", "--labels", "nowhere.csv", status=1, stderr="cannot open nowhere.csv")


class Originals(LabelArchive):
    """Faults of the programs before ours."""

    def test_micmon_1_a_directory_finds_its_labels(self):
        self.archive()
        self.assertEqual(self.earshot("label", "check", "-q", "data/one").text(), "")

    def test_micmon_2_a_recording_without_labels_is_named(self):
        self.archive()
        (self.dir / "data/one/labels.json").unlink()
        result = self.earshot("label", "check", "-q", "data/one/audio.wav", status=3)
        self.assertIn("data/one/audio.wav: fault: no labels found", result.text())

    def test_micmon_15_a_missing_label_file_does_not_pass_for_an_empty_one(self):
        self.archive()
        (self.dir / "data/two/labels.txt").unlink()
        rows = self.earshot("label", "check", "-q", "--json", "data", status=3).rows()
        self.assertEqual([(row["file"], row["kind"]) for row in rows], [("data/two/audio.wav", "no-labels")])

    def test_SoundDitect_10_unknown_labels_are_faults(self):
        self.archive()
        result = self.earshot("label", "check", "-q", "data", "--known", "quiet,laugh", status=3)
        self.assertEqual(result.text().count("is not a known label"), 2)


class LabelStats(LabelArchive):
    def test_counts_as_numpy_counts(self):
        random = numpy.random.default_rng(5)
        durations = {"犬": random.exponential(2, 31), "cat": random.exponential(1, 8), "cow": random.exponential(3, 1)}
        rows, onset = [], 0
        for label, seconds in durations.items():
            for duration in seconds:
                rows.append(f"{onset!r}\t{onset + float(duration)!r}\t{label}\n")
                onset += 1
        random.shuffle(rows)
        self.write("labels.txt", "".join(rows))
        total = sum(float(seconds.sum()) for seconds in durations.values())
        for row in self.earshot("label", "stats", "--json", "labels.txt").rows():
            seconds = durations.pop(row["label"])
            self.assertEqual((row["count"], row["open"]), (len(seconds), 0))
            self.assertAlmostEqual(row["total_s"], float(seconds.sum()), 5)
            self.assertAlmostEqual(row["median_s"], statistics.median(map(float, seconds)), 5)
            self.assertAlmostEqual(row["share"], float(seconds.sum()) / total, 5)
        self.assertEqual(durations, {})

    def test_the_table_is_aligned(self):
        self.write("labels.txt", "0\t1\t犬\n1\t4\tcrying_baby\n")
        lines = self.earshot("label", "stats", "labels.txt").text().splitlines()
        self.assertEqual(lines[0].split(), ["label", "count", "total", "s", "median", "s", "share"])
        self.assertEqual([line.split() for line in lines[1:]],
                         [["crying_baby", "1", "3.000", "3.000", "75.0%"], ["犬", "1", "1.000", "1.000", "25.0%"],
                          ["all", "2", "4.000", "2.000", "100.0%"]])
        self.assertEqual({len(line) for line in lines}, {len(lines[0])})

    def test_ends_left_open_come_from_the_recordings(self):
        self.archive()
        rows = {row["label"]: row for row in self.earshot("label", "stats", "--json", "data").rows()}
        self.assertEqual((rows["quiet"]["count"], rows["quiet"]["total_s"]), (2, 2.0))
        result = self.earshot("label", "stats", "--json", "data/one/labels.json", stderr="1 event lasts to the end")
        rows = {row["label"]: row for row in result.rows()}
        self.assertEqual((rows["quiet"]["count"], rows["quiet"]["open"], rows["quiet"]["total_s"]), (2, 1, 1.0))

    def test_nothing_but_open_ends_has_no_median(self):
        self.write("labels.csv", "a.wav,dog\nb.wav,dog\n")
        row = self.earshot("label", "stats", "--json", "labels.csv", stderr="2 events last").rows()[0]
        self.assertEqual((row["count"], row["open"], row["median_s"], row["share"]), (2, 2, None, None))

    def test_a_recording_without_labels_is_named_and_the_rest_counted(self):
        self.archive()
        (self.dir / "data/one/labels.json").unlink()
        result = self.earshot("label", "stats", "--json", "data", status=3, stderr="data/one/audio.wav: no labels found")
        self.assertEqual({row["label"] for row in result.rows()}, {"cry", "laugh"})

    def test_into_head(self):
        self.archive()
        self.assertEqual(self.shell("earshot label stats data | head -1").err, "")
