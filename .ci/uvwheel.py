"""Find uv, or unpack the one uv.lock pins from its wheel (a zip file) into the checkout's cache."""

from __future__ import annotations

import hashlib
import io
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from dataclasses import dataclass
from pathlib import Path

from index import fetch, find_index
from report import SetupError, say

OLDEST_UV = (0, 9)
"""The oldest release whose `uv sync --frozen` was seen to read uv.lock."""


@dataclass(frozen=True)
class Wheel:
    """One file that uv.lock pins."""

    version: str
    url: str
    sha256: str

    @property
    def filename(self) -> str:
        return self.url.rpartition("/")[2]


def ensure_uv(root: Path, cache: Path) -> Path:
    """A uv that can read uv.lock: the one on PATH if it is new enough, else the one that uv.lock pins."""
    installed = shutil.which("uv")
    if installed and version_of(installed) >= OLDEST_UV:
        return Path(installed)
    wheel = choose(pinned_wheels((root / "uv.lock").read_text()))
    program = cache / "uv" / wheel.version / "uv"
    if not program.exists():
        say(f"fetching uv {wheel.version}")
        unpack(download(wheel), program)
    return program


def version_of(program: str) -> tuple[int, ...]:
    """The release a uv says it is, or () for one that does not run."""
    try:
        answer = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ()
    found = re.match(r"uv (\d+)\.(\d+)\.(\d+)", answer.stdout)
    return tuple(int(number) for number in found.groups()) if found else ()


def pinned_wheels(lock: str) -> list[Wheel]:
    packages = [package for package in tomllib.loads(lock)["package"] if package["name"] == "uv"]
    return [
        Wheel(package["version"], wheel["url"], wheel["hash"].removeprefix("sha256:"))
        for package in packages
        for wheel in package["wheels"]
    ]


def choose(wheels: list[Wheel], machine: str | None = None, libc: str | None = None) -> Wheel:
    """The wheel for this Linux: its processor and its C library (glibc: manylinux, else musllinux)."""
    machine = machine or platform.machine()
    family = "manylinux" if (libc or platform.libc_ver()[0]) == "glibc" else "musllinux"
    fitting = [w for w in wheels if family in w.filename and w.filename.endswith(f"_{machine}.whl")]
    if not fitting or sys.platform != "linux":
        raise SetupError(f"there is no uv for {sys.platform} on {machine}: install uv by hand, then try again.")
    return fitting[0]


def download(wheel: Wheel) -> bytes:
    """The wheel's bytes, checked against uv.lock."""
    index = find_index()
    url = index.file_url("uv", wheel.filename) if index.url else wheel.url
    body = fetch(url, checked_by_hash=True)
    if hashlib.sha256(body).hexdigest() != wheel.sha256:
        raise SetupError(f"{wheel.filename} is not the file that uv.lock pins (its SHA-256 differs).")
    return body


def unpack(body: bytes, program: Path) -> None:
    """Write the program `uv` out of a wheel; it appears whole or not at all."""
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        member = next(name for name in archive.namelist() if name.endswith(".data/scripts/uv"))
        content = archive.read(member)
    program.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=program.parent, delete=False) as part:
        part.write(content)
    os.chmod(part.name, 0o755)
    os.replace(part.name, program)
