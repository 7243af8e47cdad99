"""Takes out of a recorded file what says where and when it was recorded: `python scrub.py < FILE > FILE`."""

import json
import sys


def scrub(value):
    """Drop times, and lines of code that lie outside the project."""
    if isinstance(value, list):
        return [scrub(item) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {key: scrub(item) for key, item in value.items() if key not in ("created", "modified", "duration")}
    if "stackTrace" in kept:
        kept["stackTrace"] = [frame for frame in kept["stackTrace"] if inside(frame.get("sourcePosition", ".."))]
    return {key: item for key, item in kept.items() if key != "sourcePosition" or inside(item)}


def inside(position):
    """Tell whether a line of code lies in the project."""
    return ".." not in position


if __name__ == "__main__":
    json.dump(scrub(json.load(sys.stdin)), sys.stdout, indent=1)
