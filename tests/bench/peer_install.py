"""The peer of `peers.py` from PyPI, in a virtual environment of its own; never a dependency of ours."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

PEER = "virtui-manager"
NEEDS = ["libvirt-python", "textual>=8", "PyYAML", "markdown-it-py", "packaging", "requests", "netifaces"]
"""What it declares, without PyGObject, which most machines cannot build: Debian's own is taken (python3-gi)."""

DEBIAN_GI = Path("/usr/lib/python3/dist-packages/gi")


def install(folder: Path) -> Path | None:
    """Install it; its program, or None with the reason printed."""
    home = folder / PEER
    venv.create(home, with_pip=True)
    if not (_pip(home, PEER) or (_pip(home, "--no-deps", PEER) and _pip(home, *NEEDS) and _link_gi(home))):
        print(f"skipped: {PEER} cannot be installed here")
        return None
    version = next(home.glob("lib/python3*/site-packages/virtui_manager-*.dist-info")).name
    print(f"peer: {version.removesuffix('.dist-info')}")
    return home / "bin" / PEER


def _pip(home: Path, *packages: str) -> bool:
    command = [str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", *packages]
    return subprocess.run(command, capture_output=True).returncode == 0


def _link_gi(home: Path) -> bool:
    """PyGObject of the system, when it was made for this version of Python."""
    tag = f"cpython-{sys.version_info.major}{sys.version_info.minor}-"
    if not any(tag in path.name for path in DEBIAN_GI.glob("_gi.*.so")):
        print("python3-gi is not there for this Python")
        return False
    packages = next(home.glob("lib/python3*/site-packages"))
    (packages / "gi").symlink_to(DEBIAN_GI)
    return True
