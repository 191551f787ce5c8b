#!/usr/bin/python3
"""How near the truth earshot locate comes, on scenes of known positions.

    tests/bench/directions.py EARSHOT SCENE... [--method srp] [--stream] [--list]

A scene is a directory with audio.flac, geometry.json (earshot-formats(5), ARRAYS) and truth.tsv: onset, offset, label,
azimuth_deg (counter-clockwise from the right), x_mm, y_mm, distance_mm, the origin being that of the geometry.
Each event is located by each array alone and by all together; --stream judges the updates of a plain run instead.
"""
import argparse
import csv
import json
import math
import pathlib
import subprocess
import sys
import tempfile

import numpy


def wrap(angle):
    return (angle + 180) % 360 - 180


def azimuth(x, y):
    return math.degrees(math.atan2(x, y)) % 360


def scene_truth(scene):
    rows = csv.DictReader((scene / "truth.tsv").open(), delimiter="\t")
    return [{"onset": float(row["onset"]), "offset": float(row["offset"]), "label": row["label"],
             "at": (float(row["x_mm"]) / 1000, float(row["y_mm"]) / 1000)} for row in rows]


def located(earshot, scene, geometry, truth, options):
    """What locate says of each event of a scene."""
    with tempfile.TemporaryDirectory() as place:
        place = pathlib.Path(place)
        (place / "array.json").write_text(json.dumps(geometry))
        lines = [json.dumps({key: event[key] for key in ("onset", "offset", "label")}) for event in truth]
        (place / "events.jsonl").write_text("\n".join(lines) + "\n")
        command = [earshot, "locate", "--array", place / "array.json", scene / "audio.flac", *options.extra]
        if not options.stream:
            command += ["--events", place / "events.jsonl"]
        out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [json.loads(line) for line in out.splitlines()]


def judge(rows, truth, origin, stream):
    """[(row, azimuth error or None, distance)] of events, or of the updates that lie within exactly one event."""
    if not stream:
        pairs = list(zip(rows, truth))
    else:
        pairs = []
        for row in rows:
            during = [event for event in truth
                      if event["onset"] <= row["onset"] + 0.05 and row["offset"] <= event["offset"] + 0.05]
            if len(during) == 1 and row["vad"]:
                pairs.append((row, during[0]))
    judged = []
    for row, event in pairs:
        x, y = event["at"][0] - origin[0], event["at"][1] - origin[1]
        error = None if row["azimuth"] is None else wrap(row["azimuth"] - azimuth(x, y))
        judged.append((row, error, math.hypot(x, y)))
    return judged


def summary(name, judged):
    errors = numpy.array([180 if error is None else abs(error) for _, error, _ in judged])
    text = (f"{name:12} n {len(errors):4}  median {numpy.median(errors):5.2f}°  within 5° {(errors < 5).mean():4.0%}"
            f"  within 10° {(errors < 10).mean():4.0%}")
    known = [(row, error) for row, error, _ in judged if error is not None]
    inside = [abs(error) <= row["azimuth_90"] for row, error in known]
    return text + f"  none {len(errors) - len(known):3}  in azimuth_90 {numpy.mean(inside):4.0%}"


def distances(judged):
    known = [(row, error, distance) for row, error, distance in judged if error is not None]
    placed = [(row["distance_mm"] / 1000, distance) for row, _, distance in known if row["distance_mm"]]
    ratio = numpy.array([abs(math.log(said / distance)) for said, distance in placed])
    bounded = [(row, error, distance) for row, error, distance in known if row["distance_90_mm"]]
    inside = [row["distance_90_mm"][0] / 1000 <= distance <= (row["distance_90_mm"][1] or math.inf) / 1000
              for row, _, distance in bounded]
    both = [within and abs(error) <= row["azimuth_90"] for within, (row, error, _) in zip(inside, bounded)]
    error = f"median error {numpy.expm1(numpy.median(ratio)):.0%}, 90 % below {numpy.expm1(numpy.quantile(ratio, .9)):.0%}" \
        if len(ratio) else "none"
    return (f"distance     said of {len(placed)} of {len(judged)}: {error}; truth in distance_90 {numpy.mean(inside):.0%}"
            f" of {len(inside)}, in both {numpy.mean(both):.0%}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("earshot")
    parser.add_argument("scenes", nargs="+", type=pathlib.Path)
    parser.add_argument("--stream", action="store_true")
    parser.add_argument("--list", action="store_true", help="every event")
    options, options.extra = parser.parse_known_args()
    alone, together, groups = [], [], {}
    for scene in options.scenes:
        geometry, truth = json.loads((scene / "geometry.json").read_text()), scene_truth(scene)
        found = judge(located(options.earshot, scene, geometry, truth, options), truth, (0, 0), options.stream)
        together += found
        for part in geometry["arrays"]:
            rows = located(options.earshot, scene, {**geometry, "arrays": [part]}, truth, options)
            one = judge(rows, truth, part["center"], options.stream)
            alone += one
            rt60, snr = geometry["room"]["rt60"], geometry["snr_db"]
            for group in (f"RT60 {'<' if rt60 < 0.35 else '>'} .35", f"SNR {'<' if snr < 15 else '>'} 15"):
                groups.setdefault(group, []).extend(one)
        if options.list:
            for (row, error, distance), event in zip(found, truth):
                print(scene.name, event["label"], f"{distance:.2f} m", error and round(error, 1), row["azimuth_90"],
                      row["distance_mm"], row["distance_90_mm"], row["confidence"])
    print(summary("each array", alone))
    for name in sorted(groups):
        print(summary("  " + name, groups[name]))
    print(summary("fused", together))
    print(distances(together))


if __name__ == "__main__":
    sys.exit(main())
