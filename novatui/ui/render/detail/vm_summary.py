"""The summary of a machine: what a person asks first at night, from its state down to its wiring."""

from __future__ import annotations

from collections.abc import Iterator

from rich.style import Style

from novatui.core import units
from novatui.core.inventory import Group
from novatui.core.states import Family, Kind, Power
from novatui.core.vmspec import CpuTopology
from novatui.ui.render import readings
from novatui.ui.render.detail import words
from novatui.ui.render.detail.attention import PENDING, WARNINGS, attention
from novatui.ui.render.detail.grid import Column
from novatui.ui.render.detail.load import load
from novatui.ui.render.detail.others import others
from novatui.ui.render.detail.sheet import Field, Item, Section, Table, Text
from novatui.ui.render.detail.vm_processor import memory, numa, processor
from novatui.ui.render.detail.whole import Whole
from novatui.ui.render.marks import POWER_WORDS, UNKNOWN, power_mark
from novatui.ui.render.tree import FAMILY_NAMES

ASIDE = frozenset({PENDING, WARNINGS, "addresses", "state"})
"""Sections of properties that have a place of their own."""


def sections(whole: Whole) -> Iterator[Section]:
    """In the order of what matters."""
    yield attention(whole)
    yield state(whole)
    if whole.kind is not Kind.TEMPLATE:
        yield load(whole)
    yield guest(whole)
    yield compute(whole)
    yield _disks(whole)
    yield _nets(whole)
    yield boot(whole)
    yield identity(whole)
    yield processor(whole)
    yield memory(whole)
    yield numa(whole)
    yield pending(whole)
    yield from others(whole, ASIDE)


SAYS_NO_ENCRYPTION = frozenset({Family.LIBVIRT})
"""Product lines whose configuration says that there is none by saying nothing of it."""


def power_style(whole: Whole) -> Style | None:
    """The colour of its power state; that of stale values once it may be out of date."""
    styles = whole.look.styles
    known = {Power.RUNNING: styles.good, Power.PAUSED: styles.warning, Power.CRASHED: styles.bad}
    return whole.stale(Group.STATE) or known.get(readings.power(whole.fleet, whole.slot))  # pyright: ignore[reportArgumentType,reportCallIssue]


def power_text(whole: Whole) -> str:
    """Sign, our word and the product's word for it."""
    power = readings.power(whole.fleet, whole.slot)
    word = power if power is not None and power in set(POWER_WORDS) else UNKNOWN
    native = whole.text("native_state")
    if native.casefold().startswith(word):
        said = word + native[len(word) :]  # the product says the same, and perhaps why
    else:
        said = f"{word} ({native})" if native not in (UNKNOWN, readings.NOTHING) else word
    sign = power_mark(power, whole.look.marks)
    return f"{sign} {said}" if sign != word else said


def state(whole: Whole) -> Section:
    """What it does and where."""
    host = readings.host_name(whole.fleet, whole.slot)
    runs = readings.measures(whole.fleet, whole.slot)
    return Section(
        title="State",
        items=[
            Field("power", power_text(whole), power_style(whole)),
            Field("since", whole.time("since") if runs else whole.look.marks.inapplicable),
            Field("host", host or whole.look.marks.inapplicable),
            Field("connection", _connection(whole)),
            Field("job", _job(whole)),
            _alarms(whole),
            whole.field("health", "health"),
            *(Field(one.name, one.value) for one in whole.properties("state") if one.name != "native"),
        ],
    )


def _job(whole: Whole) -> str:
    job = whole.text("job")
    return "none" if job == readings.NOTHING else job


def _alarms(whole: Whole) -> Field:
    raised = whole.number("alarms")
    return Field("alarms", whole.text("alarms"), whole.look.styles.warning if raised else None)


def _connection(whole: Whole) -> str:
    return f"{whole.fleet.inventory.conn(whole.slot)}, {FAMILY_NAMES[whole.family]}"


def guest(whole: Whole) -> Section:
    """What is told of the system inside."""
    runs = readings.measures(whole.fleet, whole.slot)
    gap = whole.look.marks.inapplicable

    def of_running(column: str) -> str:
        text = whole.text(column)
        return text if runs or text not in (UNKNOWN, readings.NOTHING) else gap

    return Section(
        title="Guest",
        items=[
            whole.field("system", "guest_os"),
            Field("host name", of_running("guest_name")),
            Field("tools", of_running("tools")),
            Field("addresses", of_running("ip")),
            *(Field(one.name, one.value) for one in whole.properties("addresses")),
        ],
    )


def compute(whole: Whole) -> Section:
    """Processors and memory in short."""
    vm = whole.vm
    hot = words.yes_no(vm.cpu.hot_add) if vm is not None else UNKNOWN
    return Section(
        title="Compute",
        items=[
            Field("vCPU", f"{whole.text('vcpus')} of at most {whole.text('vcpus_max')}"),
            Field("hot-add", hot),
            Field("memory", f"{whole.size('memory')} of at most {whole.size('memory_max')}"),
            Field("topology", _topology(vm.cpu.topology if vm is not None else None)),
            Field("given devices", whole.text("passthrough")),
            Field("snapshots", snapshots_text(whole)),
        ],
    )


def _topology(shape: CpuTopology | None) -> str:
    if shape is None:
        return UNKNOWN
    parts = ((shape.sockets, "socket"), (shape.dies, "die"), (shape.cores, "core"), (shape.threads, "thread"))
    told = [f"{count} {name}{'s' if count > 1 else ''}" for count, name in parts if name != "die" or count > 1]
    return " x ".join(told)


def snapshots_text(whole: Whole) -> str:
    """How many, and how old the oldest is."""
    count, oldest = whole.number("snapshots"), whole.number("snapshot_oldest")
    if not count:
        return UNKNOWN if count is None else "none"
    return f"{count:.0f}, oldest {units.span(whole.look.epoch() - oldest if oldest is not None else None)}"


def _disks(whole: Whole) -> Section:
    vm = whole.vm
    if vm is None:
        fields = [Field("disks", whole.text("disks")), Field("size", whole.size("disk_size"))]
        return Section(title="Disks", items=fields)
    rows = [
        (
            disk.target,
            words.told(disk.bus),
            words.told(disk.format),
            words.size(disk.size),
            words.size(disk.allocation),
            words.told(disk.store or disk.source),
        )
        for disk in vm.disks
    ]
    columns = (
        Column("disk"),
        Column("bus", rank=2),
        Column("format", rank=1),
        Column("size", right=True),
        Column("used", right=True, rank=1),
        Column("store", shrinks=True),
    )
    items: list[Item] = [Table(columns, rows)] if rows else [Text("it has no disks", whole.look.styles.quiet)]
    return Section(title="Disks", items=items, far=f"{whole.size('disk_size')} in all")


def _nets(whole: Whole) -> Section:
    vm = whole.vm
    if vm is None:
        return Section(title="Networks", items=[Field("interfaces", whole.text("nics"))])
    rows = [
        (str(at), words.told(nic.model or nic.type), words.told(nic.source), words.told(nic.vlan), words.told(nic.mac))
        for at, nic in enumerate(vm.nics)
    ]
    columns = (
        Column("nr", right=True),
        Column("model", rank=1),
        Column("network", shrinks=True),
        Column("vlan", rank=2),
        Column("mac"),
    )
    items: list[Item] = [Table(columns, rows)] if rows else [Text("it has no interfaces", whole.look.styles.quiet)]
    return Section(title="Networks", items=items)


def boot(whole: Whole) -> Section:
    """What it starts with, and what keeps others out of it."""
    vm = whole.vm
    fields = [
        whole.field("firmware", "firmware"),
        whole.field("secure boot", "secure_boot"),
        whole.field("TPM", "tpm"),
        Field("encryption", encryption(whole)),
        whole.field("machine type", "machine"),
        whole.field("autostart", "autostart"),
        whole.field("persistent", "persistent"),
    ]
    if vm is not None:
        firmware = vm.firmware
        fields.append(Field("boot order", words.listed(firmware.boot_order) if firmware.boot_order else UNKNOWN))
        optional = (
            ("loader", firmware.loader),
            ("NVRAM", firmware.nvram),
            ("kernel", firmware.kernel),
            ("on crash", vm.on_crash),
        )
        fields += [Field(name, value) for name, value in optional if value]
    return Section(title="Boot and security", items=fields)


def encryption(whole: Whole) -> str:
    """Memory encryption, of a machine whose configuration was read."""
    if whole.vm is None:
        return UNKNOWN
    found = whole.vm.launch_security
    if found is None:
        return readings.NOTHING if whole.family in SAYS_NO_ENCRYPTION else UNKNOWN
    policy = f"policy {found.policy}" if found.policy else ""
    bit = f"C-bit {found.cbitpos}" if found.cbitpos is not None else ""
    return ", ".join(filter(None, (found.type, policy, bit)))


def identity(whole: Whole) -> Section:
    """Names and ids."""
    vm = whole.vm
    fields = [
        whole.field("uuid", "uuid"),
        whole.field("native id", "native_id"),
        whole.field("native type", "native_type"),
        whole.field("tags", "tags"),
        whole.field("notes", "description"),
        Field("place", whole.place),
    ]
    if vm is not None:
        optional = (
            ("title", vm.title if vm.title != whole.text("description") else ""),
            ("description", vm.description if vm.description != whole.text("description") else ""),
            ("architecture", vm.arch),
            ("executed by", vm.hypervisor),
        )
        fields += [Field(name, value) for name, value in optional if value]
    return Section(title="Identity", items=fields)


def pending(whole: Whole) -> Section:
    """Changes of the configuration that wait for the next start."""
    changes = [Field(one.name, one.value) for one in whole.properties(PENDING)]
    return Section(title="After the next start", items=changes, wide=True)
