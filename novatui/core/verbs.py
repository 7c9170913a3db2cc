"""Every operation that the console knows: what it takes, what it means for the object, and when it makes sense.

Names are `noun.verb`. The noun says which role of a driver plans it. Verbs name the effect: `pause` and `resume` keep
the machine in memory, `suspend` and `wake` put it on disk; what the product calls it stands in the plan.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from novatui.core.states import Family, Kind, Power


class Effect(StrEnum):
    """What an operation does to those who use the object; it decides how it is confirmed."""

    RELIEF = "relief"
    """Brings something back: start, resume, wake."""
    AGREED = "agreed"
    """The guest agrees or hardly notices: shutdown, reboot, pause, suspend, a new snapshot, hot-add."""
    HARD = "hard"
    """The guest is not asked: reset, off, detach, a snapshot deleted, a change that needs a restart."""
    LOSS = "loss"
    """Data may be gone: revert, a machine or disk deleted, a state forced."""


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """One argument of an operation."""

    name: str
    kind: str
    """text, number, size (bytes), yesno, choice, snapshot, device, network, store, target (disk or drive),
    recommendation, host (a ref: it may belong to another connection)."""
    title: str
    required: bool = True
    choices: tuple[str, ...] = ()
    empty: bool = False
    """Nothing is a value too: it takes away what is there."""
    lacks: frozenset[Family] = frozenset()
    """Families whose products have nothing of the kind: nobody is asked for it there."""
    without: tuple[tuple[Family, str], ...] = ()
    """Choices that a family's products do not have."""

    def known_to(self, family: Family) -> Given:
        """The same with what a product of this family can choose from."""
        left = tuple(choice for choice in self.choices if (family, choice) not in self.without)
        return self if left == self.choices else msgspec.structs.replace(self, choices=left)


class Verb(msgspec.Struct, frozen=True, kw_only=True):
    """One operation."""

    name: str
    title: str
    """What it does, for a menu."""
    effect: Effect
    kinds: frozenset[Kind] = frozenset({Kind.VM})
    states: frozenset[Power] = frozenset()
    """Power states in which it makes sense; empty: any."""
    admin: bool = False
    """An operator may not: it creates or destroys."""
    takes: tuple[Given, ...] = ()
    lever: bool = False
    """It works on what is under way: it does not wait for that, and that does not stand in its way."""

    def known_to(self, family: Family) -> Verb:
        """The same with what a product of this family can be told."""
        takes = (given.known_to(family) for given in self.takes if family not in given.lacks)
        return msgspec.structs.replace(self, takes=tuple(takes))

    @property
    def noun(self) -> str:
        """Which role plans it: power, snap, device, edit, migrate, host, cluster, alarm, task."""
        return self.name.partition(".")[0]


MACHINES = frozenset({Kind.VM, Kind.CONTAINER})
ON = frozenset({Power.RUNNING})
IN_MEMORY = frozenset({Power.RUNNING, Power.PAUSED})

APPLY = Given(
    name="apply",
    kind="choice",
    title="applies to",
    required=False,
    choices=("both", "live", "persistent"),
    lacks=frozenset({Family.VSPHERE}),
)
"""Now, from the next start on, or both; without it: both where the machine runs, else persistent. A machine of vSphere
has one configuration, changed at once and for good."""

_SNAPSHOT = Given(name="snapshot", kind="snapshot", title="snapshot")
_DEVICE = Given(name="device", kind="device", title="device")
_RECOMMENDATION = Given(name="recommendation", kind="recommendation", title="recommendation")
_TARGET = Given(name="target", kind="target", title="disk or drive")


def _text(name: str, title: str, *, required: bool = True) -> Given:
    return Given(name=name, kind="text", title=title, required=required)


def _yes(name: str, title: str) -> Given:
    return Given(name=name, kind="yesno", title=title, required=False)


def _number(name: str, title: str) -> Given:
    return Given(name=name, kind="number", title=title, required=False)


_BY_ITSELF = frozenset({Family.VSPHERE})
"""Leads a move by itself: nobody tells it how."""


def _led(given: Given) -> Given:
    """What only a product is told that does not lead a move by itself."""
    return msgspec.structs.replace(given, lacks=_BY_ITSELF)


_STORE = Given(name="store", kind="store", title="store at the destination", required=False)
_OFFLINE_STORE = msgspec.structs.replace(_STORE, lacks=frozenset(Family) - _BY_ITSELF)
_PRIORITY = Given(
    name="priority",
    kind="choice",
    title="priority",
    required=False,
    choices=("default", "high", "low"),
    lacks=frozenset(Family) - _BY_ITSELF,
)
"""Against other moves of the same product."""

_DESTINATION = (
    Given(name="to", kind="host", title="to host"),
    _led(_text("uri", "destination, as the source reaches it", required=False)),
)


def _power(verb: str, title: str, effect: Effect, *states: Power) -> Verb:
    return Verb(name=f"power.{verb}", title=title, effect=effect, kinds=MACHINES, states=frozenset(states))


_ALL: tuple[Verb, ...] = (
    _power("start", "start", Effect.RELIEF, Power.OFF, Power.CRASHED),
    _power("shutdown", "shut down (asks the guest)", Effect.AGREED, Power.RUNNING),
    _power("reboot", "reboot (asks the guest)", Effect.AGREED, Power.RUNNING),
    _power("reset", "reset (as the button)", Effect.HARD, Power.RUNNING, Power.PAUSED, Power.CRASHED),
    _power(
        "off", "power off (pull the plug)", Effect.HARD,
        Power.RUNNING, Power.PAUSED, Power.STARTING, Power.STOPPING, Power.CRASHED,
    ),
    _power("pause", "pause (stays in memory)", Effect.AGREED, Power.RUNNING),
    _power("resume", "resume", Effect.RELIEF, Power.PAUSED),
    _power("suspend", "suspend to disk", Effect.AGREED, Power.RUNNING, Power.PAUSED),
    _power("wake", "wake from disk", Effect.RELIEF, Power.SUSPENDED),
    Verb(
        name="power.autostart", title="start with the host", effect=Effect.RELIEF, kinds=MACHINES,
        takes=(Given(name="to", kind="choice", title="start with the host", choices=("on", "off")),),
    ),
    Verb(
        name="snap.create", title="take a snapshot", effect=Effect.AGREED, kinds=MACHINES,
        takes=(
            _text("name", "name"), _text("description", "description", required=False),
            _yes("memory", "with memory"), _yes("quiesce", "quiet the guest's disks first"),
        ),
    ),
    Verb(
        name="snap.revert", title="revert", effect=Effect.LOSS, kinds=MACHINES,
        takes=(
            _SNAPSHOT,
            Given(name="then", kind="choice", title="then", required=False, choices=("as-saved", "running", "paused")),
            _yes("safety", "take a safety snapshot before"),
        ),
    ),
    Verb(
        name="snap.delete", title="delete", effect=Effect.HARD, kinds=MACHINES,
        takes=(
            _SNAPSHOT,
            Given(name="children", kind="choice", title="children", required=False, choices=("keep", "with", "only")),
            _yes("metadata", "only forget it, keep its data"),
        ),
    ),
    Verb(
        name="device.attach", title="attach a host device", effect=Effect.AGREED, admin=True, takes=(_DEVICE, APPLY),
    ),
    Verb(name="device.detach", title="detach a host device", effect=Effect.HARD, admin=True, takes=(_DEVICE, APPLY)),
    Verb(
        name="device.mdev_create", title="create a mediated device", effect=Effect.AGREED, kinds=frozenset({Kind.HOST}),
        admin=True,
        takes=(
            _DEVICE, _text("type", "type"), _text("uuid", "uuid", required=False),
            _yes("persistent", "again after a host restart"),
        ),
    ),
    Verb(
        name="device.mdev_remove", title="remove a mediated device", effect=Effect.HARD, kinds=frozenset({Kind.HOST}),
        admin=True, takes=(_DEVICE,),
    ),
    Verb(
        name="device.vfs", title="set the number of virtual functions", effect=Effect.HARD,
        kinds=frozenset({Kind.HOST}), admin=True,
        takes=(_DEVICE, Given(name="count", kind="number", title="virtual functions")),
    ),
    Verb(
        name="edit.vcpus", title="virtual processors", effect=Effect.AGREED,
        takes=(Given(name="count", kind="number", title="processors"), APPLY),
    ),
    Verb(
        name="edit.memory", title="memory (balloon, or from the next start)", effect=Effect.AGREED,
        takes=(Given(name="size", kind="size", title="memory"), APPLY),
    ),
    Verb(
        name="edit.memory_add", title="plug memory in", effect=Effect.AGREED,
        takes=(Given(name="size", kind="size", title="memory to add"), APPLY),
    ),
    Verb(
        name="edit.disk_add", title="add a disk", effect=Effect.AGREED, admin=True,
        takes=(
            Given(name="store", kind="store", title="on"),
            Given(name="size", kind="size", title="size", required=False),
            _text("volume", "existing volume", required=False), _text("bus", "bus", required=False), APPLY,
        ),
    ),
    Verb(
        name="edit.disk_remove", title="remove a disk (its data stays)", effect=Effect.HARD, admin=True,
        takes=(_TARGET, APPLY),
    ),
    Verb(
        name="edit.nic_add", title="add a network interface", effect=Effect.AGREED, admin=True,
        takes=(
            Given(name="network", kind="network", title="network"), _text("model", "model", required=False),
            _text("mac", "MAC address", required=False), APPLY,
        ),
    ),
    Verb(
        name="edit.nic_remove", title="remove a network interface", effect=Effect.HARD, admin=True,
        takes=(_text("mac", "MAC address"), APPLY),
    ),
    Verb(
        name="edit.iso_insert", title="insert an ISO", effect=Effect.AGREED,
        takes=(_text("source", "path or store/volume"), Given(
            name="target", kind="target", title="drive", required=False
        ), APPLY),
    ),
    Verb(
        name="edit.iso_eject", title="eject the medium", effect=Effect.AGREED,
        takes=(Given(name="target", kind="target", title="drive", required=False), APPLY),
    ),
    Verb(
        name="edit.pin", title="pin a virtual processor", effect=Effect.AGREED,
        takes=(Given(name="vcpu", kind="number", title="virtual processor"), _text("cpus", "host processors"), APPLY),
    ),
    Verb(name="edit.rename", title="rename", effect=Effect.AGREED, admin=True, takes=(_text("name", "new name"),)),
    Verb(
        name="edit.notes", title="notes", effect=Effect.RELIEF, kinds=MACHINES,
        takes=(Given(name="text", kind="text", title="notes", empty=True),),
    ),
    Verb(
        name="edit.pool", title="what a resource pool may take", effect=Effect.AGREED,
        kinds=frozenset({Kind.RESOURCE_POOL}), admin=True,
        takes=(
            _number("cpu_reservation", "processors kept for it, MHz"),
            _text("cpu_limit", "processors at most: MHz, or none", required=False),
            _text("cpu_shares", "shares of processors: low, normal, high or a number", required=False),
            _yes("cpu_expandable", "may take more processors from above"),
            Given(name="memory_reservation", kind="size", title="memory kept for it", required=False),
            _text("memory_limit", "memory at most: a size, or none", required=False),
            _text("memory_shares", "shares of memory: low, normal, high or a number", required=False),
            _yes("memory_expandable", "may take more memory from above"),
        ),
    ),
    Verb(
        name="migrate.live", title="move while it runs", effect=Effect.AGREED, states=IN_MEMORY,
        takes=(
            *_DESTINATION,
            _led(_text("data_uri", "another address for memory (tcp://host)", required=False)),
            _led(Given(name="mode", kind="choice", title="led by", required=False, choices=("p2p", "client"))),
            _led(_yes("tunnelled", "tunnelled through libvirt's connection")),
            _led(_number("parallel", "parallel connections")),
            _led(
                Given(
                    name="compress", kind="choice", title="compression", required=False,
                    choices=("xbzrle", "mt", "zlib", "zstd"),
                )
            ),
            _led(_yes("auto_converge", "auto-converge (slow the guest when it does not end)")),
            _led(_yes("post_copy", "arm post-copy (a way out while it runs)")),
            _led(Given(name="bandwidth", kind="size", title="bandwidth at most, bytes/s", required=False)),
            _led(_number("downtime", "pause at most, ms")),
            Given(
                name="storage", kind="choice", title="storage", required=False, choices=("shared", "copy", "changed"),
                without=((Family.VSPHERE, "changed"),),
            ),
            _STORE, _PRIORITY,
            _led(_yes("persist", "define it at the destination")),
            _led(_yes("undefine", "remove its definition at the source")),
        ),
    ),
    Verb(
        name="migrate.offline", title="move its definition (it is off)", effect=Effect.HARD,
        states=frozenset({Power.OFF}),
        takes=(
            *_DESTINATION, _led(_yes("undefine", "remove its definition at the source")), _OFFLINE_STORE, _PRIORITY,
        ),
    ),
    Verb(
        name="migrate.bandwidth", title="bandwidth of its migration", effect=Effect.RELIEF, lever=True,
        takes=(Given(name="bandwidth", kind="size", title="bandwidth at most, bytes/s"),),
    ),
    Verb(
        name="migrate.downtime", title="pause that its migration may make", effect=Effect.AGREED, lever=True,
        takes=(Given(name="downtime", kind="number", title="pause at most, ms"),),
    ),
    Verb(name="migrate.postcopy", title="switch its migration to post-copy", effect=Effect.HARD, lever=True),
    Verb(name="migrate.pause", title="pause the guest so that its migration ends", effect=Effect.AGREED, lever=True),
    Verb(
        name="host.maintenance", title="into maintenance", effect=Effect.HARD, kinds=frozenset({Kind.HOST}), admin=True,
        takes=(
            _yes("off", "move machines that are off, too"),
            Given(
                name="data", kind="choice", title="its share of vSAN's data", required=False,
                choices=("reachable", "all", "none"),
            ),
        ),
    ),
    Verb(
        name="host.return", title="out of maintenance", effect=Effect.RELIEF, kinds=frozenset({Kind.HOST}), admin=True,
    ),
    Verb(
        name="cluster.apply", title="carry out a recommendation", effect=Effect.AGREED,
        kinds=frozenset({Kind.CLUSTER}), takes=(_RECOMMENDATION,),
    ),
    Verb(
        name="cluster.dismiss", title="dismiss a recommendation", effect=Effect.RELIEF,
        kinds=frozenset({Kind.CLUSTER}), takes=(_RECOMMENDATION,),
    ),
    Verb(
        name="alarm.acknowledge", title="acknowledge at the server", effect=Effect.AGREED,
        kinds=frozenset(Kind), takes=(_text("alarm", "alarm", required=False),),
    ),
    Verb(
        name="task.cancel", title="cancel a task", effect=Effect.HARD, kinds=frozenset(Kind), lever=True,
        takes=(_text("task", "task"),),
    ),
)  # fmt: skip

VERBS: dict[str, Verb] = {verb.name: verb for verb in _ALL}
"""By name, in the order of menus."""
