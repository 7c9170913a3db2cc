"""Where a picture of a screen is kept: a file that only its owner reads, never over another one."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

_ODD = re.compile(r"[^\w.+-]+")
"""What stands in no file name of ours: names of machines are other people's."""

LONGEST = 80
"""Characters of a machine's name in that of a file."""


def suggested(folder: Path, conn: str, name: str, now: float) -> Path:
    """A file that says whose screen it is, and when: `FOLDER/CONN-NAME-20261123-214500.png`."""
    stem = _ODD.sub("_", f"{conn}-{name}")[:LONGEST].strip("._") or "screen"
    return folder / f"{stem}-{time.strftime('%Y%m%d-%H%M%S', time.localtime(now))}.png"


def save(path: Path, picture: bytes) -> None:
    """Write it, readable by its owner only; the folder is made when it is missing. Blocks.

    FileExistsError when there is a file, or a link, already; OSError when it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
    with open(os.open(path, flags, 0o600), "wb") as file:
        file.write(picture)
