"""earshot locate --scene: learning from events, and showing what was learned."""
import datetime
import json
import os
import signal
import subprocess
import time

from support.sandbox import EARSHOT, Sandbox

START = datetime.datetime(2026, 6, 1, 18, 0, tzinfo=datetime.timezone.utc)


def event(i, label="cry", azimuth=None, when=None, **more):
    row = {"onset": float(i), "offset": i + 0.5, "label": label, **more}
    if azimuth is not None:
        row["azimuth"] = azimuth
    if when is not None:
        row["time"] = when.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return row


class Scene(Sandbox):
    def learn(self, rows, *options, **expected):
        lines = "".join(json.dumps(row) + "\n" for row in rows).encode()
        return self.earshot("locate", "--scene", "scene.json", "--events", "-", *options, stdin=lines, **expected).rows()

    def learning(self, row):
        """A run that has learned a row and waits for more, and the pipe for them."""
        reading, writing = os.pipe()
        run = subprocess.Popen([EARSHOT, "locate", "--scene", "scene.json", "--events", "-"], cwd=self.dir, stdin=reading,
                               stdout=subprocess.PIPE)
        os.close(reading)
        os.write(writing, (json.dumps(row) + "\n").encode())
        self.assertIn(b"unusual", run.stdout.readline(), "each line at once")
        return run, writing

    def saved(self):
        return json.loads((self.dir / "scene.json").read_text())

    def test_what_is_unusual_is_marked(self):
        rows = self.learn([event(i, azimuth=40) for i in range(12)] + [event(20, azimuth=220), event(21, azimuth=220),
                                                                         event(60, azimuth=221), event(61)])
        self.assertEqual([len(row["unusual"]) for row in rows], [0] * 12 + [1, 0, 1, 0])
        found = rows[12]["unusual"][0]
        self.assertEqual((found["kind"], found["expected"], found["actual"], found["deviation"]), ("direction", 45, 220, 175))
        self.assertEqual(found["message"], "cry from 220°, usually from 45°")
        self.assertEqual(rows[12]["azimuth"], 220)
        # It carries over to the next run, and counts are those of the original program.
        self.assertEqual(self.saved()["scene_map"], {"cry": {"1": 12, "7": 3}})
        self.assertEqual(self.saved()["category_totals"], {"cry": 16})
        self.learn([event(i, "tv", azimuth=40) for i in range(10)])
        self.assertEqual(len(self.learn([event(0, "tv", azimuth=300)])[0]["unusual"]), 1)

    def test_times_without_directions(self):
        days = [event(i, "news", when=START + datetime.timedelta(days=i)) for i in range(40)]
        odd = event(50, "news", when=START + datetime.timedelta(days=41, hours=10))
        rows = self.learn([*days, odd], )
        self.assertEqual([row["unusual"] for row in rows[:-1]], [[]] * 40)
        self.assertEqual(rows[-1]["unusual"], [{"kind": "time", "message": "news is unusual at the time of day"}])

    def test_views(self):
        recent = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=20)
        self.learn([*(event(i, "tv", azimuth=[10, 130][i % 2]) for i in range(20)), event(30, "dog", 95, recent)])
        show = lambda *words: self.earshot("locate", "--scene", "scene.json", *words).text()
        summary = json.loads(show("--summary", "--json"))
        self.assertEqual(summary["tv"]["observations"], 20)
        self.assertEqual(sorted(round(mode["angle"], -1) for mode in summary["tv"]["modes"]), [10, 130])
        self.assertEqual(summary["dog"]["usual_angle"], 105)
        heatmap = json.loads(show("--heatmap", "--json", "--label", "tv"))
        self.assertEqual(list(heatmap), ["tv"])
        self.assertEqual((heatmap["tv"]["bin_size_deg"], heatmap["tv"]["total"]), (30, 20))
        self.assertEqual(heatmap["tv"]["counts"], [10, 0, 0, 0, 10] + [0] * 7)
        events = json.loads(show("--recent", "60s", "--json"))
        self.assertEqual([(row["label"], row["azimuth"]) for row in events], [("dog", 95)])
        self.assertAlmostEqual(events[0]["age_s"], 20, delta=10)
        self.assertEqual(json.loads(show("--recent", "60s", "--json", "--label", "tv")), [])
        text = show("--summary", "--heatmap", "--recent", "1h")
        for piece in ["tv", "dog", "132° (50 %)", "█", "Mon", "s ago"]:
            self.assertIn(piece, text)
        self.assertTrue(all(len(line) <= 80 for line in text.splitlines()))
        self.earshot("locate", "--scene", "scene.json", "--summary", "--label", "cat", status=1, stderr="the scene has no label 'cat'")

    def test_the_originals_file_is_carried_on(self):
        original = {"scene_map": {"tv": {"1": 30, "2": 10}}, "category_totals": {"tv": 40}, "saved_at": 1700000000.25}
        (self.dir / "scene.json").write_text(json.dumps(original))
        self.assertEqual(self.learn([event(0, "tv", azimuth=35)])[0]["unusual"], [])
        self.assertEqual(self.saved()["scene_map"], {"tv": {"1": 31, "2": 10}})
        self.assertGreater(self.saved()["saved_at"], 1700000000)

    def test_a_damaged_file_is_set_aside(self):
        (self.dir / "scene.json").write_text('{"scene_map": {"tv"')
        self.learn([event(0, azimuth=1)], stderr="); set aside as scene.json.damaged-1, starting a new one")
        self.assertEqual((self.dir / "scene.json.damaged-1").read_text(), '{"scene_map": {"tv"')
        self.assertEqual(self.saved()["category_totals"], {"cry": 1})

    def test_one_process_at_a_time(self):
        first, writing = self.learning(event(0))
        self.learn([event(0)], status=1, stderr="another earshot locate is updating this scene")
        os.write(writing, (json.dumps(event(1)) + "\n").encode())
        os.close(writing)
        first.communicate()
        self.assertEqual(first.returncode, 0)
        self.assertEqual(self.saved()["category_totals"], {"cry": 2})

    def test_an_interrupted_run_keeps_what_it_learned(self):
        run, writing = self.learning(event(0))
        run.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        os.close(writing)
        run.communicate()
        self.assertEqual(run.returncode, 0)
        self.assertEqual(self.saved()["category_totals"], {"cry": 1})

    def test_fading_and_bins(self):
        self.learn([event(0, azimuth=10, when=START)] * 8, "--half-life", "1d", "--bins", "4")
        self.learn([event(0, azimuth=10, when=START + datetime.timedelta(days=1))], "--half-life", "1d")
        self.assertEqual(self.saved()["scene_map"], {"cry": {"0": 5}})
        self.assertEqual(json.loads(self.earshot("locate", "--scene", "scene.json", "--heatmap", "--json").text())
                         ["cry"]["counts"], [5, 0, 0, 0])

    def test_wrong_use_is_named(self):
        for words, complaint in [(["--scene", "s.json"], "nothing to do"), (["--summary"], "need --scene FILE"),
                                 (["--scene", "s.json", "--summary", "a.wav"], "leave out recordings"),
                                 (["--scene", "s.json", "--json", "--events", "-"], "--label and --json need"),
                                 (["--scene", "s.json", "--events", "-", "--half-life", "soon"], "not a time")]:
            self.earshot("locate", *words, status=2, stderr=complaint)
        self.earshot("locate", "--scene", "none.json", "--summary", status=1, stderr="none.json: no such scene")
        self.earshot("locate", "--scene", "no/where.json", "--events", "-", status=1, stderr="no/where.json")
