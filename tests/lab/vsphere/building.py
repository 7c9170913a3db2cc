"""The simulator's program: built once from Debian's govmomi libraries, and kept until source or library change."""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
from pathlib import Path

from tests.lab.missing import LabError, LabUnavailable, program
from tests.lab.workspace import CACHE

SOURCE = Path(__file__).parent / "vcsim"
GOPATH = Path("/usr/share/gocode")
LIBRARY = GOPATH / "src/github.com/vmware/govmomi/simulator"
PACKAGE = "golang-github-vmware-govmomi-dev"
BUILD_TIMEOUT_S = 900.0


def vcsim() -> Path:
    """The program; building it takes about 20 s of a processor. LabUnavailable without Go or the library."""
    go = program("go")
    if not LIBRARY.is_dir():
        raise LabUnavailable(f"govmomi's simulator is not installed (apt install {PACKAGE})")
    folder = CACHE / "vcsim"
    folder.mkdir(parents=True, exist_ok=True)
    built = folder / f"vcsim-{_version(go)}"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not built.exists():
            _build(go, built, folder)
    return built


def _build(go: str, target: Path, folder: Path) -> None:
    draft = target.with_suffix(".new")
    environment = os.environ | {
        "GO111MODULE": "off",
        "GOFLAGS": "",
        "GOPATH": str(GOPATH),
        "GOCACHE": str(folder / "go"),
    }
    done = subprocess.run(
        [go, "build", "-o", str(draft), "."],
        cwd=SOURCE,
        env=environment,
        capture_output=True,
        text=True,
        timeout=BUILD_TIMEOUT_S,
        check=False,
    )
    if done.returncode:
        raise LabError(f"the vCenter simulator could not be built: {done.stderr.strip()}")
    draft.rename(target)


def _version(go: str) -> str:
    """What the program is made of: our source, the compiler, the library."""
    told = hashlib.sha256()
    for file in sorted(SOURCE.glob("*.go")):
        told.update(file.read_bytes())
    told.update(subprocess.run([go, "version"], capture_output=True, timeout=60, check=True).stdout)
    told.update(str((LIBRARY / "simulator.go").stat().st_mtime_ns).encode())
    return told.hexdigest()[:16]
