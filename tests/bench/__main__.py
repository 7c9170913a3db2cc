"""Runs benchmarks: `python -m tests.bench [NAME…] [OPTION…]`. Every module here with `def main(argv` is one.

Each prints both sides of every ratio and which goals were met. Options go to every benchmark that is run.
"""

from __future__ import annotations

import sys
import time
from importlib import import_module
from itertools import takewhile
from pathlib import Path

HERE = Path(__file__).parent

BY_NAME_ONLY = {"peers"}
"""Not part of a run of everything: takes half an hour, and installs a program from PyPI."""


def benchmarks() -> list[str]:
    """Names of all benchmarks. Nothing is imported yet: one that cannot be must not keep the others from running."""
    files = [path for path in HERE.glob("*.py") if not path.stem.startswith("_")]
    return sorted(path.stem for path in files if "\ndef main(argv" in path.read_text(encoding="utf-8"))


def run(name: str, options: list[str]) -> bool:
    """Run one benchmark; False when it missed a goal."""
    print(f"== {name} ==", flush=True)
    started = time.monotonic()
    missed = import_module(f"tests.bench.{name}").main(options)
    print(f"== {name}: {time.monotonic() - started:.0f} s ==\n", flush=True)
    return not missed


def main() -> int:
    """0 when all goals were met, 1 when one was missed, 2 for a name that is no benchmark."""
    known = benchmarks()
    names = list(takewhile(lambda word: not word.startswith("-"), sys.argv[1:]))
    options = sys.argv[1 + len(names) :]
    if unknown := [name for name in names if name not in known]:
        print(f"no such benchmark: {', '.join(unknown)}; there are: {', '.join(known)}", file=sys.stderr)
        return 2
    met = [run(name, options) for name in names or sorted(set(known) - BY_NAME_ONLY)]
    return int(not all(met))


if __name__ == "__main__":
    sys.exit(main())
