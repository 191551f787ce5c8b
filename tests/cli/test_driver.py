"""The driver: finding commands, help, versions, and what it prepares before they start."""
import os
import re
import shutil
import stat
import subprocess

from support.sandbox import COMMANDS, EARSHOT, Sandbox

TORCH_COMMAND = "train"


class Dispatch(Sandbox):
    def program(self, path, text):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("#!/bin/sh\n" + text)
        path.chmod(0o755)

    def with_path(self, *directories):
        return {"PATH": ":".join([*map(str, directories), os.environ["PATH"]])}

    def test_usage_lists_every_command(self):
        text = self.earshot("--help").text()
        for command in COMMANDS:
            self.assertRegex(text, rf"(?m)^  {command} +\w")
        self.assertLessEqual(len(text.splitlines()), 40)

    def test_no_command_is_misuse(self):
        self.assertEqual(self.earshot(status=2, stderr="Usage: earshot COMMAND").out, b"")

    def test_unknown_command_gets_the_nearest(self):
        for typed, meant in [("lable", "label"), ("dtect", "detect"), ("hepl", "help"), ("evalaute", "evaluate")]:
            result = self.earshot(typed, status=2, stderr=None)
            self.assertEqual(result.err, f"earshot: '{typed}' is not an earshot command (did you mean {meant}?)\n")
            self.assertEqual(result.out, b"")
        self.earshot("xyzzy", status=2, stderr="see earshot --help")
        self.earshot("--hepl", status=2, stderr="unknown option --hepl")
        self.earshot("help", "xyzzy", status=2, stderr="'xyzzy' is not an earshot command")
        self.earshot("help", "label", "train", status=2, stderr="one command")

    def test_program_on_path_is_a_command(self):
        self.program(self.dir / "bin/earshot-foo", 'echo "$@" "$(cat)"; exit 7\n')
        path = self.with_path(self.dir / "bin")
        self.assertEqual(self.earshot("foo", "a b", "-x", stdin=b"in", env=path, status=7).text(), "a b -x in\n")
        self.assertIn("earshot-foo on PATH", self.earshot("--help", env=path).text())
        self.earshot("fo", env=path, status=2, stderr="did you mean foo?")

    def test_program_on_path_does_not_replace_a_command(self):
        self.program(self.dir / "bin/earshot-label", "echo stranger\n")
        self.assertNotIn("stranger", self.earshot("label", "--help", env=self.with_path(self.dir / "bin")).text())

    def test_found_through_a_link(self):
        (self.dir / "e").symlink_to(EARSHOT)
        run = subprocess.run([self.dir / "e", "label", "--help"], capture_output=True, check=True)
        self.assertIn(b"Usage: earshot label", run.stdout)

    def test_full_disk_is_an_error(self):
        with open("/dev/full", "wb") as full:
            run = subprocess.run([EARSHOT, "--version"], stdout=full, stderr=subprocess.PIPE)
        self.assertEqual(run.returncode, 1)
        self.assertEqual(run.stderr, b"earshot: cannot write standard output: No space left on device\n")

    def test_every_command_explains_itself_on_one_screen(self):
        for command in COMMANDS:
            with self.subTest(command=command):
                text = self.earshot(command, "--help").text()
                self.assertIn(f"Usage: earshot {command}", text)
                self.assertRegex(text, rf"(?m)^ *earshot {command} ", "an example")
                self.assertLessEqual(len(text.splitlines()), 48)
                self.assertLessEqual(max(map(len, text.splitlines())), 120)

    def test_every_command_refuses_what_it_does_not_know(self):
        for command in COMMANDS:
            with self.subTest(command=command):
                result = self.earshot(command, "--quite", status=2, stderr="--quiet")
                self.assertEqual(len(result.err.splitlines()), 1)
                self.assertTrue(result.err.startswith(f"earshot {command}: "), result.err)


class Versions(Sandbox):
    def test_short(self):
        self.assertRegex(self.earshot("--version").text(), r"\Aearshot \d+\.\d+\.\d+\n\Z")
        self.earshot("--version", "--verbos", status=2, stderr="unknown option --verbos")

    def test_every_library_is_found(self):
        text = self.earshot("--version", "--verbose").text()
        for library in ["CLI11", "fmt", "nlohmann/json", "libsndfile", "libavformat", "libavcodec", "libopus", "libswresample",
                        "zlib", "FFTW", "LibTorch", "BLAS", "BLAS kernel", "processors", "threads"]:
            self.assertRegex(text, rf"(?m)^{library} +\S")
        self.assertNotIn("not found", text)

    def test_processors_are_those_allowed(self):
        one = min(os.sched_getaffinity(0))
        run = subprocess.run(["taskset", "-c", str(one), EARSHOT, "--version", "--verbose"],
                             capture_output=True, text=True, check=True)
        self.assertRegex(run.stdout, r"(?m)^processors +1$")

    def test_kernel_is_the_one_that_runs(self):
        """OpenBLAS itself says which kernel it takes when OPENBLAS_VERBOSE is 2."""
        for wanted in [None, "Haswell", "Prescott"]:
            env = {"OPENBLAS_VERBOSE": "2", **({"OPENBLAS_CORETYPE": wanted} if wanted else {})}
            said = self.earshot("--version", "--verbose", env=env, stderr="Core: ")
            shown = re.search(r"(?m)^BLAS kernel +(\w+) \((.*)\)$", said.text())
            runs = self.earshot(TORCH_COMMAND, "--help", env=env, stderr="Core: ").err
            self.assertEqual(re.findall(r"Core: (\w+)", runs)[-1], shown[1])
            if wanted:
                self.assertEqual((shown[1], shown[2]), (wanted, "set by OPENBLAS_CORETYPE"))

    def test_unknown_kernel_of_the_user_is_not_claimed(self):
        text = self.earshot("--version", "--verbose", env={"OPENBLAS_CORETYPE": "Abacus"}, stderr=None).text()
        self.assertRegex(text, r"(?m)^BLAS kernel +\w+ \(OPENBLAS_CORETYPE names a kernel that OpenBLAS lacks\)$")


class Preparation(Sandbox):
    """A tree whose commands print what they were started with."""

    def setUp(self):
        super().setUp()
        (self.dir / "bin").mkdir()
        shutil.copy(EARSHOT, self.dir / "bin/earshot")
        for command in COMMANDS:
            program = self.dir / f"libexec/earshot/earshot-{command}"
            program.parent.mkdir(parents=True, exist_ok=True)
            program.write_text("#!/bin/sh\nenv\n")
            program.chmod(program.stat().st_mode | stat.S_IXUSR)

    def environment(self, command, **variables):
        clean = {k: v for k, v in os.environ.items() if not k.startswith("OPENBLAS")}
        run = subprocess.run([self.dir / "bin/earshot", command], capture_output=True, text=True, check=True,
                             env={**clean, **variables})
        return dict(line.split("=", 1) for line in run.stdout.splitlines() if "=" in line)

    def test_commands_that_compute_start_without_a_second_pool(self):
        self.assertEqual(self.environment(TORCH_COMMAND)["OPENBLAS_NUM_THREADS"], "1")

    def test_what_the_user_set_stays(self):
        env = self.environment(TORCH_COMMAND, OPENBLAS_CORETYPE="Nehalem", OPENBLAS_NUM_THREADS="7")
        self.assertEqual((env["OPENBLAS_CORETYPE"], env["OPENBLAS_NUM_THREADS"]), ("Nehalem", "7"))

    def test_others_start_as_they_are(self):
        self.assertNotIn("OPENBLAS_NUM_THREADS", self.environment("label"))


class Help(Sandbox):
    def test_through_a_pipe_nothing_pages(self):
        env = {"PAGER": "false", "MANPAGER": "false", "COLUMNS": "80"}
        text = self.earshot("help", env=env, stderr=None).text()
        self.assertIn("earshot", text)
        self.assertIn("EXIT STATUS", text)
        self.assertEqual(self.earshot("help", "label", env=env, stderr=None).text().split()[0], "EARSHOT-LABEL(1)")
        self.assertEqual(self.earshot("help", "formats", env=env, stderr=None).text().split()[0], "EARSHOT-FORMATS(5)")

    def test_without_man_the_remedy_is_named(self):
        run = subprocess.run([EARSHOT, "help"], capture_output=True, text=True, env={"PATH": str(self.dir)})
        self.assertEqual(run.returncode, 1)
        self.assertIn("cannot start man (is it installed?)", run.stderr)
