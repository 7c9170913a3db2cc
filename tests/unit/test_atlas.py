"""The atlas of errors: every entry can be met, leads somewhere, and says something."""

from __future__ import annotations

import builtins
import http.client
import re

import pytest

from novatui.actions.atlas import Entry, entries, look_up
from novatui.actions.catalogue import ACTIONS
from novatui.core.errors import Failure, Fault
from novatui.core.states import Family

IDS = {action.id for action in ACTIONS}
ALL = [
    pytest.param(family, entry, id=f"{family.value}-{at}")
    for family in Family
    for at, entry in enumerate(entries(family))
]


def failure(code: str = "", native: str = "") -> Failure:
    return Failure(fault=Fault.BACKEND_FAULT, message=native or "it failed", code=code, native=native)


@pytest.mark.parametrize(("family", "entry"), ALL)
def test_an_entry_is_met_by_its_own_words(family: Family, entry: Entry) -> None:
    for code in entry.code or ("",):
        told = failure(code, f"internal error: {entry.text.upper()} (42)" if entry.text else "whatever it says")
        assert look_up(family, told) is entry, "an earlier entry hides it"


@pytest.mark.parametrize(("family", "entry"), ALL)
def test_an_entry_leads_to_keys_that_there_are(family: Family, entry: Entry) -> None:
    del family
    assert 1 <= len(entry.steps) <= 3
    assert {step.action for step in entry.steps} <= IDS
    assert all(step.why for step in entry.steps)
    assert len({step.action for step in entry.steps}) == len(entry.steps)


@pytest.mark.parametrize(("family", "entry"), ALL)
def test_an_entry_says_something_in_whole_sentences(family: Family, entry: Entry) -> None:
    del family
    assert re.fullmatch(r"\S.{20,158}\.", entry.meaning)
    assert entry.code or entry.text
    assert entry.text == entry.text.lower()


def test_what_nobody_knows_has_no_entry() -> None:
    assert look_up(Family.LIBVIRT, failure("99999", "the flux capacitor is empty")) is None
    assert look_up(Family.HYPERV, failure("1", "anything")) is None


def test_the_words_win_over_the_code() -> None:
    full = look_up(Family.LIBVIRT, failure("38", "write failed: No space left on device"))
    assert full is not None
    assert "full" in full.meaning
    plain = look_up(Family.LIBVIRT, failure("38", "Invalid argument"))
    assert plain is not None
    assert plain is not full


@pytest.mark.libvirt_library
def test_every_code_that_the_driver_tells_apart_has_an_entry() -> None:
    from novatui.backends.libvirt import errors

    missing = [code for code in errors._MEANINGS if look_up(Family.LIBVIRT, failure(str(code), "some words")) is None]
    assert missing == []


def test_every_fault_that_the_vsphere_driver_tells_apart_has_an_entry() -> None:
    pytest.importorskip("pyVmomi", reason="pyvmomi is not installed")
    from novatui.backends.vsphere import errors

    groups = (errors.AUTHENTICATION, errors.SESSION_LOST, errors.BUSY, errors.STATE, errors.MISSING, errors.GONE)
    told = {code for group in (*groups, errors.INPUT) for code in group} | {errors.RESTRICTED, "NoPermission"}
    there = {code for code in told if _is_fault(code)}
    assert there
    assert [code for code in sorted(there) if look_up(Family.VSPHERE, failure(code, "some words")) is None] == []


def test_every_code_of_vsphere_is_a_fault_of_its_api_or_of_the_connection() -> None:
    pytest.importorskip("pyVmomi", reason="pyvmomi is not installed")
    codes = [code for entry in entries(Family.VSPHERE) for code in entry.code]
    assert len(codes) == len(set(codes))
    assert [code for code in codes if not _is_fault(code) and not _is_exception(code)] == []


def _is_fault(name: str) -> bool:
    from pyVmomi import VmomiSupport, vmodl

    try:
        return issubclass(VmomiSupport.GetWsdlType("urn:vim25", name), vmodl.MethodFault)
    except KeyError:
        return False


def _is_exception(name: str) -> bool:
    return hasattr(builtins, name) or hasattr(http.client, name)


@pytest.mark.parametrize(
    ("code", "native", "word"),
    [
        ("RestrictedVersion", "Current license or ESXi version prohibits execution", "licence"),
        ("GenericVmConfigFault", "An error occurred while quiescing the virtual machine", "rest"),
        ("DisallowedMigrationDeviceAttached", "Virtual machine is using device", "holds the machine"),
        ("", "certificate verify failed: self-signed certificate", "certificate"),
        ("", "[Errno -2] Name or service not known", "spelling"),
        ("Timedout", "Operation timed out.", "gave up waiting"),
    ],
)
def test_what_a_console_over_vsphere_meets_is_explained(code: str, native: str, word: str) -> None:
    entry = look_up(Family.VSPHERE, failure(code, native))
    assert entry is not None
    assert word in entry.meaning
