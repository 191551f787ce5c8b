"""README: its commands run, in order, in one directory, and its links lead somewhere."""
import re
import subprocess

from support import examples
from support.sandbox import COMMANDS, SOURCE, Sandbox

TEXT = (SOURCE / "README.md").read_text()


class Readme(Sandbox):
    def test_the_tour(self):
        lines = [line for block in re.findall(r"(?ms)^```\n(.*?)^```", TEXT) for line in [*block.splitlines(), None]]
        found = examples.parse(lines)
        self.assertGreater(len(found), 5)
        examples.make_files(self.dir)
        examples.run(self, found)

    def test_bootstrap_knows_the_commands(self):
        usage = subprocess.run([SOURCE / "bootstrap", "--help"], capture_output=True, text=True, check=True).stdout
        commands = re.findall(r"\./bootstrap (\w+)", TEXT)
        self.assertLessEqual({"demo", "test"}, set(commands))
        for command in commands:
            self.assertRegex(usage, rf"(?m)^  {command} ")

    def test_links(self):
        links = re.findall(r"\]\(([^)]*)\)", TEXT)
        self.assertLessEqual({f"man/earshot-{command}.1" for command in COMMANDS}, set(links))
        for link in links:
            self.assertTrue((SOURCE / link).is_file(), link)
