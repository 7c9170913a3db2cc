"""What each process really loads: the run-time twin of the import contracts."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass

import pytest

from tests.hygiene.rules import DRAWING, FAMILIES, VENDOR_HOMES
from tests.hygiene.source import ROOT, sources

CONSOLE_CODE = ("novatui.cli", "novatui.ui", "novatui.actions", "novatui.engine")
WORKER_CODE = ("novatui.backends", "novatui.worker")
VENDORS = tuple(VENDOR_HOMES)

LOAD = """
import importlib, json, sys
before = set(sys.modules)
for name in json.loads(sys.argv[1]):
    importlib.import_module(name)
print(json.dumps(sorted(set(sys.modules) - before)))
"""


@dataclass(frozen=True)
class Process:
    """Modules that one kind of process may load together, and what must not come with them."""

    name: str
    packages: tuple[str, ...]
    never: tuple[str, ...]


HEADLESS = Process(
    "headless",
    ("novatui.core", "novatui.wire", "novatui.config", "novatui.engine", "novatui.actions", "novatui.cli"),
    ("novatui.ui", *WORKER_CODE, *VENDORS, *DRAWING),
)
CONSOLE = Process("console", (*CONSOLE_CODE, "novatui.wire", "novatui.config"), (*WORKER_CODE, *VENDORS, "plotext"))
WORKER = Process("worker", ("novatui.worker", "novatui.wire", "novatui.config"), (*CONSOLE_CODE, *VENDORS, *DRAWING))


@pytest.mark.parametrize("process", [HEADLESS, CONSOLE, WORKER], ids=lambda process: process.name)
def test_process_loads_only_its_own(process: Process) -> None:
    assert forbidden(loaded_with(modules_of(*process.packages)), process.never) == []


def test_core_loads_the_standard_library_and_msgspec() -> None:
    allowed = sys.stdlib_module_names | {"msgspec", "novatui"} | {"typing_extensions"}  # the last by msgspec itself
    loaded = loaded_with(modules_of("novatui.core"))
    assert [name for name in loaded if name.partition(".")[0] not in allowed] == []
    assert [name for name in loaded if name.startswith("novatui.") and not is_in(name, "novatui.core")] == []


def test_drivers_share_code_without_a_vendor_library() -> None:
    """What stands beside the drivers loads none of them: the registry names them, it does not import them."""
    shared = [name for name in modules_of("novatui.backends") if not is_of_a_driver(name)]
    families = [f"novatui.backends.{family}" for family in driver_families()]
    never = (*families, *CONSOLE_CODE, *VENDORS, *DRAWING)
    assert forbidden(loaded_with(shared), never) == []


def test_a_driver_loads_no_other_driver() -> None:
    """The demo driver is what a machine without any vendor library runs."""
    others = [f"novatui.backends.{family}" for family in driver_families() if family != "demo"]
    never = (*others, *CONSOLE_CODE, *VENDORS, *DRAWING)
    assert forbidden(loaded_with(modules_of("novatui.backends.demo")), never) == []


def test_every_driver_is_in_the_independence_contract() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    assert [family for family in driver_families() if f'"novatui.backends.{family}"' not in text] == []


def test_forbidden_sees_a_module_that_must_not_be_there() -> None:
    loaded = loaded_with(["novatui.backends.demo", "json.tool"])
    assert forbidden(loaded, WORKER_CODE) == ["novatui.backends", "novatui.backends.demo"]


def modules_of(*packages: str) -> list[str]:
    """Every module of some packages, found on disk, so that a new one is covered at once."""
    names = [source.module for source in sources("novatui")]
    return [name for name in names if any(is_in(name, package) for package in packages)]


def driver_families() -> list[str]:
    """The families that have a driver by now."""
    return sorted({name.split(".")[2] for name in modules_of("novatui.backends") if is_of_a_driver(name)})


def is_of_a_driver(name: str) -> bool:
    parts = name.split(".")
    return parts[:2] == ["novatui", "backends"] and len(parts) > 2 and parts[2] in FAMILIES


def loaded_with(names: list[str]) -> list[str]:
    """What a fresh interpreter has loaded more after importing these modules."""
    command = [sys.executable, "-c", LOAD, json.dumps(names)]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout.splitlines()[-1])


def forbidden(loaded: list[str], never: tuple[str, ...]) -> list[str]:
    return [name for name in loaded if any(is_in(name, package) for package in never)]


def is_in(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")
