"""Renews what the pages take from the programs: the options, and the range and default of each.

    python3 man/renew.py build/dev

Of each entry the head and the line under it (.Bq) come from the descriptions of the settings; the text below is
written by hand. An option that has no entry yet gets one, with its line of help, at the end of the list.
"""
import pathlib
import re
import subprocess
import sys

COMMANDS = ["datagen", "train"]
# A front end whose page names only what it has beyond another.
EXTENDS = {"pcen": "logmel", "mfcc": "logmel"}


def facts(unit, wanted, default):
    """`.Bq a number from 0 to 60; default 6`, as a list of lines: empty if nothing is known of the value."""
    known = [wanted] if wanted not in ("-", "text") else []
    known += [f"default {default}" + ("s" if unit == "TIME" else "")] if default != "-" else []
    return [".Bq " + "; ".join(known)] if known else []


def renewed_entry(lines, start, end, pattern, head, known, text):
    """Renews the entry whose head matches, in lines[start:end], or adds it before `end`."""
    found = next((i for i in range(start, end) if re.match(pattern, lines[i])), None)
    if found is None:
        lines[end:end] = [head, *known, text + "."]
        return
    old = lines[found + 1:found + 2] if lines[found + 1].startswith(".Bq ") else []
    lines[found:found + 1 + len(old)] = [head or lines[found], *known]


def list_under(lines, title):
    """The lines of the first list in a subsection."""
    start = lines.index(".Ss " + title)
    return start, lines.index(".El", start)


def renewed(page, rows):
    """The text of a page, as the rows that --describe-options prints say it should be."""
    lines = page.split("\n")
    rows = [row.split("\t")[1:] for row in rows]
    settings = {row[1]: row[2:] for row in rows if row[0] == "setting"}
    for kind, names, _, text, unit, wanted, default in rows:
        if kind == "option":
            shown = " , ".join(name[1:] for name in names.split(","))  # "o , -output"
            plain = re.fullmatch(r"-|[A-Z]+(,\.\.\.)?", unit)  # else the head is written by hand
            head = f".It Fl {shown}" + ("" if unit == "-" else f" Ar {unit.lower()}")
            pattern = rf"\.It Fl (.* )?{re.escape(names.split(',')[0][1:])}( |$)"
            renewed_entry(lines, *list_under(lines, "Options"), pattern, head if plain else None,
                          facts(unit, wanted, default), text)
        elif kind == "setting":
            frontend, key = names.split()
            if settings.get(f"{EXTENDS.get(frontend)} {key}") != settings[names]:
                renewed_entry(lines, *list_under(lines, frontend), rf"\.It Cm {key}$", f".It Cm {key}",
                              facts("", wanted, default), text)
    return "\n".join(lines)


if __name__ == "__main__":
    for command in COMMANDS:
        program = pathlib.Path(sys.argv[1]) / "libexec/earshot" / f"earshot-{command}"
        rows = subprocess.run([program, "--describe-options"], check=True, capture_output=True, text=True).stdout
        path = pathlib.Path(__file__).parent / f"earshot-{command}.1"
        path.write_text(renewed(path.read_text(), rows.splitlines()))
