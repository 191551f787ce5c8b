"""The live view of earshot detect, on the terminal of a tmux of the test's own."""
import os
import shlex
import shutil
import signal
import subprocess
import time
import unittest

from support.models import write_model
from support.sandbox import EARSHOT, Sandbox

RATE = 8000
# A second of 500 Hz, a second of silence, and so on.
BEEPS = f"lavfi:aevalsrc=0.5*sin(1000*PI*t)*lt(mod(t\\,2)\\,1):s={RATE}"


@unittest.skipUnless(shutil.which("tmux"), "tmux is not installed")
class View(Sandbox):
    def setUp(self):
        super().setUp()
        write_model(self.dir / "model")
        self.servers = 0
        self.addCleanup(self.close)

    def tmux(self, *words, check=True):
        run = subprocess.run(["tmux", "-f", "/dev/null", "-S", self.socket, *words], capture_output=True, text=True,
                             check=check, env={**os.environ, "LC_ALL": "C.UTF-8", "TERM": "xterm-256color"})
        return run.stdout

    def open(self, *words, device=BEEPS, columns=80, rows=24, **environment):
        """Runs it in a shell, which shows its status afterwards and then what the terminal is set to."""
        environment = {"LC_ALL": "C.UTF-8", "TERM": "tmux-256color", **environment}
        variables = " ".join(f"{name}={value}" for name, value in environment.items())
        command = shlex.join([EARSHOT, "detect", "model", "--device", device, *map(str, words)])
        (self.dir / "run.sh").write_text(
            f"cd {shlex.quote(str(self.dir))}\nstty -a > before\n(echo $BASHPID > pid; exec env {variables} {command})\n"
            'echo "status $?"\nstty -a > after\ntouch over\nsleep 600\n')
        self.start(columns, rows)

    def start(self, columns=80, rows=24):
        """On a socket of its own: a server that is ending still answers on the last one."""
        self.servers += 1
        self.socket = self.dir / f"tmux{self.servers}"
        self.tmux("new-session", "-d", "-x", str(columns), "-y", str(rows), "bash", str(self.dir / "run.sh"))

    def close(self):
        if self.servers:
            self.tmux("kill-server", check=False)

    def screen(self, *words):
        return self.tmux("capture-pane", "-p", *words)

    def shows(self, *texts, seconds=60, without=()):
        """Waits until the screen shows all of these."""
        for _ in range(seconds * 10):
            shown = self.screen()
            if all(text in shown for text in texts) and not any(text in shown for text in without):
                return shown
            time.sleep(0.1)
        self.fail(f"{texts} without {without} not on the screen:\n{shown}")

    def press(self, *keys):
        self.tmux("send-keys", *keys)

    def signal(self, number):
        os.kill(int((self.dir / "pid").read_text()), number)

    def restored(self, status):
        """The view has gone, and the terminal is as it was."""
        shown = self.shows(f"status {status}", without=("dBFS",))
        for _ in range(100):
            if (self.dir / "over").exists():
                break
            time.sleep(0.1)
        self.assertEqual((self.dir / "after").read_text(), (self.dir / "before").read_text())
        state = self.tmux("display-message", "-p", "#{alternate_on} #{cursor_flag} #{keypad_cursor_flag}").split()
        self.assertEqual(state, ["0", "1", "0"])
        return shown

    def test_everything_is_on_a_screen_of_80_by_24(self):
        self.open()
        shown = self.shows("low", "sounding", "│", "⣿", "overruns", "lag 0.", f"{RATE} Hz", "q quit")
        lines = shown.splitlines()
        self.assertLessEqual(len(lines), 24)
        self.assertTrue(all(len(line) <= 80 for line in lines))
        self.assertRegex(shown, r"-\s*\d+\.\d dBFS")
        self.shows("1.0 s")  # an event that is over
        self.assertRegex(self.screen(), r"\d\d:\d\d:\d\d low +1\.00 +1\.0 s")
        self.press("q")
        self.assertIn("events in", self.restored(0))

    def test_the_level_is_that_of_the_sound(self):
        self.open(device=f"lavfi:aevalsrc=0.5*sin(1000*PI*t):s={RATE}")
        shown = self.shows("-9.0 dBFS")  # 20 log10(0.5 / sqrt 2)
        self.assertIn("peak   -6.0", shown)
        self.assertNotIn("CLIP", shown)
        self.press("q")
        self.restored(0)

    def test_clipping_is_marked(self):
        self.open(device=f"lavfi:aevalsrc=1.5*sin(1000*PI*t):s={RATE}")
        self.shows("CLIP")
        self.press("q")
        self.restored(0)

    def test_the_spectrogram_has_the_tone_where_it_belongs(self):
        self.open(device=f"lavfi:aevalsrc=0.5*sin(1000*PI*t):s={RATE}", NO_COLOR=1)
        self.shows("█")
        time.sleep(3)
        rows = [line for line in self.screen().splitlines() if line[:4].strip().rstrip("k").replace(".", "").isdigit()]
        loud = [line for line in rows if "█" in line]
        self.assertEqual(len(loud), 1, rows)
        self.assertTrue(200 < float(loud[0][:4]) < 800, loud)
        self.press("q")
        self.restored(0)

    def test_pause_goes_on_and_leaves_a_gap(self):
        self.open("-o", "log.jsonl")
        self.shows("sounding")
        self.press("p")
        self.shows("PAUSED", "p go on")
        time.sleep(1)
        self.press("p")
        self.shows("gap: paused", without=("PAUSED",))
        self.press("q")
        self.restored(0)
        self.assertIn('"gap":"paused"', (self.dir / "log.jsonl").read_text())

    def test_thresholds_go_up_and_down(self):
        self.open()
        self.shows("≥ 0.50")
        self.press("+", "+")
        self.shows("≥ 0.60", without=("≥ 0.50",))
        self.press("Tab", "Down")
        self.shows(">low", "≥ 0.55", "≥ 0.60")
        self.press("q")
        self.restored(0)

    def test_labels_are_filtered(self):
        self.open()
        self.shows("low", "high", "silence")
        self.press("/", "h", "i")
        self.shows("labels with: hi_", without=("low", "silence"))
        self.press("Enter")
        self.shows("/ filter: hi")
        self.press("Escape")
        self.shows("low", "silence")
        self.press("q")
        self.restored(0)

    def test_the_last_seconds_are_saved(self):
        self.open("--save-clips", "clips")
        self.shows("1.0 s")
        self.press("s")
        self.shows("saving clips/", "last.wav")
        self.press("q")
        self.restored(0)
        import soundfile
        saved, = (self.dir / "clips").glob("*-last.wav")
        self.assertGreater(len(soundfile.read(saved)[0]), RATE)

    def test_it_follows_the_size_of_the_terminal(self):
        self.open()
        self.shows("sounding")
        for columns, rows in ((132, 40), (40, 10), (20, 3), (80, 24)):
            self.tmux("resize-window", "-x", str(columns), "-y", str(rows))
            time.sleep(0.5)
            self.assertEqual(self.screen().splitlines()[0][:7], "earshot")
        self.shows("q quit", "lag 0.")
        self.press("q")
        self.restored(0)

    def test_ascii_where_the_locale_has_nothing_else(self):
        self.open(LC_ALL="C")
        shown = self.shows("sounding", "#", "*")
        self.assertTrue(shown.isascii(), shown)
        self.press("q")
        self.restored(0)

    def test_colours_unless_told_otherwise(self):
        self.open()
        self.shows("▀", "sounding")
        self.assertRegex(self.screen("-e"), r"\x1b\[[0-9;]*38;5;\d+")
        self.press("q")
        self.restored(0)
        self.close()
        (self.dir / "over").unlink()
        self.open(NO_COLOR=1)
        self.shows("█", "sounding")
        self.assertNotRegex(self.screen("-e"), r"\x1b\[[0-9;]*(3[0-8]|4[0-8])[;m]")
        self.press("q")
        self.restored(0)

    def test_the_terminal_is_restored_whatever_ends_it(self):
        for number, status in ((signal.SIGINT, 0), (signal.SIGTERM, 0), (signal.SIGHUP, 0), (signal.SIGSEGV, 139),
                               (signal.SIGABRT, 134), (signal.SIGQUIT, 131)):
            with self.subTest(signal=number):
                self.open()
                self.shows("sounding")
                self.signal(number)
                self.restored(status)
                self.close()
                (self.dir / "over").unlink()

    def test_a_device_that_fails_is_told_when_the_view_has_gone(self):
        self.open("--no-reconnect", device="lavfi:nosuchfilter")
        self.assertIn("nosuchfilter", self.restored(1))

    def test_events_go_to_the_pipe_while_the_view_is_shown(self):
        self.open("--view", "always")
        text = (self.dir / "run.sh").read_text().replace("--view always)", "--view always | cat > events)")
        self.close()
        (self.dir / "run.sh").write_text(text.replace("exec env", "env"))
        self.start()
        self.shows("1.0 s")
        self.press("q")
        self.restored(0)
        self.assertIn('"label":"low"', (self.dir / "events").read_text())

    def test_no_terminal(self):
        run = subprocess.run([EARSHOT, "detect", "model", "--device", BEEPS, "--view", "always"], cwd=self.dir,
                             stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
                             start_new_session=True)
        self.assertEqual((run.returncode, run.stdout), (1, ""))
        self.assertIn("no terminal to draw on", run.stderr)
