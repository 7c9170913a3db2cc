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
    if not (_pip(home, PEER) or _install_beside_gi(home)):
        print(f"skipped: {PEER} cannot be installed here")
        return None
    version = next(home.glob("lib/python3*/site-packages/virtui_manager-*.dist-info")).name
    print(f"peer: {version.removesuffix('.dist-info')}")
    return home / "bin" / PEER


def _install_beside_gi(home: Path) -> bool:
    """The same with PyGObject of the system, where pip cannot build it: that needs a compiler and GLib's headers."""
    tag = f"cpython-{sys.version_info.major}{sys.version_info.minor}-"
    if not any(tag in path.name for path in DEBIAN_GI.glob("_gi.*.so")):
        python = f"Python {sys.version_info.major}.{sys.version_info.minor}"
        print(f"{PEER} needs PyGObject: pip cannot build it here, and {DEBIAN_GI} holds none for {python}.")
        print("on Debian 12 with its own Python: apt install python3-gi")
        return False
    print(f"pip cannot build PyGObject here: taken from {DEBIAN_GI}")
    if not (_pip(home, "--no-deps", PEER) and _pip(home, *NEEDS)):
        return False
    packages = next(home.glob("lib/python3*/site-packages"))
    (packages / "gi").symlink_to(DEBIAN_GI)
    return True


def _pip(home: Path, *packages: str) -> bool:
    command = [str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", *packages]
    return subprocess.run(command, capture_output=True).returncode == 0
