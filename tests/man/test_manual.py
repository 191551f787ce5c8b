"""The manual says what the commands do: every option, every command, and examples that run."""
import re
import subprocess
import sys

from support import examples
from support.sandbox import COMMANDS, SOURCE, Sandbox

sys.path.insert(0, str(SOURCE / "man"))
import renew  # noqa: E402

PAGES = sorted((SOURCE / "man").glob("*.[1-8]"))
# What a page's examples find made by those before it in the pipeline.
PREPARED = {"earshot-train": ["earshot datagen -q --front-end spectrum recordings/ dataset/"],
            "earshot-evaluate": ["earshot datagen -q --front-end spectrum recordings/ dataset/", "earshot train -q dataset/ -o model/",
                                 "mkdir models && cp -r model models/first && cp -r model models/second"],
            "earshot-detect": ["earshot datagen -q --front-end spectrum recordings/ dataset/", "earshot train -q dataset/ -o model/"],
            "earshot-export": ["earshot datagen -q --front-end spectrum recordings/ dataset/", "earshot train -q dataset/ -o model/"],
            "earshot-pretrained": ["/usr/bin/python3 -m support.foreign_network net.onnx 40"],
            "earshot-locate": ["earshot datagen -q --front-end spectrum recordings/ dataset/", "earshot train -q dataset/ -o model/"]}


def page(command):
    return SOURCE / f"man/earshot-{command}.1"


def section(text, title):
    found = re.search(rf"(?ms)^{title}\n(.*?)(?=^\S|\Z)", text)
    return found[1] if found else ""


class Pages(Sandbox):
    def test_lint(self):
        for path in PAGES:
            with self.subTest(page=path.name):
                lint = subprocess.run(["mandoc", "-Tlint", "-Wwarning", path], capture_output=True, text=True)
                self.assertEqual(lint.stdout + lint.stderr, "")
                shown = subprocess.run(["man", "--warnings", "-l", path], capture_output=True, text=True)
                self.assertEqual((shown.returncode, shown.stderr), (0, ""))

    def test_every_command_has_a_page_with_the_usual_sections(self):
        for command in COMMANDS:
            with self.subTest(command=command):
                sections = re.findall(r"(?m)^\.Sh (.*)$", page(command).read_text())
                self.assertEqual(sections[:3], ["NAME", "SYNOPSIS", "DESCRIPTION"])
                self.assertLessEqual({"EXIT STATUS", "EXAMPLES", "MEMORY USAGE", "SEE ALSO"}, set(sections))

    def test_the_main_page_lists_every_command(self):
        text = (SOURCE / "man/earshot.1").read_text()
        for command in COMMANDS:
            self.assertRegex(text, rf"(?m)^\.It Cm {command}$")
            self.assertRegex(text, rf"(?m)^\.Xr earshot-{command} 1")

    def test_references_lead_to_pages(self):
        for path in PAGES:
            for name, number in re.findall(r"(?m)^\.Xr (earshot\S*) (\d)", path.read_text()):
                self.assertTrue((SOURCE / f"man/{name}.{number}").exists(), f"{path.name}: {name}({number})")

    def described(self, command):
        """(level, kind, long names) as the command itself tells its options and subcommands."""
        for line in self.earshot(command, "--describe-options").text().splitlines():
            level, kind, names = line.split("\t")[:3]
            yield level, kind, [name for name in names.split(",") if name.startswith("--")]

    def test_options(self):
        main_page = examples.plain(SOURCE / "man/earshot.1")
        for command in COMMANDS:
            with self.subTest(command=command):
                source = page(command).read_text()
                items = re.findall(r"(?m)^\.It Fl .*$", source)  # .It Fl o , -output Ar path
                documented = set(re.findall(r"(?:Fl|,) -([a-z][a-z-]*)", "\n".join(items)))
                has = set()
                for _, kind, names in self.described(command):
                    for name in names:
                        has.add(name.removeprefix("--"))
                        if kind == "common":
                            self.assertIn(name, main_page)
                        else:
                            self.assertIn(name.removeprefix("--"), documented, f"{name} is not in {page(command).name}")
                self.assertLessEqual(documented, has, "options in the page that the command does not have")

    def test_entries_stand_as_the_settings_are_described(self):
        """Head, range and default of each option, and of each setting of a front end; text is written by hand."""
        for command in renew.COMMANDS:
            rows = self.earshot(command, "--describe-options").text().splitlines()
            with self.subTest(command=command):
                text = page(command).read_text()
                self.assertEqual(text, renew.renewed(text, rows), "run python3 man/renew.py BUILD_DIRECTORY")

    def test_renewal_adds_replaces_and_keeps_text(self):
        old = ".Ss Options\n.Bl\n.It Fl -gain Ar x\n.Bq a number\nLouder.\n.It Fl -low Ar hz\nText.\n.El\n"
        rows = ["earshot x\toption\t--gain\tvalue\tGain\tDB\ta number from 0 to 6\t1",
                "earshot x\toption\t-w,--wait\tvalue\tTime to wait\tTIME\ta time\t5",
                "earshot x\toption\t--flip\tflag\tTurn over\t-\t-\t-",
                "earshot x\toption\t--low\tvalue\tLow\tHZ\t-\t-"]
        new = renew.renewed(old, rows)
        self.assertEqual(new, ".Ss Options\n.Bl\n.It Fl -gain Ar db\n.Bq a number from 0 to 6; default 1\nLouder.\n"
                              ".It Fl -low Ar hz\nText.\n.It Fl w , -wait Ar time\n.Bq a time; default 5s\n"
                              "Time to wait.\n.It Fl -flip\nTurn over.\n.El\n")
        self.assertEqual(renew.renewed(new, rows), new)

    def test_help_fits_a_screen(self):
        for command in COMMANDS:
            rows = [line.split("\t") for line in self.earshot(command, "--describe-options").text().splitlines()]
            for sub in [[], *[[row[2]] for row in rows if row[1] == "subcommand"]]:
                lines = self.earshot(command, *sub, "--help").text().splitlines()
                with self.subTest(command=command, sub=sub):
                    self.assertLessEqual(len(lines), 40)
                    self.assertLessEqual(max(map(len, lines)), 100)

    def test_subcommands(self):
        for command in COMMANDS:
            rows = [line.split("\t") for line in self.earshot(command, "--describe-options").text().splitlines()]
            for name in [row[2] for row in rows if row[1] == "subcommand"]:
                self.assertRegex(page(command).read_text(), rf"(?m)^\.Ss {name}$|Cm {name}\b")

    def test_examples(self):
        for path in PAGES:
            text = section(examples.plain(path), "EXAMPLES")
            indent = " " * 11  # of a literal block within a section
            found = examples.parse([line[11:] if line.startswith(indent) else None for line in text.splitlines()])
            with self.subTest(page=path.name):
                if path.suffix == ".1":
                    self.assertTrue(found, "a page without examples")
                self.setUp()
                examples.make_files(self.dir)
                for command in PREPARED.get(path.stem, []):
                    self.shell(command)
                examples.run(self, found)
