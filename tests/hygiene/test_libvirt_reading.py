"""What the libvirt driver may call without a run: all that it calls by name, and nothing that changes anything."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import novatui
from novatui.backends.libvirt.reading import READING

pytestmark = pytest.mark.libvirt_library

FOLDER = Path(novatui.__file__).parent / "backends" / "libvirt"
ASKING = {"call", "attempt", "bulk"}
"""Methods of `Link` that take a function of the library."""

CHANGING = re.compile(
    r"create|define|destroy|delete|undefine|^set|Set[A-Z]|attach|detach|update|migrate(?!Get)|save$|Save$|restore|suspend|resume"
    r"|reboot|reset|shutdown|wipe|resize|upload|download|rename|revert|abort|Abort|^pin|^send|inject|dump|block(Commit"
    r"|Copy|Pull|Rebase|Resize|Peek)|fs(Freeze|Thaw|Trim)|wake|Wake|Begin|End$|Create|Define|Destroy|Delete|Undefine"
    r"|open(Console|Channel|Graphics)|refresh|build|dettach|reAttach|^add|^del|Command|restart|Remove"
)
"""Words of libvirt's functions that change something, or get at a guest."""


def named() -> Iterator[tuple[str, str]]:
    """File and name of every function of the library that the driver hands to a `Link` by its name."""
    for path in sorted(FOLDER.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and _asks(node):
                yield from ((path.name, given.attr) for given in _functions(node))


def _asks(call: ast.Call) -> bool:
    """It hands a function to a `Link`, or to `asking.ask`, which hands it on."""
    if isinstance(call.func, ast.Name):
        return call.func.id == "ask"
    return isinstance(call.func, ast.Attribute) and call.func.attr in ASKING


def _functions(call: ast.Call) -> Iterator[ast.Attribute]:
    at = 1 if isinstance(call.func, ast.Name) or call.func.attr == "bulk" else 0  # type: ignore[attr-defined]
    given = call.args[at] if len(call.args) > at else None
    if isinstance(given, ast.Attribute) and not given.attr.startswith("_"):
        yield given


def methods() -> set[str]:
    import libvirt

    classes = (each for name, each in vars(libvirt).items() if name.startswith("vir") and isinstance(each, type))
    return {name for each in classes for name in vars(each) if not name.startswith("_")} | {"openAuth"}


def test_every_call_that_the_driver_makes_by_name_is_a_reading_one() -> None:
    calls = list(named())
    assert ("link.py", "lookupByUUIDString") in calls
    assert ("probe_host.py", "getDomainCapabilities") in calls
    assert [f"{file}: {name}" for file, name in calls if name not in READING] == []


def test_calls_that_register_for_events_are_reading_ones() -> None:
    from novatui.backends.libvirt import events

    registering = {name for names in events._OTHER_EVENTS for name in names[:2]}
    assert registering
    assert registering <= READING


def test_no_reading_call_changes_anything() -> None:
    from novatui.backends.libvirt.nativecalls import NATIVE

    assert {made.method for made in NATIVE.values()} & READING == set()
    assert [name for name in sorted(READING) if CHANGING.search(name)] == []


def test_the_words_of_change_find_every_call_of_a_plan() -> None:
    from novatui.backends.libvirt.nativecalls import NATIVE

    assert [made.method for made in NATIVE.values() if not CHANGING.search(made.method)] == []


def test_every_reading_call_exists() -> None:
    assert methods() >= READING
