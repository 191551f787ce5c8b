#!/usr/bin/python3
"""Prints detected events beside the true ones, and fails where too few of either have a counterpart.

    compare.py TRUTH.txt DETECTED.jsonl LEAST

TRUTH is a label track as Audacity writes it, DETECTED what earshot detect prints. Background is no event.
An event is found if one of the same label was detected that overlaps it for at least half of the time that the
two cover together; each counts once. LEAST is the least recall and precision, 0 to 1.
"""
import json
import sys


def read_track(path):
    with open(path, encoding="utf-8") as lines:
        rows = [line.rstrip("\n").split("\t") for line in lines]
    return [{"onset": float(onset), "offset": float(offset), "label": label}
            for onset, offset, label in rows if label != "background"]


def read_events(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def overlap(a, b):
    """Time that both cover, as a share of the time that either covers."""
    common = min(a["offset"], b["offset"]) - max(a["onset"], b["onset"])
    return common / (max(a["offset"], b["offset"]) - min(a["onset"], b["onset"]))


def pair(truth, detected):
    """[(true or None, detected or None)] by onset. Overlaps of one half or more are unique: no choice arises."""
    pairs, left = [], list(detected)
    for event in truth:
        found = next((d for d in left if d["label"] == event["label"] and overlap(event, d) >= 0.5), None)
        if found:
            left.remove(found)
        pairs.append((event, found))
    pairs += [(None, event) for event in left]
    return sorted(pairs, key=lambda both: (both[0] or both[1])["onset"])


def main():
    truth, detected, least = read_track(sys.argv[1]), read_events(sys.argv[2]), float(sys.argv[3])
    pairs = pair(truth, detected)

    def text(event):
        return f"{event['onset']:7.2f} - {event['offset']:7.2f}  {event['label']:<10}" if event else " " * 29

    print(f"{'what happened, s':<29}   {'what earshot heard, s':<29}")
    for event, found in pairs:
        print(f"{text(event)}   {text(found)}  {'' if event and found else 'MISSED' if event else 'NOT THERE'}".rstrip())
    matched = sum(1 for event, found in pairs if event and found)
    recall = matched / len(truth) if truth else float("nan")
    precision = matched / len(detected) if detected else float("nan")
    print(f"\nrecall {recall:.2f} ({matched} of {len(truth)} found), "
          f"precision {precision:.2f} ({matched} of {len(detected)} detected are right)")
    if not (recall >= least and precision >= least):
        sys.exit(f"compare.py: recall or precision is under {least}")


if __name__ == "__main__":
    main()
