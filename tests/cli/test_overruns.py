"""earshot detect --device whose reader stalls, or that gets too little of the processor: what is lost is told."""
import json
import os
import subprocess
import time

from cli.test_detect_live import RATE, LiveSandbox
from support.models import write_model

PERIOD_S, WINDOW_S = 0.4, 0.02  # half of each period sounds


class Overruns(LiveSandbox):
    def setUp(self):
        super().setUp()
        write_model(self.dir / "model", frontend={"kind": "spectrum", "rate_hz": RATE, "duration_s": WINDOW_S,
                                                  "low_hz": 0.0, "high_hz": 4000.0, "bins": 4})

    def beeps(self, seconds, name_bytes=0):
        """A device whose name, which is in every line, is as long as may be."""
        return (f"lavfi:aevalsrc=0.5*sin(1000*PI*t)*lt(mod(t\\,{PERIOD_S})\\,{PERIOD_S / 2})+0.{'0' * name_bytes}"
                f":s={RATE}:d={seconds}")

    def account(self, rows, seconds):
        """Each beep was heard once, at its time, or lies in a gap, as nothing else does. @return (beeps heard, gaps)"""
        gaps = [(row["onset"], row["offset"]) for row in rows if "gap" in row]
        self.assertEqual({row["gap"] for row in rows if "gap" in row} - {"overrun"}, set())
        events = [(row["onset"], row["offset"]) for row in rows if "label" in row]
        for onset, offset in events:
            self.assertFalse(any(onset < end - WINDOW_S and offset > begin + WINDOW_S for begin, end in gaps), onset)
        heard = 0
        for number in range(round(seconds / PERIOD_S)):
            begin, end = PERIOD_S * number, PERIOD_S * (number + 0.5)
            if any(begin < gap[1] and end > gap[0] for gap in gaps):
                continue
            found = [event for event in events if event[0] < end - WINDOW_S and event[1] > begin + WINDOW_S]
            self.assertEqual(len(found), 1, f"the beep at {begin} s; gaps {gaps}")
            self.assertAlmostEqual(found[0][0], begin, delta=1.01 * WINDOW_S)  # the grid begins anew after a gap
            self.assertAlmostEqual(found[0][1], end, delta=1.01 * WINDOW_S)
            heard += 1
        return heard, gaps

    def stalled(self, device, seconds, stall_s):
        read, write = os.pipe()
        process = self.start(device, stdout=write)
        os.close(write)
        time.sleep(stall_s)
        with os.fdopen(read) as lines:
            rows = [json.loads(line) for line in lines]
        self.assertEqual(process.wait(60), 0)
        return *self.account(rows, seconds), process.stderr.read().decode()

    def test_a_reader_that_stalls_for_ten_seconds_costs_nothing(self):
        heard, gaps, said = self.stalled(self.beeps(12), 12, stall_s=11)
        self.assertEqual((heard, gaps, said), (30, [], ""))

    def test_what_a_longer_stall_of_more_output_costs_is_told(self):
        """1 MiB of lines waits, after 10 s or so, and then 10 s of sound."""
        heard, gaps, said = self.stalled(self.beeps(32, 50_000), 32, stall_s=28)
        self.assertGreater(heard, 40)
        self.assertEqual(len(gaps), 1)
        self.assertGreater(gaps[0][0], 15)
        self.assertEqual(said.count("overrun"), 1)
        self.assertIn(f" {gaps[0][1] - gaps[0][0]:.3f} s before ", said)

    def test_starved_of_processor_time(self):
        busy = [subprocess.Popen(["sh", "-c", "while :; do :; done"]) for _ in range(2 * os.cpu_count())]
        try:
            process = self.start(self.beeps(8))
            os.setpriority(os.PRIO_PROCESS, process.pid, 10)
            out, _ = process.communicate(timeout=120)
        finally:
            for each in busy:
                each.kill()
                each.wait()
        heard, gaps = self.account([json.loads(line) for line in out.decode().splitlines()], 8)
        self.assertGreater(heard, 10, gaps)
