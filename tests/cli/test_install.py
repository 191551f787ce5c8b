"""An installed tree works from wherever it is moved to, with nothing of the build left in it."""
import re
import shutil
import subprocess

from support.sandbox import BUILD, COMMANDS, SOURCE, Sandbox


class Install(Sandbox):
    def setUp(self):
        super().setUp()
        subprocess.run(["cmake", "--install", BUILD, "--prefix", self.dir / "first"], check=True, capture_output=True)
        self.prefix = self.dir / "else where"  # with a blank
        shutil.move(self.dir / "first", self.prefix)

    def run_clean(self, *words):
        """From another directory, with an environment that knows nothing of earshot."""
        return subprocess.run([self.prefix / "bin/earshot", *words], cwd="/", capture_output=True, text=True,
                              env={"PATH": "/usr/bin:/bin", "HOME": str(self.dir), "ASAN_OPTIONS": "detect_leaks=0"})

    def test_commands_help_and_recipes_are_found(self):
        for command in COMMANDS:
            shown = self.run_clean(command, "--help")
            self.assertEqual((shown.returncode, shown.stderr), (0, ""))
            self.assertIn(f"Usage: earshot {command}", shown.stdout)
        page = self.run_clean("help", "label")
        self.assertEqual(page.returncode, 0)
        self.assertIn("EARSHOT-LABEL(1)", page.stdout)
        recipes = sorted(path.stem for path in (SOURCE / "share/recipes").glob("*.toml"))
        unknown = self.run_clean("train", "--recipe", "unheard-of")
        self.assertIn(f"(recipes: {', '.join(recipes)})", unknown.stderr)

    def test_everything_is_where_it_belongs(self):
        share = self.prefix / "share"
        for path in (SOURCE / "man").glob("*.[1-8]"):
            self.assertTrue((share / f"man/man{path.suffix[1:]}/{path.name}").is_file(), path.name)
        for script in ["bash-completion/completions/earshot", "zsh/site-functions/_earshot",
                       "fish/vendor_completions.d/earshot.fish", "earshot/demo/Makefile"]:
            self.assertTrue((share / script).is_file(), script)
        # bash-completion looks for the script by the name of the command, relative to its directory on PATH.
        loaded = subprocess.run(
            ["bash", "--norc", "-c", "source /usr/share/bash-completion/bash_completion; _completion_loader earshot;"
                                     "complete -p earshot"],
            capture_output=True, text=True, env={"PATH": f"{self.prefix}/bin:/usr/bin:/bin", "HOME": str(self.dir),
                                                 "XDG_DATA_DIRS": str(share)})
        self.assertEqual(loaded.stdout, "complete -F _earshot earshot\n", loaded.stderr)

    def test_nothing_of_the_build_is_left(self):
        for path in self.prefix.rglob("*"):
            self.assertFalse(path.is_symlink(), path)
            if path.is_file():
                self.assertNotIn(str(BUILD).encode(), path.read_bytes() if path.suffix else b"", path)
        programs = [self.prefix / "bin/earshot", *(self.prefix / "libexec/earshot").iterdir()]
        self.assertEqual({path.name for path in programs}, {"earshot", *(f"earshot-{name}" for name in COMMANDS)})
        for program in programs:
            runpath = subprocess.run(["readelf", "-d", program], capture_output=True, text=True, check=True).stdout
            self.assertNotRegex(runpath, "R(UN)?PATH")


class WithoutTrain(Sandbox):
    def test_nothing_of_libtorch_is_looked_for(self):
        """Configures with EARSHOT_TRAIN=OFF, no more. tests/aarch64/run builds it, without a LibTorch."""
        build = self.dir / "build"
        subprocess.run(["cmake", "-S", SOURCE, "-B", build, "-G", "Ninja", "-D", "EARSHOT_TRAIN=OFF"], check=True,
                       capture_output=True)
        rules = (build / "build.ninja").read_text()
        self.assertTrue("earshot-detect" in rules)
        self.assertEqual(re.findall("earshot-train|libtorch.*|libc10.*", rules), [])
        for unit in (build / "lib").rglob("unity_*.cxx"):
            self.assertNotIn("/torch/", unit.read_text())
