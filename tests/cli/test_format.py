"""Every C++ source is formatted as .clang-format says."""
import re
import shutil
import subprocess
import unittest

from support.sandbox import SOURCE

VERSION = "14"  # Debian 12's: others break lines elsewhere


def clang_format():
    """The program of that version, or None."""
    for name in (f"clang-format-{VERSION}", "clang-format"):
        program = shutil.which(name)
        if not program:
            continue
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
        if re.search(rf"version {VERSION}\.", said):
            return program
    return None


class Format(unittest.TestCase):
    @unittest.skipUnless(clang_format(), f"clang-format {VERSION} is not installed")
    def test_sources(self):
        sources = sorted(path for folder in ("lib", "tools", "tests") for path in (SOURCE / folder).rglob("*")
                         if path.suffix in {".cpp", ".h"})
        self.assertGreater(len(sources), 100)
        run = subprocess.run([clang_format(), "--dry-run", "-Werror", *sources], capture_output=True, text=True)
        self.assertEqual(run.returncode, 0, f"run clang-format -i on these:\n{run.stderr}")
