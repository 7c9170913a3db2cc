"""libvirt's changing calls by name: the table fits the library, and only exactly the right arguments pass."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

libvirt = pytest.importorskip("libvirt")

from novatui.backends.libvirt import nativecalls  # noqa: E402
from novatui.backends.libvirt.nativecalls import NATIVE, Owner, native  # noqa: E402
from novatui.core.errors import InvalidInput  # noqa: E402

CLASSES = {
    "DOMAIN": libvirt.virDomain,
    "DOMAIN_AND_SNAPSHOT": libvirt.virDomain,
    "SNAPSHOT": libvirt.virDomainSnapshot,
    "POOL": libvirt.virStoragePool,
    "VOLUME": libvirt.virStorageVol,
    "DEVICE": libvirt.virNodeDevice,
    "CONNECTION": libvirt.virConnect,
}
HEADERS = Path("/usr/include/libvirt")


def class_of(owner: Owner) -> type:
    return next(made for name, made in CLASSES.items() if getattr(nativecalls, name) is owner)


@pytest.mark.parametrize("verb", NATIVE)
def test_the_method_makes_the_call_of_that_name(verb: str) -> None:
    """libvirt-python's generated methods name the C function that they call through libvirtmod."""
    entry = NATIVE[verb]
    method = getattr(class_of(entry.owner), entry.method)
    assert f"libvirtmod.{verb}(" in source_of(method)
    takes = method.__code__.co_varnames[1 : method.__code__.co_argcount]
    given_before = ("snap",) if entry.owner is nativecalls.DOMAIN_AND_SNAPSHOT else ()
    assert takes == (*given_before, *entry.parameters)


def source_of(method) -> str:
    lines = Path(method.__code__.co_filename).read_text().splitlines()[method.__code__.co_firstlineno :]
    end = next((number for number, line in enumerate(lines) if re.match(r"    def ", line)), len(lines))
    return "\n".join(lines[:end])


@pytest.mark.skipif(not HEADERS.is_dir(), reason="libvirt-dev is not installed")
def test_the_names_are_those_of_the_c_library() -> None:
    declared = "\n".join(file.read_text() for file in HEADERS.glob("*.h"))
    assert [verb for verb in NATIVE if not re.search(rf"\b{verb}\s*\(", declared)] == []


def test_exactly_the_arguments_of_a_call_are_taken() -> None:
    assert native("virDomainSuspend", {"dom": "u"}).method == "suspend"
    with pytest.raises(InvalidInput) as more:
        native("virDomainSuspend", {"dom": "u", "flags": 0})
    assert more.value.failure.subject == "flags"
    with pytest.raises(InvalidInput):
        native("virDomainReboot", {"dom": "u"})
    with pytest.raises(InvalidInput):
        native("virDomainMigrateToURI3", {"dom": "u"})
    moved = {"dom": "u", "dconnuri": "qemu:///system", "flags": "VIR_MIGRATE_LIVE"}
    assert native("virDomainMigrateToURI3", moved | {"bandwidth": 8}).method == "migrateToURI3"
    with pytest.raises(InvalidInput) as unknown:
        native("virDomainMigrateToURI3", moved | {"bandwidht": 8})
    assert unknown.value.failure.subject == "bandwidht"
