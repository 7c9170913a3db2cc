"""`novatui worker`: the worker end on standard input and output, as a console elsewhere starts it over ssh."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from typing import NoReturn


def worker(options: Namespace) -> NoReturn:
    """Become the worker process. It is a program of its own, because this one must never import a driver."""
    del options
    os.execv(sys.executable, [sys.executable, "-P", "-m", "novatui.worker"])  # noqa: S606 - our own interpreter
