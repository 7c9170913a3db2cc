"""Set up the checkout with the standard library alone: uv, .venv, Debian's packages.

Called by the Makefile as `python3 .ci/bootstrap.py demo|dev|lab`; says nothing when nothing is to be done.
"""

from __future__ import annotations

import sys

if sys.version_info < (3, 11):  # noqa: UP036  it may be older: nothing has checked it before
    sys.exit(f"setup: Python 3.11 or newer is needed; {sys.executable} is {sys.version.split()[0]}.")

import fcntl
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import debian
from index import find_index, trust
from report import SetupError, say
from uvwheel import ensure_uv

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
CACHE = ROOT / ".cache"

LEVELS = {
    "demo": ["--no-default-groups"],
    "dev": ["--extra", "vsphere"],
    "dev+libvirt": ["--extra", "vsphere", "--extra", "libvirt"],
}
"""What .venv can hold, each level within the next, with the options of `uv sync` that make it."""


def main(argv: list[str]) -> int:
    if len(argv) != 1 or argv[0] not in ("demo", "dev", "lab"):
        return fail("usage: python3 .ci/bootstrap.py demo|dev|lab")
    CACHE.mkdir(exist_ok=True)
    with (CACHE / "setup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            prepare(argv[0])
        except SetupError as error:
            return fail(str(error))
    return 0


def prepare(wanted: str) -> None:
    """Make the checkout ready for `demo` (run it), `dev` (lint it) or `lab` (test it: Debian's packages)."""
    if wanted == "lab":
        debian.install_for_tests()
    level = "demo"
    if wanted != "demo":
        level = "dev+libvirt" if not debian.missing(debian.LIBVIRT_BUILD) else "dev"
    key = stamp_key()
    if not is_filled(level, key):
        fill(level, key)


def fill(level: str, key: str) -> None:
    """Make .venv hold `level`, as uv.lock says; what it holds beyond that stays."""
    if VENV.exists() and not is_at_home():
        shutil.rmtree(VENV)
    if not trust().known and debian.can_install():
        debian.install(["ca-certificates"])
    uv = ensure_uv(ROOT, CACHE)
    environment = os.environ | trust().environment() | find_index().environment()
    environment.pop("VIRTUAL_ENV", None)
    environment |= {
        "UV_PROJECT_ENVIRONMENT": str(VENV),
        "UV_PYTHON": getattr(sys, "_base_executable", sys.executable),
        "UV_PYTHON_DOWNLOADS": "never",
    }
    if not os.access(Path.home(), os.W_OK):
        environment.setdefault("UV_CACHE_DIR", str(CACHE / "uv-cache"))
    say(f"filling .venv ({level})")
    for arguments in from_mirror(level) if find_index().url else from_lock(level):
        if subprocess.run([str(uv), *arguments], cwd=ROOT, env=environment, check=False).returncode:
            raise SetupError(f"uv could not fill .venv; its words are above.{trust().advice()}")
    stamp(level).write_text(key)


def from_lock(level: str) -> list[list[str]]:
    """What uv has to do where the public index can be reached: uv.lock holds the address of every file."""
    return [["sync", "--frozen", "--inexact", *LEVELS[level]]]


def from_mirror(level: str) -> list[list[str]]:
    """What uv has to do where another index is configured: the same files by name and hash, from that index."""
    wanted = str(CACHE / "requirements.txt")
    python = str(VENV / "bin" / "python")
    return [
        ["export", "-q", "--frozen", "--no-emit-project", "--output-file", wanted, *LEVELS[level]],
        ["venv", "-q", "--allow-existing", str(VENV)],
        ["pip", "install", "--python", python, "--require-hashes", "--requirement", wanted],
        ["pip", "install", "--python", python, "--no-deps", "--editable", "."],
    ]


def is_filled(level: str, key: str) -> bool:
    """Whether an earlier run brought .venv to this level or a higher one, and .venv is still whole."""
    order = list(LEVELS)
    stamps = [stamp(above) for above in order[order.index(level) :]]
    return is_at_home() and any(file.is_file() and file.read_text() == key for file in stamps)


def is_at_home() -> bool:
    """Whether .venv was made here: its scripts name its own python, and that python is still there."""
    script = VENV / "bin" / "novatui"
    if not (VENV / "bin" / "python").exists():
        return False
    if not script.exists():
        return True
    start = script.read_bytes()[:1024]
    return any(before + os.fsencode(VENV / "bin") in start for before in (b"!", b"'", b'"'))


def stamp(level: str) -> Path:
    return VENV / f".filled-{level}"


def stamp_key() -> str:
    """Changes whenever .venv would have to be filled again."""
    digest = hashlib.sha256(os.fsencode(os.path.realpath(sys.executable)))
    for name in ("uv.lock", "pyproject.toml", "novatui/__init__.py"):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def fail(text: str) -> int:
    print(f"setup: {text}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
