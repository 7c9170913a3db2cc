"""Replies of the PropertyCollector, read in any pieces: each value as its type says, and no word loses a reply."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from novatui.backends.vsphere.updates import Broken, Fault, Reader, Ref, Update, several

ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema">'
    "<soapenv:Body>{}</soapenv:Body></soapenv:Envelope>"
)
UPDATES = ENVELOPE.format(
    '<WaitForUpdatesExResponse xmlns="urn:vim25"><returnval><version>17</version><filterSet>'
    '<filter type="PropertyFilter">session[5]6</filter>{}</filterSet><truncated>true</truncated></returnval>'
    "</WaitForUpdatesExResponse>"
)
ONE = '<objectSet><kind>{kind}</kind><obj type="VirtualMachine">vm-42</obj>{changes}</objectSet>'
"""As vCenter writes it: the kind first, then the object."""


def change(path: str, val: str, op: str = "assign") -> str:
    return f"<changeSet><name>{path}</name><op>{op}</op>{val}</changeSet>"


def updates(*objects: str) -> bytes:
    return UPDATES.replace("{}", "".join(objects)).encode()


def read(data: bytes, size: int | None = None) -> tuple[Reader, list[Update]]:
    taken: list[Update] = []
    reader = Reader(taken.append)
    for at in range(0, len(data), size or len(data)):
        reader.feed(data[at : at + (size or len(data))])
    reader.close()
    return reader, taken


def value_of(val: str) -> Any:
    _, taken = read(updates(ONE.format(kind="modify", changes=change("p", val))))
    return taken[0].values["p"]


@pytest.mark.parametrize(
    ("val", "value"),
    [
        ('<val xsi:type="xsd:string">web 1</val>', "web 1"),
        ('<val xsi:type="xsd:string"></val>', ""),
        ('<val xsi:type="xsd:int">-3</val>', -3),
        ('<val xsi:type="xsd:long">9007199254740993</val>', 9007199254740993),
        ('<val xsi:type="xsd:boolean">true</val>', True),
        ('<val xsi:type="xsd:boolean">0</val>', False),
        ('<val xsi:type="xsd:double">1.5</val>', 1.5),
        ('<val xsi:type="xsd:dateTime">2026-01-15T12:00:00Z</val>', datetime(2026, 1, 15, 12, tzinfo=UTC)),
        (
            '<val xsi:type="xsd:dateTime">2026-01-15T13:00:00.5+01:00</val>',
            datetime(2026, 1, 15, 12, 0, 0, 500000, UTC),
        ),
        ('<val xsi:type="VirtualMachinePowerState">poweredOn</val>', "poweredOn"),
        ('<val xsi:type="VirtualMachinePowerState">madeUpIn2031</val>', "madeUpIn2031"),
        ('<val xsi:type="xsd:int">many</val>', "many"),
        ('<val type="HostSystem" xsi:type="ManagedObjectReference">host-9</val>', Ref("HostSystem", "host-9")),
        ('<val xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:type="xsd:int">4</val>', 4),
        ("<val>plain</val>", "plain"),
        ('<val xsi:type="xsd:string">a&lt;b&amp;c</val>', "a<b&c"),
        (
            '<val xsi:type="ArrayOfManagedObjectReference"><ManagedObjectReference type="Network">network-1'
            '</ManagedObjectReference><ManagedObjectReference type="Network">network-2</ManagedObjectReference></val>',
            [Ref("Network", "network-1"), Ref("Network", "network-2")],
        ),
        ('<val xsi:type="ArrayOfString"><string>only</string></val>', ["only"]),
        ('<val xsi:type="ArrayOfString"></val>', []),
        (
            '<val xsi:type="ArrayOfThing"><Thing xsi:type="Special"><key>1</key></Thing></val>',
            [{"key": "1", "_type": "Special"}],
        ),
    ],
)
def test_a_value_is_what_its_type_says(val: str, value: Any) -> None:
    assert value_of(val) == value


def test_a_tree_keeps_its_shape() -> None:
    tree = value_of(
        '<val xsi:type="ArrayOfVirtualMachineSnapshotTree"><VirtualMachineSnapshotTree>'
        '<snapshot type="VirtualMachineSnapshot">snapshot-1</snapshot><name>base</name>'
        '<childSnapshotList><snapshot type="VirtualMachineSnapshot">snapshot-2</snapshot><name>a</name>'
        '</childSnapshotList><childSnapshotList><snapshot type="VirtualMachineSnapshot">snapshot-3</snapshot>'
        "<name>b</name></childSnapshotList>"
        "</VirtualMachineSnapshotTree></val>"
    )
    assert tree[0]["snapshot"] == Ref("VirtualMachineSnapshot", "snapshot-1")
    assert [each["name"] for each in several(tree[0]["childSnapshotList"])] == ["a", "b"]
    assert several(several(tree[0]["childSnapshotList"])[0].get("childSnapshotList")) == []
    assert several(tree[0]["name"]) == ["base"]


def test_an_update_set_says_where_to_go_on() -> None:
    reader, taken = read(updates(ONE.format(kind="enter", changes=change("name", "<val>a</val>"))))
    assert (reader.version, reader.truncated, reader.fault) == ("17", True, None)
    assert taken == [Update("enter", Ref("VirtualMachine", "vm-42"), {"name": "a"})]


def test_what_is_removed_or_unset_is_none() -> None:
    changes = change("a", "", "remove") + change("b", "", "assign") + change("c", '<val xsi:type="xsd:int">1</val>')
    _, taken = read(updates(ONE.format(kind="modify", changes=changes)))
    assert taken[0].values == {"a": None, "b": None, "c": 1}


def test_what_leaves_has_no_values() -> None:
    _, taken = read(updates(ONE.format(kind="leave", changes="")))
    assert taken == [Update("leave", Ref("VirtualMachine", "vm-42"), {})]


def test_a_path_that_may_not_be_read_is_named_with_its_fault() -> None:
    missing = (
        '<missingSet><path>config.files</path><fault><fault xsi:type="NoPermission">'
        '<object type="Folder">group-d1</object><privilegeId>System.Read</privilegeId></fault>'
        "<localizedMessage/></fault></missingSet>"
    )
    whole = change("name", "<val>a</val>") + missing
    _, taken = read(updates(ONE.format(kind="modify", changes=whole)))
    assert taken[0].unread == {"config.files": "NoPermission"}
    assert taken[0].values == {"name": "a"}


def test_a_page_of_a_reading_names_the_next() -> None:
    data = ENVELOPE.format(
        '<RetrievePropertiesExResponse xmlns="urn:vim25"><returnval><token>t-2</token><objects>'
        '<obj type="HostSystem">host-1</obj><propSet><name>name</name><val xsi:type="xsd:string">esx</val></propSet>'
        "</objects></returnval></RetrievePropertiesExResponse>"
    )
    reader, taken = read(data.encode())
    assert reader.token == "t-2"
    assert taken == [Update("enter", Ref("HostSystem", "host-1"), {"name": "esx"})]


def test_a_wait_that_saw_nothing_is_empty() -> None:
    reader, taken = read(ENVELOPE.format('<WaitForUpdatesExResponse xmlns="urn:vim25"/>').encode())
    assert (reader.version, reader.truncated, reader.fault, taken) == ("", False, None, [])


def test_a_fault_is_told_with_its_fields() -> None:
    data = ENVELOPE.format(
        "<soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>no such thing</faultstring><detail>"
        '<InvalidPropertyFault xmlns="urn:vim25" xsi:type="InvalidProperty"><name>config.nope</name>'
        "</InvalidPropertyFault></detail></soapenv:Fault>"
    )
    reader, _ = read(data.encode())
    assert reader.fault == Fault("InvalidProperty", "no such thing", {"name": "config.nope"})


@pytest.mark.parametrize(
    ("detail", "kind"),
    [
        ('<detail><NotAuthenticatedFault xmlns="urn:vim25"/></detail>', "NotAuthenticated"),
        ('<detail><x:RuntimeFaultFault xmlns:x="urn:y"><a>1</a></x:RuntimeFaultFault></detail>', "RuntimeFault"),
        ("<detail/>", ""),
        ("", ""),
    ],
)
def test_a_fault_without_a_type_goes_by_its_element(detail: str, kind: str) -> None:
    reader, _ = read(ENVELOPE.format(f"<soapenv:Fault><faultstring>so</faultstring>{detail}</soapenv:Fault>").encode())
    assert reader.fault is not None
    assert (reader.fault.type, reader.fault.text) == (kind, "so")


@pytest.mark.parametrize("data", [b"", b"<html>502 Bad Gateway", b"\x00\xff", updates("<objectSet>")[:-40]])
def test_what_is_no_whole_reply_is_broken(data: bytes) -> None:
    with pytest.raises(Broken):
        read(data or b" ")


def test_entities_are_refused() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'
    with pytest.raises(Broken, match="entity"):
        read(bomb)


SAMPLE = updates(
    ONE.format(
        kind="enter",
        changes=change("name", '<val xsi:type="xsd:string">wörld ☃ &amp; more</val>')
        + change("runtime.host", '<val type="HostSystem" xsi:type="ManagedObjectReference">host-9</val>')
        + change("datastore", '<val xsi:type="ArrayOfString"><string>é</string><string>b</string></val>'),
    ),
    ONE.format(kind="leave", changes=""),
)


@given(st.integers(min_value=1, max_value=len(SAMPLE)))
def test_pieces_do_not_matter(size: int) -> None:
    assert read(SAMPLE, size)[1] == read(SAMPLE)[1]


def test_objects_come_before_the_reply_is_over() -> None:
    taken: list[Update] = []
    reader = Reader(taken.append)
    reader.feed(SAMPLE[: SAMPLE.index(b"</objectSet>") + len(b"</objectSet>")])
    assert [each.ref.id for each in taken] == ["vm-42"]
