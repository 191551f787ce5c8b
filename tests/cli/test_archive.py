"""Archives of earshot record: what is kept, named and indexed, what survives, what is removed."""
import datetime
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time

import numpy
import soundfile

from cli.test_record import Recording
from support.sandbox import EARSHOT, SOURCE, noise, sine, write_wav

RATE = 16000


def bursts(total_s, places, amplitude=0.5):
    """Silence of -80 dBFS with a tone at each of [(onset, offset)]."""
    sound = noise(total_s, RATE, 1e-4)
    for onset, offset in places:
        sound[round(onset * RATE) : round(offset * RATE)] += sine(1000, offset - onset, RATE, amplitude)
    return sound


class Archives(Recording):
    def record(self, sound, *words, rate=RATE, **expected):
        write_wav(self.dir / "in.wav", sound, rate)
        self.earshot("record", "--device", "lavfi:amovie=in.wav", "--fast", "--segments", "archive", *words, **expected)
        return soundfile.read(self.dir / "in.wav", dtype="int16")[0]


class Segments(Archives):
    def test_they_join_sample_for_sample_whatever_their_length(self):
        for length in ["3s", "1s", "250ms", "0.3337s"]:
            for container in ["wav", "flac"]:
                with self.subTest(length=length, container=container):
                    shutil.rmtree(self.dir / "archive", ignore_errors=True)
                    whole = self.record(noise(10, RATE, 0.1), "--segment", length, "--format", container)
                    numpy.testing.assert_array_equal(self.joined(), whole)
                    position = 0
                    for row in self.index():
                        self.assertEqual(row["position"], position)
                        position += row["frames"]

    def test_names_folders_and_times(self):
        before = datetime.datetime.now(datetime.timezone.utc)
        self.record(noise(10, RATE))
        after = datetime.datetime.now(datetime.timezone.utc)
        rows = self.index()
        times = [datetime.datetime.fromisoformat(row["time"].replace("Z", "+00:00")) for row in rows]
        # What comes from a pipe is taken to have lasted as long as it does when it arrives: a block earlier.
        self.assertLessEqual(before - datetime.timedelta(seconds=1), times[0])
        self.assertLessEqual(times[0], after)
        for row, begin in zip(rows, times):
            name = begin.strftime("%Y-%m-%d/%Y%m%dT%H%M%S.") + f"{begin.microsecond // 1000:03}Z.wav"
            self.assertEqual(row["file"], name)
        for one, two in zip(times, times[1:]):
            self.assertAlmostEqual((two - one).total_seconds(), 3, delta=0.0011)
        names = {str(path.relative_to(self.dir / "archive")) for path in (self.dir / "archive").glob("*/*.wav")}
        self.assertEqual(names, {row["file"] for row in rows})

    def test_the_index_says_what_numpy_says(self):
        sound = noise(7, RATE, 0.3, seed=3)  # some of it is clipped
        self.record(numpy.stack([sound, 0.1 * sound], axis=1))
        for row in self.index():
            samples, rate = soundfile.read(self.dir / "archive" / row["file"])
            self.assertEqual((rate, *samples.shape), (row["rate"], row["frames"], row["channels"]))
            self.assertAlmostEqual(row["duration"], row["frames"] / rate)
            self.assertAlmostEqual(row["max_amp"], numpy.abs(samples).max(), places=6)
            self.assertAlmostEqual(row["rms_dbfs"], 10 * numpy.log10((samples**2).mean()), places=2)
            self.assertEqual(row["clipped"], (numpy.abs(samples) >= 32767 / 32768).sum())
            self.assertEqual(row["overruns"], 0)
            self.assertNotIn("gap", row)
        self.assertGreater(sum(row["clipped"] for row in self.index()), 0)

    def test_two_recordings_into_one_archive_follow_each_other(self):
        self.record(noise(4, RATE))
        self.record(noise(4, RATE))
        self.assertEqual([row["frames"] for row in self.index()], [48000, 16000] * 2)
        self.assertEqual(len({row["file"] for row in self.index()}), 4)

    def test_only_one_process_at_a_time(self):
        process = self.start("--device", "lavfi:sine", "--segments", "archive")
        self.wait_for(lambda: list(self.dir.glob("archive/*/.*.part")))
        self.record(noise(1, RATE), status=1, stderr="archive: another process is recording to it")
        process.send_signal(signal.SIGINT)
        self.finish(process)


class Keep(Archives):
    def kept(self):
        return [(row["position"] / RATE, (row["position"] + row["frames"]) / RATE) for row in self.index()]

    def test_whole_segments_in_which_there_is_sound(self):
        whole = self.record(bursts(30, [(4, 5), (11.9, 12.1), (20.5, 20.6)]), "--keep", "sound")
        self.assertEqual(self.kept(), [(3, 6), (9, 12), (12, 15), (18, 21)])
        for row in self.index():
            got = soundfile.read(self.dir / "archive" / row["file"], dtype="int16")[0]
            numpy.testing.assert_array_equal(got, whole[row["position"] : row["position"] + row["frames"]])

    def test_nothing_but_silence_leaves_nothing(self):
        self.record(bursts(10, []), "--keep", "sound")
        self.assertEqual(self.index(), [])
        self.assertEqual(list(self.dir.glob("archive/*/*.wav")) + list(self.dir.glob("archive/*/.*")), [])

    def test_the_sound_with_margins(self):
        whole = self.record(bursts(20, [(4, 5), (12, 12.5)]), "--keep", "sound", "--pre-roll", "500ms",
                            "--post-roll", "1s")
        kept = self.kept()
        self.assertEqual(len(kept), 2)
        for (onset, offset), (begin, end) in zip([(4, 5), (12, 12.5)], kept):
            self.assertAlmostEqual(begin, onset - 0.5, delta=0.011)
            self.assertAlmostEqual(end, offset + 1, delta=0.021)
        for row in self.index():
            got = soundfile.read(self.dir / "archive" / row["file"], dtype="int16")[0]
            numpy.testing.assert_array_equal(got, whole[row["position"] : row["position"] + row["frames"]])

    def test_a_sound_that_is_longer_than_a_segment_is_cut_without_loss(self):
        whole = self.record(bursts(20, [(4, 14)]), "--keep", "sound", "--pre-roll", "1s", "--segment", "2s")
        kept = self.kept()
        self.assertTrue(all(end == begin for (_, end), (begin, _) in zip(kept, kept[1:])))
        self.assertAlmostEqual(kept[0][0], 3, delta=0.011)
        self.assertAlmostEqual(kept[-1][1], 14, delta=0.021)
        first = self.index()[0]["position"]
        numpy.testing.assert_array_equal(self.joined(), whole[first : first + len(self.joined())])

    def test_threshold_and_hysteresis(self):
        # A sine of amplitude a has 20 log10(a) - 3.01 dBFS.
        for amplitude, expected in [(0.0158, 1), (0.0126, 0)]:  # -39 and -41 dBFS
            shutil.rmtree(self.dir / "archive", ignore_errors=True)
            self.record(bursts(9, [(4, 5)], amplitude), "--keep", "sound", "--threshold", "-40")
            self.assertEqual(len(self.index()), expected)
        sound = bursts(12, [(1, 2)], 0.0158) + bursts(12, [(2, 8)], 0.0079)  # then 6 dB less
        for hysteresis, expected in [("5", [(0, 3)]), ("7", [(0, 3), (3, 6), (6, 9)])]:
            shutil.rmtree(self.dir / "archive", ignore_errors=True)
            self.record(sound, "--keep", "sound", "--threshold", "-40", "--hysteresis", hysteresis)
            self.assertEqual(self.kept(), expected)

    def test_above_the_background(self):
        """A hum well above the threshold is no sound once it is known; what is 20 dB louder is."""
        sound = sine(100, 120, RATE, 0.05)
        sound[90 * RATE : 91 * RATE] += sine(1000, 1, RATE, 0.5)
        self.record(sound, "--keep", "sound", "--above-floor", "10")
        self.assertEqual([place for place in self.kept() if place[0] > 30], [(90, 93)])


class Switching(Archives):
    def test_control_file_and_signals(self):
        control = self.dir / "control.json"
        process = self.start("--device", "lavfi:aevalsrc=0.25:s=8000", "--segments", "archive", "--segment", "500ms",
                             "--control", "control.json")
        count = lambda: len(self.index())
        self.wait_for(lambda: count() >= 2)

        def switch(on):
            (self.dir / "new").write_text(json.dumps({"recording": on}))
            os.replace(self.dir / "new", control)

        switches = [(lambda: switch(False), lambda: switch(True)),
                    (lambda: control.write_text('{"recording": false}'), lambda: control.write_text('{"recording": true}')),
                    (lambda: process.send_signal(signal.SIGUSR2), lambda: process.send_signal(signal.SIGUSR1))]
        for off, on in switches:
            off()
            self.wait_for(lambda: count() == (time.sleep(0.8), count())[1])  # what was under way is written
            paused = count()
            time.sleep(1.5)
            self.assertEqual(count(), paused)
            on()
            self.wait_for(lambda: count() >= paused + 2)
        control.write_text("{}")
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        _, err = self.finish(process)
        self.assertEqual(len(err.splitlines()), 1)
        self.assertIn("control.json: expected", err)
        gaps = [row["gap"] for row in self.index() if "gap" in row]
        self.assertEqual([gap["cause"] for gap in gaps], ["paused"] * 3)
        rows = self.index()
        for one, two in zip(rows, rows[1:]):
            self.assertEqual(two["position"] - one["position"] - one["frames"], two.get("gap", {}).get("frames", 0))
        for gap in gaps:
            self.assertGreater(gap["seconds"], 1)

    def test_off_from_the_start(self):
        (self.dir / "control.json").write_text('{"recording": false}')
        self.earshot("record", "--device", "lavfi:sine", "--segments", "archive", "--control", "control.json",
                     "--duration", "1s")
        self.assertEqual(self.index(), [])


class Crashes(Archives):
    def test_killed_at_any_moment_all_but_a_block_is_there_after_the_next_start(self):
        for container in ["wav", "flac", "ogg"]:
            for delay in [0.35, 0.8, 1.05, 1.5]:
                with self.subTest(container=container, delay=delay):
                    shutil.rmtree(self.dir / "archive", ignore_errors=True)
                    process = self.start("--device", "lavfi:aevalsrc=0.1:s=44100", "--segments", "archive",
                                         "--segment", "500ms", "--format", container)
                    self.wait_for(lambda: list(self.dir.glob("archive/*/.*.part")))
                    time.sleep(delay)
                    process.kill()
                    process.wait()
                    self.record(noise(0.2, RATE), stderr=None)
                    rows = self.index()
                    mine = [row for row in rows if row["rate"] == 44100]
                    self.assertEqual({row["file"] for row in rows},
                                     {str(path.relative_to(self.dir / "archive"))
                                      for path in self.dir.glob(f"archive/*/2*")})
                    self.assertEqual(list(self.dir.glob("archive/*/.*")), [])
                    self.assertEqual([row["frames"] for row in mine if "recovered" not in row],
                                     [22050] * sum("recovered" not in row for row in mine))
                    recorded = sum(row["duration"] for row in mine)
                    # FLAC and Vorbis keep up to a block of theirs back.
                    self.assertGreater(recorded, delay - {"wav": 0.25, "flac": 0.4, "ogg": 0.75}[container])
                    for row in mine:
                        info = soundfile.info(self.dir / "archive" / row["file"])
                        if container == "wav":
                            self.assertEqual(info.frames, row["frames"])

    def test_half_a_line_and_a_file_without_one(self):
        self.record(noise(10, RATE))
        index, = self.dir.glob("archive/*/index.jsonl")
        rows = self.index()
        lines = index.read_text().splitlines(keepends=True)
        index.write_text("".join(lines[:-1]) + lines[-1][:30])
        self.record(noise(1, RATE), stderr=f"{rows[-1]['file']}: recovered")
        again = self.index()
        self.assertEqual(again[:3], rows[:3])
        for key in ["file", "time", "duration", "frames", "max_amp", "rms_dbfs"]:
            self.assertEqual(again[3][key], rows[3][key])
        self.assertTrue(again[3]["recovered"])

    def test_recovered_lines_have_position_and_device(self):
        """They lacked both, which the sound does not tell."""
        process = self.start("--device", "lavfi:aevalsrc=0.1:s=8000", "--segments", "archive", "--segment", "500ms")
        self.wait_for(lambda: len(self.index()) >= 2 and list(self.dir.glob("archive/*/.*.part")))
        time.sleep(0.2)
        process.kill()
        process.wait()
        self.record(noise(0.1, RATE), stderr=None)
        rows = [row for row in self.index() if row["device"] == "lavfi:aevalsrc=0.1:s=8000"]
        self.assertTrue(rows[-1]["recovered"])
        for one, two in zip(rows, rows[1:]):
            self.assertEqual(two["position"], one["position"] + one["frames"])

    def test_a_file_in_the_way(self):
        (self.dir / "archive").write_text("")
        self.record(noise(1, RATE), status=1, stderr="cannot create archive")

    def in_small_disk(self, script):
        """Runs a script in which `disk` is a file system of 4 MB."""
        (self.dir / "disk").mkdir()
        run = subprocess.run(["unshare", "--mount", *([] if os.geteuid() == 0 else ["--user", "--map-root-user"]), "bash", "-ec",
                              f"mount -t tmpfs -o size=4m tmpfs disk || exit 77\n{script}"], cwd=self.dir,
                             capture_output=True, text=True, timeout=120,
                             env={**os.environ, "PATH": f"{pathlib.Path(EARSHOT).parent}:{os.environ['PATH']}"})
        if run.returncode == 77 or "unshare" in run.stderr:
            self.skipTest(f"no file system of our own: {run.stderr.strip()}")
        return run

    def test_a_full_disk_is_waited_out(self):
        """4 MB are full after 47 s; when the archive is moved away, recording resumes."""
        write_wav(self.dir / "in.wav", noise(400, 44100, 0.1), 44100)
        run = self.in_small_disk("""
            earshot record --device lavfi:amovie=in.wav,arealtime=speed=40 --fast --min-free 0 --segments disk/archive &
            sleep 4; cp -r disk/archive full; rm disk/archive/*/*.wav
            wait %1; cp -r disk/archive after""")
        self.assertEqual(run.returncode, 0, run.stderr)
        said = run.stderr.splitlines()
        self.assertIn("nothing is kept until space is free again", said[0])
        self.assertIn("space is free again", said[1])
        self.assertLessEqual(len(said), 4)
        whole = soundfile.read(self.dir / "in.wav", dtype="int16")[0]
        rows = [json.loads(line) for path in self.dir.glob("after/*/index.jsonl") for line in path.read_text().splitlines()]
        for row in rows:
            places = [self.dir / name / row["file"] for name in ["full", "after"] if (self.dir / name / row["file"]).exists()]
            self.assertTrue(places, row)
            got = soundfile.read(places[0], dtype="int16")[0]
            numpy.testing.assert_array_equal(got, whole[row["position"] : row["position"] + row["frames"]])

    def test_a_file_on_a_full_disk_keeps_what_fits(self):
        run = self.in_small_disk("earshot record --device lavfi:sine=440 --fast disk/a.wav || status=$?\n"
                                 "cp disk/a.wav . ; exit $status")
        self.assertEqual(run.returncode, 1, run.stderr)
        self.assertIn("No space left on device", run.stderr)
        self.assertEqual(len(run.stderr.splitlines()), 1)
        self.assertGreater(soundfile.info(self.dir / "a.wav").frames, 1_900_000)

    def test_a_read_only_disk(self):
        run = self.in_small_disk("mount -o remount,ro tmpfs disk\n"
                                 "earshot record --device lavfi:sine=440 --fast --segments disk/archive")
        self.assertEqual((run.returncode, len(run.stderr.splitlines())), (1, 1), run.stderr)
        self.assertIn("disk/archive: Read-only file system", run.stderr)

    def test_less_free_than_wanted(self):
        self.record(noise(4, RATE), "--min-free", "100000G", status=1,
                    stderr="less free disk space than --min-free")
        self.assertEqual(self.index(), [])

    def test_segments_on_a_disk_that_stays_full_end_with_status_1(self):
        """It ended with 0 although nothing was kept."""
        run = self.in_small_disk("dd if=/dev/zero of=disk/full bs=64k 2> /dev/null || true\n"
                                 "earshot record --device lavfi:sine=440:d=10 --fast --min-free 0 --segments disk/archive")
        self.assertEqual(run.returncode, 1, run.stderr)
        self.assertIn("No space left on device", run.stderr)

    def test_force_on_a_full_disk_leaves_the_old_file(self):
        """A fragment took its place."""
        write_wav(self.dir / "old.wav", noise(2), 44100)
        run = self.in_small_disk("cp old.wav disk/a.wav\n"
                                 "earshot record --device lavfi:sine=440 --fast --force disk/a.wav || status=$?\n"
                                 "cp disk/* . ; exit $status")
        self.assertEqual(run.returncode, 1, run.stderr)
        self.assertEqual((self.dir / "a.wav").read_bytes(), (self.dir / "old.wav").read_bytes())
        self.assertEqual(len(run.stderr.splitlines()), 1, run.stderr)
        self.assertIn("No space left on device", run.stderr)
        self.assertIn("what was recorded is in disk/a.recovered-1.wav", run.stderr)
        self.assertGreater(soundfile.info(self.dir / "a.recovered-1.wav").frames, 1_000_000)


class Retention(Archives):
    def make_days(self, *days_ago, size=100_000):
        today = datetime.datetime.now(datetime.timezone.utc).date()
        names = [str(today - datetime.timedelta(days=ago)) for ago in days_ago]
        for name in names:
            folder = self.dir / "archive" / name
            folder.mkdir(parents=True)
            segment = f"{name.replace('-', '')}T120000.000Z.wav"
            (folder / segment).write_bytes(bytes(size))
            (folder / "index.jsonl").write_text(json.dumps({"file": f"{name}/{segment}"}) + "\n")
        return names

    def days(self):
        return sorted(path.name for path in (self.dir / "archive").iterdir() if path.is_dir())

    def test_days_that_are_too_old_go(self):
        _, _, kept = self.make_days(9, 8, 6)
        (self.dir / "archive" / "notes").mkdir()
        self.record(noise(4, RATE), "--max-age", "7d")
        self.assertEqual(self.days()[0], kept)
        self.assertEqual(len(self.days()), 3)
        self.assertIn("notes", self.days())

    def test_the_oldest_days_go_while_there_is_too_much(self):
        names = self.make_days(4, 3, 2, 1)
        self.record(noise(4, RATE), "--max-size", "350k")  # 128 kB are new
        self.assertEqual(self.days()[:-1], names[2:])

    def test_of_the_only_day_the_oldest_segments_go_and_the_index_follows(self):
        whole = self.record(noise(60, RATE, 0.1), "--max-size", "400k", "--segment", "1s")
        rows = self.index()
        total = sum(path.stat().st_size for path in self.dir.glob("archive/*/*.wav"))
        self.assertLessEqual(total, 400 * 1024)
        self.assertGreater(total, 300 * 1024)
        self.assertEqual({row["file"].split("/")[1] for row in rows},
                         {path.name for path in self.dir.glob("archive/*/*.wav")})
        numpy.testing.assert_array_equal(self.joined(), whole[rows[0]["position"] :])


class Statistics(Archives):
    def test_counts_by_day_and_a_plot(self):
        self.record(noise(10, RATE, 0.1))
        day = self.index()[0]["file"][:10]
        older = self.dir / "archive" / "2024-02-29"
        older.mkdir()
        (older / "index.jsonl").write_text("".join(json.dumps(row) + "\n" for row in [
            {"file": "2024-02-29/20240229T000000.000Z.wav", "duration": 3, "max_amp": 1.0, "clipped": 2, "overruns": 0},
            {"file": "2024-02-29/20240229T120000.000Z.wav", "duration": 3, "max_amp": 0.01, "clipped": 0, "overruns": 1,
             "gap": {"frames": 800, "seconds": 0.1, "cause": "overrun"}}]))
        rows = self.earshot("label", "stats", "--json", "archive").rows()
        self.assertEqual(rows[0], {"day": "2024-02-29", "segments": 2, "recorded_s": 6.0, "max_amp": 1.0, "clipped": 2,
                                   "overruns": 1, "missing_s": 0.1})
        self.assertEqual((rows[1]["day"], rows[1]["segments"], rows[1]["recorded_s"]), (day, 4, 10.0))
        text = self.earshot("label", "stats", "archive", "--day", "2024-02-29", env={"LC_ALL": "C"}).text()
        plot = text.splitlines()[-13:]
        columns = [[line[5 + step : 6 + step] for line in plot[1:11]] for step in [0, 48]]
        self.assertEqual(columns[0], ["#"] * 10)  # full scale at midnight
        self.assertEqual([mark.strip() for mark in columns[1][:6]], [""] * 6)  # -40 dBFS at noon
        self.assertEqual(columns[1][7:], ["#"] * 3)
        self.assertEqual([step for step in range(96) if plot[11][5 + step : 6 + step] == "-"], [0, 48])
        self.assertIn("█", self.earshot("label", "stats", "archive", env={"LC_ALL": "C.UTF-8"}).text())
        self.earshot("label", "stats", "archive", "--day", "2024-03-01", status=2, stderr="nothing was recorded on 2024-03-01")


class Examples(Archives):
    """What share/ has for those who let it run: its command lines must be ones that we take."""

    def check_line(self, line):
        words = line.split()
        words = words[words.index("earshot") + 1 :]
        for option, value in [("--device", "lavfi:sine=440:d=1"), ("--segments", "archive")]:
            words[words.index(option) + 1] = value
        self.earshot(*words, "--fast", "--min-free", "0")

    def test_systemd_unit(self):
        text = (SOURCE / "share/systemd/earshot-record.service").read_text().replace("\\\n", " ")
        line = next(line for line in text.splitlines() if line.startswith("ExecStart="))
        self.check_line(line.replace("ExecStart=", "").replace("--min-free 1G", ""))
        self.assertEqual(len(self.index()), 1)
        if shutil.which("systemd-analyze"):
            unit = self.dir / "earshot-record.service"
            unit.write_text(text.replace("ExecStart=earshot", f"ExecStart={EARSHOT}"))
            verified = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True)
            self.assertEqual((verified.returncode, verified.stderr), (0, ""))

    def test_cron_table(self):
        lines = [line for line in (SOURCE / "share/examples/earshot.cron").read_text().splitlines()
                 if "earshot record" in line and not line.startswith("#")]
        self.assertEqual(len(lines), 1)
        self.check_line(lines[0].split("earshot", 1)[1])
        self.assertEqual(len(self.index()), 1)
