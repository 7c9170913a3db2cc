"""Pages of detail screens: everything that is told stands somewhere, what is not told never breaks them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from novatui.backends.libvirt.domxml import vm_spec
from novatui.core.detail import Detail, Property
from novatui.core.errors import Failure, Fault
from novatui.core.inventory import FIELDS
from novatui.core.states import Kind
from novatui.core.vmspec import VmSpec
from novatui.ui.render.detail import host, pages, sheet, tabs, things
from novatui.ui.render.detail.sheet import Section
from novatui.ui.render.detail.whole import Whole
from novatui.ui.render.table import Subject
from novatui.wire import frames
from tests.ui import details, hostile, world
from tests.ui.desk import look_at
from tests.ui.still import StillFleet

WIDTHS = (24, 60, 80, 100, 160)

EVERYTHING = Path(__file__).parent / "libvirt_data" / "everything.xml"


@pytest.fixture(scope="module")
def fleet() -> StillFleet:
    return world.world()


@pytest.fixture(scope="module")
def spec() -> VmSpec:
    return vm_spec(EVERYTHING.read_text(encoding="utf-8"), autostart=True)


def whole(fleet: StillFleet, conn: str, key: str, detail: Detail | None = None, **how: Any) -> Whole:
    slot = fleet.inventory.slot(conn, key)
    assert slot is not None
    look = look_at(fleet)
    return Whole(Subject(fleet, slot, look, look.monotonic()), detail, **how)


def text_of(item: Whole, tab: str, width: int = 80) -> str:
    strips = pages.page(item, tab, width)
    assert all(strip.cell_length == width for strip in strips)
    return "\n".join(strip.text for strip in strips)


def every_page(item: Whole, width: int = 80) -> str:
    return "\n".join(
        text_of(item, tab.name, width) for tab in tabs.TABS[item.kind] if pages.is_page(item.kind, tab.name)
    )


def test_a_snapshot_says_what_of_the_machine_was_otherwise(fleet: StillFleet, spec: VmSpec) -> None:
    key = "snapshot:plain%2Fbefore"
    fleet.tell("kvm-03", {key: {"name": "before", "parent": "", "vm": "vm:plain", "native_id": "before"}})
    grown = msgspec.structs.replace(spec, title="grown", cpu=msgspec.structs.replace(spec.cpu, count=63), disks=())

    def drawn(now: VmSpec | None) -> str:
        return squeezed(every_page(whole(fleet, "kvm-03", key, Detail(key=key, vm=spec, now=now))))

    assert f"vCPUs{spec.cpu.count}→63" in drawn(grown)
    assert f"title{squeezed(spec.title)}→grown" in drawn(grown)
    assert f"disk{spec.disks[0].target}" in drawn(grown)
    assert "nochange" in drawn(spec)
    assert "Configuration" not in drawn(None)


def squeezed(text: str) -> str:
    return "".join(text.split())


def texts(value: object) -> Iterator[str]:
    """Every text that a description holds."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from texts(each)
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from texts(getattr(value, name))


def test_every_text_of_a_machine_with_everything_stands_on_one_of_its_pages(fleet: StillFleet, spec: VmSpec) -> None:
    fleet.tell("kvm-03", {"vm:plain": {"name": spec.name, "parent": ""}})
    drawn = squeezed(every_page(whole(fleet, "kvm-03", "vm:plain", Detail(key="x", vm=spec))))
    told = [text for text in texts(spec) if text != spec.name]  # which stands in the header
    assert [text for text in told if squeezed(text) not in drawn] == []


def absent(value: Any) -> Iterator[Any]:
    """The same description with each of its fields left out in turn, at any depth."""
    for field in msgspec.structs.fields(value):
        now = getattr(value, field.name)
        if field.default is not msgspec.NODEFAULT and now != field.default:
            yield msgspec.structs.replace(value, **{field.name: field.default})
        if isinstance(now, msgspec.Struct):
            for other in absent(now):
                yield msgspec.structs.replace(value, **{field.name: other})
        elif isinstance(now, tuple):
            for at, each in enumerate(now):
                if isinstance(each, msgspec.Struct):
                    for other in absent(each):
                        yield msgspec.structs.replace(value, **{field.name: (*now[:at], other, *now[at + 1 :])})


def test_any_field_of_a_machine_may_be_absent(fleet: StillFleet, spec: VmSpec) -> None:
    variants = list(absent(spec))
    assert len(variants) > 100
    for variant in variants:
        item = whole(fleet, "kvm-03", "vm:gpu-train-1", Detail(key="x", vm=variant))
        drawn = every_page(item)
        assert "None" not in drawn
        assert "()" not in drawn


@pytest.mark.parametrize("column", [field.name for field in FIELDS])
def test_any_column_may_be_unknown(column: str) -> None:
    fleet = world.world()
    for conn, key in ((conn, key) for conn, key in EXAMPLES if not key.startswith("connection")):
        fleet.tell(conn, {key: {column: None}})
        drawn = every_page(whole(fleet, conn, key))
        assert "None" not in drawn
        assert "?" in drawn


EXAMPLES = (
    ("vc-east", "vm:db-orders-01"),
    ("pve-lab", "container:101"),
    ("vc-east", "host:esx-07"),
    ("vc-east", "cluster:a"),
    ("kvm-03", "datastore:kvm-03-pool"),
    ("vc-east", "connection:vc-east"),
    ("pve-lab", "connection:pve-lab"),
)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(("conn", "key"), EXAMPLES)
def test_every_page_of_every_kind_is_exact_at_every_width(fleet: StillFleet, conn: str, key: str, width: int) -> None:
    assert every_page(whole(fleet, conn, key), width)


@pytest.mark.parametrize("width", WIDTHS)
def test_hostile_names_and_texts_stay_text(width: int) -> None:
    fleet = hostile.fleet()
    seen: set[Kind] = set()
    for slot in fleet.inventory.slots():
        look = look_at(fleet)
        detail = Detail(
            key="x",
            vm=_hostile_spec(hostile.TEXTS[slot % len(hostile.TEXTS)]),
            properties=tuple(Property(text, text, text) for text in hostile.TEXTS),
        )
        item = Whole(Subject(fleet, slot, look, look.monotonic()), detail)
        seen.add(item.kind)
        drawn = every_page(item, width)
        assert all(char == "\n" or char.isprintable() for char in drawn)
    assert set(tabs.TABS) - seen <= {Kind.GROUP}


def _hostile_spec(text: str) -> VmSpec:
    """A machine all of whose texts are this one."""
    told = msgspec.to_builtins(vm_spec(EVERYTHING.read_text(encoding="utf-8")))

    def same(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: same(each) for name, each in value.items()}
        if isinstance(value, list):
            return [same(each) for each in value]
        return text if isinstance(value, str) else value

    return msgspec.convert(same(told), VmSpec)


def test_what_failed_is_said_first_with_what_to_try(fleet: StillFleet) -> None:
    problem = Failure(fault=Fault.TIMEOUT, message="no answer within 15 s", meaning="it is busy", hint="wait a little")
    drawn = text_of(whole(fleet, "vc-east", "vm:db-orders-01", problem=problem), "summary")
    head = squeezed(drawn.split("State")[0])
    for part in ("noanswerwithin15s", "itisbusy", "waitalittle", ":refreshreadsagain"):
        assert part in head


def test_a_machine_of_a_lost_connection_says_since_when_its_values_are_old(fleet: StillFleet) -> None:
    drawn = text_of(whole(fleet, "pve-lab", "container:101"), "summary")
    assert "pve-lab is down" in drawn
    assert "what you see was last true at 23:30:07" in " ".join(drawn.split())


def test_what_a_product_has_not_is_told_apart_from_what_is_unknown(fleet: StillFleet) -> None:
    on_libvirt = text_of(whole(fleet, "kvm-03", "vm:gpu-train-1"), "summary")
    on_vsphere = text_of(whole(fleet, "vc-east", "vm:db-orders-01"), "summary")
    assert _value(on_libvirt, "persistent") == "?"
    assert _value(on_vsphere, "persistent") == "–"


def test_a_machine_that_is_off_has_no_load_and_its_guest_values_do_not_apply(fleet: StillFleet) -> None:
    fleet.tell("kvm-12", {"vm:sleeper": world.machine("sleeper", "kvm-12", "off", ip=None, tools=None)})
    drawn = text_of(whole(fleet, "kvm-12", "vm:sleeper"), "summary")
    assert "Load now" not in drawn
    assert _value(drawn, "addresses") == "·"
    assert _value(drawn, "since") == "·"


def _value(drawn: str, name: str) -> str:
    """What stands behind a name."""
    line = next(line for line in drawn.split("\n") if f" {name} " in line)
    return line.split(f" {name} ", 1)[1].split()[0]


def test_a_device_names_those_that_can_only_be_given_together_with_it(fleet: StillFleet) -> None:
    item = whole(fleet, "kvm-03", "host:kvm-03")
    told = details.devices()
    drawn = {device.name: _drawn(things.device_section(item, device, told)) for device in told}
    assert "goes only with  0000:65:00.1" in drawn["NVIDIA A16"]
    assert [name for name, text in drawn.items() if "goes only with" in text] == ["NVIDIA A16", "NVIDIA A16 audio"]


def _drawn(section: Section) -> str:
    fleet = world.world()
    return "\n".join(strip.text for strip in sheet.draw([section], 80, look_at(fleet)))


def test_free_and_all_devices_of_each_class_are_counted() -> None:
    counted = {field.name: field.value for field in host.device_counts(details.devices())}
    assert counted["virtual functions"] == "1 free of 2"
    assert counted["graphics"] == "0 free of 1"
    assert counted["functions made"] == "2 of 16 possible"
    assert counted["IOMMU groups"] == "4"
    assert counted["A16-1B"] == "14 more on NVIDIA A16"


def test_connect_steps_and_calls_are_told_with_their_figures(fleet: StillFleet) -> None:
    one = fleet.connections["vc-east"]
    generation = one.generation
    fleet.hear(
        frames.ConnectStep("vc-east", generation, "resolve", True, 12.0, "10.0.0.1"),
        frames.ConnectStep("vc-east", generation, "auth", False, 340.0, "the password was refused"),
    )
    one.stats = frames.Stats(1.0, 2.5, 64 * 2**20, {"vc-east/read/detail": 3.0}, {"vc-east/RetrieveProperties": 1200})
    one.worker_pid = 4711
    drawn = text_of(whole(fleet, "vc-east", "connection:vc-east"), "summary")
    for said in ("352 ms in all", "failed", "the password was refused", "pid 4711", "64 MiB", "2.5 s", "3 s late"):
        assert said in drawn
    assert "RetrieveProperties" in drawn
    assert "1,200 calls" in drawn
