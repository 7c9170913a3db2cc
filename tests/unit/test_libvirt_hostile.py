"""Odd XML and odd statistics: nothing raises, and what is missing blanks what it fills and nothing else."""

from __future__ import annotations

import copy
import json
import random
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("libvirt")

from novatui.backends.libvirt.domxml import vm_spec
from novatui.backends.libvirt.pending import pending_changes
from novatui.backends.libvirt.rates import levels, rates
from novatui.backends.libvirt.snapxml import describe as describe_snapshot
from novatui.backends.libvirt.stats import decode
from novatui.backends.libvirt.storage import describe_volume
from novatui.backends.libvirt.summary import mirrored, summarise
from novatui.backends.libvirt.xmltree import MalformedXml
from novatui.core.vmspec import VmSpec

DATA = Path(__file__).with_name("libvirt_data")
EVERYTHING = DATA.joinpath("everything.xml").read_text()
RECORDED = DATA.joinpath("running.xml").read_text()
STATS_BEFORE, STATS_AFTER = json.loads(DATA.joinpath("domstats.json").read_text())

HOSTILE = [
    "",
    "-1",
    "0",
    "99999999999999999999999",
    "nan",
    "yes",
    "\u202etxt",
    "[/]",
    "é" * 300,
    "0x",
    "1_000",
    "٣",
    " 1",
]


def paths(root: ET.Element, above: tuple[int, ...] = ()) -> Iterator[tuple[int, ...]]:
    """Every element below the root, by positions from the top."""
    for position, child in enumerate(root):
        yield (*above, position)
        yield from paths(child, (*above, position))


def at(root: ET.Element, path: tuple[int, ...]) -> ET.Element:
    for position in path:
        root = root[position]
    return root


def everything_reads(text: str) -> None:
    """Reads it all, and can send it all."""
    summary, spec = summarise(text), vm_spec(text)
    mirrored(text)
    pending_changes(spec, vm_spec(EVERYTHING))
    msgspec.msgpack.encode(summary.columns)
    msgspec.msgpack.decode(msgspec.msgpack.encode(spec), type=VmSpec)
    describe_snapshot("s", text, None)
    describe_volume("v", "/v", text)


@pytest.mark.parametrize("text", [EVERYTHING, RECORDED], ids=["everything", "recorded"])
def test_every_element_deleted_in_turn(text: str) -> None:
    root = ET.fromstring(text)
    for path in list(paths(root)):
        changed = copy.deepcopy(root)
        at(changed, path[:-1]).remove(at(changed, path))
        everything_reads(ET.tostring(changed, encoding="unicode"))


@pytest.mark.parametrize("text", [EVERYTHING, RECORDED], ids=["everything", "recorded"])
def test_every_attribute_deleted_in_turn(text: str) -> None:
    root = ET.fromstring(text)
    for path in [(), *paths(root)]:
        for name in list(at(root, path).attrib):
            changed = copy.deepcopy(root)
            del at(changed, path).attrib[name]
            everything_reads(ET.tostring(changed, encoding="unicode"))


@settings(max_examples=300, deadline=None)
@given(st.randoms(use_true_random=False), st.sampled_from([EVERYTHING, RECORDED]), st.integers(1, 12))
def test_any_well_formed_mixture_is_read(dice: random.Random, text: str, changes: int) -> None:
    root = ET.fromstring(text)
    for _ in range(changes):
        path = dice.choice([(), *paths(root)])
        element = at(root, path)
        what = dice.randrange(5)
        if what == 0 and path:
            at(root, path[:-1]).remove(element)
        elif what == 1 and path:
            at(root, path[:-1]).append(copy.deepcopy(element))
        elif what == 2:
            element.text = dice.choice(HOSTILE)
        elif what == 3 and element.attrib:
            element.attrib[dice.choice(sorted(element.attrib))] = dice.choice(HOSTILE)
        elif what == 4:
            element.tag = dice.choice(["disk", "domain", "devices", "source", "x"])
    everything_reads(ET.tostring(root, encoding="unicode"))


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(text: str) -> None:
    for read in (vm_spec, summarise, mirrored):
        try:
            read(text)
        except MalformedXml:
            continue
    describe_snapshot("s", text, None)
    describe_volume("v", "/v", text)


COLUMNS_OF = {
    "name": (),
    "uuid": (),
    "title": ("description",),
    "memory": ("memory_max",),
    "currentMemory": (),
    "vcpu": ("vcpus", "vcpus_max"),
    "os": ("machine", "firmware", "secure_boot"),
    "devices": ("disks", "nics", "passthrough", "tpm", "tools"),
}
"""Columns that an element of the recorded machine fills. Any other element fills none."""


def test_an_element_that_is_missing_blanks_its_own_columns_only() -> None:
    """The recorded machine has one of everything, so that what goes is not made up for by another."""
    root = ET.fromstring(RECORDED)
    before = summarise(RECORDED).columns
    for child in list(root):
        changed = copy.deepcopy(root)
        changed.remove(changed[list(root).index(child)])
        after = summarise(ET.tostring(changed, encoding="unicode")).columns
        expected = before | dict.fromkeys(COLUMNS_OF.get(child.tag, ()))
        assert after == expected, child.tag


METRICS_OF = {
    "cpu.time": {"cpu.used"},
    "vcpu.current": {"cpu.used", "cpu.wait"},
    "vcpu.0.delay": {"cpu.wait"},
    "vcpu.1.delay": {"cpu.wait"},
    "vcpu.maximum": {"cpu.wait"},
    "balloon.current": {"mem.assigned", "mem.balloon"},
    "balloon.maximum": {"mem.balloon"},
    "balloon.available": {"mem.used"},
    "balloon.rss": {"mem.host"},
    "block.count": {"disk.read", "disk.write", "disk.iops", "disk.latency"},
    "block.0.name": {"disk.read", "disk.write", "disk.iops", "disk.latency"},
    "block.0.rd.bytes": {"disk.read"},
    "block.0.wr.bytes": {"disk.write"},
    "block.0.rd.reqs": {"disk.iops", "disk.latency"},
    "block.0.wr.reqs": {"disk.iops", "disk.latency"},
    "block.0.rd.times": {"disk.latency"},
    "block.0.wr.times": {"disk.latency"},
    "net.count": {"net.rx", "net.tx", "net.drops"},
    "net.0.name": {"net.rx", "net.tx", "net.drops"},
    "net.0.rx.bytes": {"net.rx"},
    "net.0.tx.bytes": {"net.tx"},
    "net.0.rx.drop": {"net.drops"},
    "net.0.tx.drop": {"net.drops"},
}
"""Metrics that a key of the statistics is needed for. `unused` stands in for `usable`."""


def sample(before: dict, after: dict) -> dict[str, float | None]:
    first, second = decode(before), decode(after)
    return levels(second, guest_reports=True) | rates(first, second, 2.0)


def test_a_key_that_is_missing_blanks_its_own_metrics_only() -> None:
    whole = sample(STATS_BEFORE, STATS_AFTER)
    assert all(value is not None for value in whole.values()), "the recording has every figure"
    for key in STATS_AFTER:
        for before, after in ((STATS_BEFORE, without(STATS_AFTER, key)), (without(STATS_BEFORE, key), STATS_AFTER)):
            blank = {name for name, value in sample(before, after).items() if value is None}
            kept = {name: value for name, value in sample(before, after).items() if name not in blank}
            assert blank <= METRICS_OF.get(key, set()), key
            assert kept.items() <= whole.items() or key in STAND_INS, key
            if after is not STATS_AFTER:
                assert blank == METRICS_OF.get(key, set()), key


STAND_INS = {"balloon.usable"}


def without(stats: dict, key: str) -> dict:
    return {name: value for name, value in stats.items() if name != key}


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(st.sampled_from(sorted(STATS_AFTER)), st.one_of(st.none(), st.integers(), st.text(), st.booleans()))
)
def test_any_answer_is_decoded(odd: dict) -> None:
    told = sample(STATS_BEFORE, STATS_AFTER | odd)
    told |= sample(STATS_AFTER | odd, STATS_AFTER)
    assert all(value is None or value >= 0 for value in told.values())
