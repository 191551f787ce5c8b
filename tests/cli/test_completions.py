"""Completions, asked of the shells themselves: whatever --help offers, each of them completes."""
import fcntl
import os
import pathlib
import pty
import re
import select
import shutil
import struct
import subprocess
import termios
import time
import unittest

from support.sandbox import BUILD, COMMANDS, EARSHOT, SOURCE, Sandbox

SCRIPTS = BUILD / "completions"


def options_in_help(text):
    """Long options that begin a line of help or stand in its line of common ones."""
    return set(re.findall(r"(?m)(?:^  |  |-\w,)(--[a-z][a-z-]*)", text))


class Completions:
    """What every shell must do; the classes below say how to ask it."""

    def levels(self):
        """`COMMAND` and `COMMAND SUBCOMMAND`, with what --help says of each."""
        for command in COMMANDS:
            text = self.earshot(command, "--help").text()
            yield [command], text
            subcommands = re.search(r"(?ms)^Subcommands:\n(.*?)(?:^$|\Z)", text)
            for name in re.findall(r"(?m)^  ([a-z]+)", subcommands[1]) if subcommands else []:
                yield [command, name], self.earshot(command, name, "--help").text()

    def test_commands(self):
        offered = self.complete("earshot ")
        self.assertLessEqual({*COMMANDS, "help"}, offered)
        self.assertIn("evaluate", self.complete("earshot ev"))
        self.assertLessEqual({*COMMANDS, "formats"}, self.complete("earshot help "))

    def test_every_option_of_help(self):
        for words, text in self.levels():
            with self.subTest(command=" ".join(words)):
                wanted = options_in_help(text)
                self.assertIn("--help", wanted)
                self.assertLessEqual(wanted, self.complete(f"earshot {' '.join(words)} --"))

    def test_values(self):
        self.assertEqual(self.complete("earshot train --progress "), {"auto", "always", "never"})
        self.assertEqual(self.complete("earshot train --progress a"), {"auto", "always"})

    def test_words_of_settings(self):
        for line, words in (("train --schedule ", {"constant", "cosine", "one-cycle", "plateau"}),
                            ("train --arch a", {"attention"}), ("train --standardise ", {"data", "window", "mean", "none"}),
                            ("train --batch ", set()),  # a number
                            ("datagen --front-end m", {"mfcc"}), ("datagen --dtype ", {"float32", "float16"})):
            with self.subTest(line=line):
                self.assertEqual(self.complete(f"earshot {line}"), words)

    def test_recipes(self):
        recipes = {path.stem for path in (SOURCE / "share/recipes").glob("*.toml")}
        self.assertTrue(recipes)
        self.assertLessEqual(recipes, self.complete("earshot datagen --recipe "))

    def test_files(self):
        (self.dir / "tonight.wav").touch()
        self.assertEqual(self.complete("earshot detect --config ton"), {"tonight.wav"})
        self.assertEqual(self.complete("earshot detect model ton"), {"tonight.wav"})

    def environment(self):
        return {**os.environ, "PATH": f"{pathlib.Path(EARSHOT).parent}:{os.environ['PATH']}", "HOME": str(self.dir)}


class Bash(Completions, Sandbox):
    def complete(self, line):
        words = line.split(" ")
        script = (f'source "{SCRIPTS}/earshot.bash"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _earshot; '
                  'printf "%s\\n" "${COMPREPLY[@]}"')
        run = subprocess.run(["bash", "--norc", "-c", script, "bash", *words], cwd=self.dir, env=self.environment(),
                             capture_output=True, text=True, check=True)
        self.assertEqual(run.stderr, "")
        return set(run.stdout.split())

    def test_equals_sign(self):
        """bash hands --progress=al over as three words."""
        self.assertEqual(self.complete("earshot train --progress = al"), {"always"})
        self.assertEqual(self.complete("earshot train --progress ="), {"auto", "always", "never"})


@unittest.skipUnless(shutil.which("fish"), "fish is not installed")
class Fish(Completions, Sandbox):
    def complete(self, line):
        script = f'source "{SCRIPTS}/earshot.fish"; complete -C "{line}"'
        run = subprocess.run(["fish", "--no-config", "-c", script], cwd=self.dir, env=self.environment(),
                             capture_output=True, text=True, check=True)
        self.assertEqual(run.stderr, "")
        return {line.split("\t")[0] for line in run.stdout.splitlines()}

    def test_equals_sign(self):
        self.assertEqual(self.complete("earshot train --progress=al"), {"--progress=always"})


@unittest.skipUnless(shutil.which("zsh"), "zsh is not installed")
class Zsh(Completions, Sandbox):
    """zsh completes only on a terminal: it gets one, a Tab, and a key that prints all that matched."""

    SETUP = r"""
        PS1=; unsetopt zle_bracketed_paste 2>/dev/null; fpath=({scripts} $fpath)
        autoload -Uz compinit && compinit -u -d {dump}
        typeset -ga offered
        compadd() {{
            if [[ ${{@[(I)-(O|A|D)]}} -eq 0 ]]; then local -a here; builtin compadd -O here "$@"; offered+=($here); fi
            builtin compadd "$@"
        }}
        report() {{ offered=(); zle complete-word; print -r -- "<<${{(j:|:)offered}}>>" }}
        zle -N report; bindkey '^X' report
        print READY
    """

    def complete(self, line):
        setup = self.dir.parent / (self.dir.name + ".zsh")
        self.addCleanup(setup.unlink, missing_ok=True)
        dump = setup.with_suffix(".dump")
        self.addCleanup(dump.unlink, missing_ok=True)
        setup.write_text(self.SETUP.format(scripts=SCRIPTS, dump=dump))
        child, terminal = pty.fork()
        if child == 0:
            os.chdir(self.dir)
            os.execvpe("zsh", ["zsh", "-f", "-i"], {**self.environment(), "TERM": "dumb"})
        try:
            fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 200, 400, 0, 0))
            os.write(terminal, f"source {setup}\n".encode())
            self.read_until(terminal, r"(?m)^READY")
            os.write(terminal, line.encode() + b"\x18")
            shown = self.read_until(terminal, r"<<(.*?)>>")
            return {word for word in re.sub(r"\s*\r?\n", "", shown[1]).split("|") if word}
        finally:
            os.kill(child, 9)
            os.waitpid(child, 0)
            os.close(terminal)

    def read_until(self, terminal, pattern, limit_s=60):
        text, end = "", time.monotonic() + limit_s
        while time.monotonic() < end:
            if select.select([terminal], [], [], 0.2)[0]:
                text += os.read(terminal, 1 << 16).decode(errors="replace")
            if found := re.search(pattern, text, re.DOTALL):
                return found
        self.fail(f"zsh did not show {pattern!r} but {text!r}")
