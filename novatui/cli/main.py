"""Entry point: the version before anything is imported, then the verb and its exit code."""

from __future__ import annotations

import errno
import os
import sys

import novatui

COLLECT = (200_000, 20, 100)
"""Thresholds of the garbage collector: imports make few cycles and very many objects. The console sets its own."""


def run() -> None:
    """Console script `novatui`."""
    try:
        code = main(sys.argv[1:])
    except KeyboardInterrupt:  # while the program itself was still being imported
        code = 130
    sys.exit(code)


def main(argv: list[str]) -> int:
    """Run one command line and return its exit code (see `novatui --help`)."""
    if argv == ["--version"]:
        return _say_version()
    import gc

    gc.set_threshold(*COLLECT)
    from novatui.cli.dispatch import dispatch

    return dispatch(argv)


def _say_version() -> int:
    """Straight to the descriptor: nothing is left in a buffer that could fail at exit when nobody reads any more."""
    try:
        os.write(1, f"novatui {novatui.__version__}\n".encode())
    except OSError as error:
        return 0 if error.errno in (errno.EPIPE, errno.EBADF) else 1
    return 0


if __name__ == "__main__":
    run()
