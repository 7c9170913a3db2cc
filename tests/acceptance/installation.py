"""novatui as its users have it: the wheel in a virtual environment of its own, with what the base needs and no more."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement

import novatui


def run(command: list[str], folder: Path) -> str:
    """What a command printed; AssertionError with its words when it fails."""
    answer = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=100, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return answer.stdout


def build(source: Path, kind: str, folder: Path) -> None:
    """Build a `wheel` or an `sdist` into a folder."""
    run([sys.executable, "-m", "hatchling", "build", "--target", kind, "--directory", str(folder)], source)


def install(wheel: Path, folder: Path) -> Path:
    """A virtual environment with nothing but this wheel; the path of its Python. Nothing is downloaded."""
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or "uv"
    run([uv, "venv", "--offline", "--python", sys.executable, str(folder)], folder.parent)
    python = folder / "bin" / "python"
    run([uv, "pip", "install", "--offline", "--no-deps", "--python", str(python), str(wheel)], folder.parent)
    return python


def lend_libraries(python: Path) -> None:
    """Give an environment what novatui needs without extras: links to what is installed here."""
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(python.parents[1])}))
    for found in needed(distribution(novatui.__name__)):
        tops = {file.parts[0] for file in found.files or () if file.parts[0] != ".."}
        for top in tops - {"__pycache__"}:
            (packages / top).symlink_to(str(found.locate_file(top)))


def needed(root: Distribution) -> list[Distribution]:
    """The distributions that one requires, and those that they require; extras left out."""
    known: dict[str, Distribution] = {}
    waiting = [root]
    while waiting:
        for line in waiting.pop().requires or ():
            one = Requirement(line)
            if one.name not in known and (one.marker is None or one.marker.evaluate({"extra": ""})):
                waiting.append(known.setdefault(one.name, distribution(one.name)))
    return list(known.values())
