"""ARCHITECTURE.md and the code: rooms include only rooms before them, and what the page names exists."""
import functools
import re
import unittest

from support.sandbox import SOURCE

LIB = SOURCE / "lib"
TEXT = (SOURCE / "ARCHITECTURE.md").read_text()
SOURCES = {".h", ".cpp"}


def rooms_in_order():
    """Of lib/CMakeLists.txt; `exchange` and `locate` are archives of their own, before `detect` and `scene`."""
    rooms = re.search(r"set\(core_rooms ([^)]*)\)", (LIB / "CMakeLists.txt").read_text())[1].split()
    rooms.insert(rooms.index("detect"), "exchange")
    rooms.insert(rooms.index("scene"), "locate")
    return rooms


ORDER = rooms_in_order()


@functools.cache
def text_of(path):
    return path.read_text()


def sources(*folders):
    return sorted(path for folder in folders for path in folder.rglob("*") if path.suffix in SOURCES)


def includes(folder):
    """(path, header) of each #include, in quotes or brackets."""
    for path in sources(folder):
        for header in re.findall(r'(?m)^[ \t]*#[ \t]*include[ \t]*["<]([^">]+)[">]', text_of(path)):
            yield path, header


def spans():
    """What ARCHITECTURE.md has in backticks."""
    return set(re.findall(r"`([^`\n]+)`", TEXT))


class Includes(unittest.TestCase):
    def test_each_folder_of_lib_is_a_room(self):
        self.assertEqual(sorted(path.name for path in LIB.iterdir() if path.is_dir()), sorted(ORDER))

    def test_a_room_includes_only_itself_and_rooms_before_it(self):
        found = set()
        for place, room in enumerate(ORDER):
            for path, header in includes(LIB / room):
                other, slash, _ = header.partition("/")
                if slash and other in ORDER and ORDER.index(other) > place:
                    found.add((str(path.relative_to(SOURCE)), header))
        self.assertEqual(sorted(found), [], "a room includes one after it")

    def test_a_header_of_a_room_is_included_by_its_path_in_lib(self):
        names = {path.name for path in sources(LIB) if path.suffix == ".h"}
        for path, header in includes(LIB):
            in_quotes = f'#include "{header}"' in text_of(path)
            if in_quotes or header in names:
                self.assertTrue((LIB / header).is_file(), f"{path}: {header}")

    def test_lib_knows_nothing_of_tools_and_of_command_lines(self):
        for path, header in includes(LIB):
            self.assertNotRegex(header, r"^(tools|CLI)/", str(path))

    def test_only_torch_folders_know_libtorch(self):
        for path, header in [*includes(LIB), *includes(SOURCE / "tools")]:
            if path.parent.name == "torch" and LIB in path.parents:
                continue
            self.assertNotRegex(header, r"^(torch|ATen|c10)/|^\w+/torch/", str(path))


class Page(unittest.TestCase):
    def test_the_table_has_every_room_in_order(self):
        self.assertEqual(re.findall(r"(?m)^\| `(\w+)/` \|", TEXT), ORDER)

    def test_files_exist(self):
        named = {span for span in spans() if re.fullmatch(r"[\w./*-]*(/|\.(h|cpp|def|md|txt|py|toml|[1-8]))", span)}
        self.assertGreater(len(named), 40)
        for name in named:
            if "NAME" in name or name in {f"{room}/" for room in ORDER}:
                continue  # of a command to be; of the table
            self.assertTrue(any(SOURCE.glob(name.rstrip("/"))), name)

    def test_functions_exist(self):
        """`name()` somewhere in lib/ or tools/, `room::name()` in that room, `Class::name()` where the class is."""
        named = [span[:-2] for span in spans() if re.fullmatch(r"[A-Za-z_][\w:]*\(\)", span)]
        self.assertGreater(len(named), 30)
        everywhere = sources(LIB, SOURCE / "tools")
        for function in named:
            *scope, name = function.split("::")
            paths = everywhere
            if scope and scope[0] in ORDER:
                paths = sources(LIB / scope.pop(0))
            if scope:
                paths = [path for path in paths if self.defines(path, scope[0])]
            self.assertTrue(any(re.search(rf"\b{name}\(", text_of(path)) for path in paths), function)

    def test_types_exist(self):
        for name in (span for span in spans() if re.fullmatch(r"([A-Z][a-z]+)+", span)):
            self.assertTrue(any(self.defines(path, name) for path in sources(LIB, SOURCE / "tools")), name)

    @staticmethod
    def defines(path, name):
        return re.search(rf"\b(class|struct|enum class|using) {name}\b(?!;)", text_of(path))

    def test_links_of_pages_lead_somewhere(self):
        for page in SOURCE.glob("*.md"):
            for link in re.findall(r"\]\((?!https?://)([^)]*)\)", page.read_text()):
                self.assertTrue((SOURCE / link).is_file(), f"{page.name}: {link}")

    def test_recipes_of_the_table_are_those_there_are(self):
        rows = re.findall(r"(?m)^\| `([\w-]+)`", TEXT)
        self.assertEqual(sorted(rows), sorted(path.stem for path in (SOURCE / "share/recipes").glob("*.toml")))
