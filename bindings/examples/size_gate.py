#!/usr/bin/env python3
"""Fails when a layer has grown, or has a package more, since a baseline was stored.

    rootlet resolve --format json /usr/bin/curl > curl.json     once, kept with the sources
    size_gate.py --percent 5 curl.json                          in each build

Exits with 1 if the layer of the baseline's entries is more than that much larger, needs a new package, or is incomplete.
To accept what it says, store the baseline anew.
"""

import argparse
import json
import sys

import rootlet


def size(files):
    return sum(file.get("size", 0) for file in files.values())


def packages(files):
    """Their names; a package of another version is no new one."""
    return {file["package"].split()[0] for file in files.values() if "package" in file}


def problems(before, after, percent):
    """What is worse than it was: lines for people."""
    for missing in after["missing"]:
        yield f"{missing['name']} is missing, which {missing['by']} needs"
    old, new = ({file["path"]: file for file in closure["files"]} for closure in (before, after))
    for package in sorted(packages(new) - packages(old)):
        paths = [path for path, file in new.items() if file.get("package", "").split()[:1] == [package]]
        yield f"new package {package}: {len(paths)} files, {paths[0]} among them"
    if size(new) > size(old) * (1 + percent / 100):
        yield f"{size(new)} bytes, {size(new) - size(old)} more than the baseline's {size(old)}; at most {percent:g} percent are allowed"
        grown = {path: file.get("size", 0) - old.get(path, {}).get("size", 0) for path, file in new.items()}
        for path in sorted(grown, key=grown.get, reverse=True)[:5]:
            if grown[path] > 0:
                yield f"    {grown[path]:+} {path}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("baseline", help="what `rootlet resolve --format json` printed")
    parser.add_argument("--percent", type=float, default=0, metavar="N", help="how much larger the layer may be (default: 0)")
    parser.add_argument("--root", default="/", metavar="DIR", help="the tree to look in (default: /)")
    parser.add_argument("--data", default="auto", metavar="WHICH", help="as it was for the baseline (default: auto)")
    arguments = parser.parse_args()
    try:
        with open(arguments.baseline, encoding="utf-8") as file:
            before = json.load(file)
        closure = rootlet.resolve(*before["entries"], root=arguments.root, data=arguments.data)
    except (OSError, ValueError, KeyError, rootlet.Error) as error:
        parser.error(f"{arguments.baseline}: {type(error).__name__}: {error}")
    found = list(problems(before, closure.to_dict(), arguments.percent))
    for line in found:
        print(line, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
