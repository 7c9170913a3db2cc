"""What a filter can ask for: every key, its aliases, and what its values look like."""

from __future__ import annotations

from enum import Enum, auto

import msgspec

from novatui.core.inventory import FIELDS, Type
from novatui.core.metrics import METRICS
from novatui.core.states import FAMILY_ALIASES, POWER_ALIASES, Family, Health, Kind, Power


class Shape(Enum):
    """How the values of a key are written and compared."""

    TEXT = auto()
    """The whole text, without regard to case; `*` stands for anything."""
    PART = auto()
    """A part of a longer text."""
    WORD = auto()
    """A word of a closed vocabulary."""
    FLAG = auto()
    """yes or no."""
    NUMBER = auto()
    PERCENT = auto()
    SIZE = auto()
    """Bytes or bytes per second: `8G`; where the key has a whole, also a share of it: `80%`."""
    MILLISECONDS = auto()
    AGE = auto()
    """A span of time: `14d`. A moment is compared by how long ago it was."""
    SINCE = auto()
    """A moment, asked for by how long ago it was at most: `since:1h`."""
    FACT = auto()
    """`feature=answer` of the capability facts."""


class Key(msgspec.Struct, frozen=True):
    """One thing to ask for."""

    name: str
    """Canonical: a column, a metric, or one of SPECIAL."""
    shape: Shape
    words: dict[str, str] = {}
    """Accepted word → canonical word, for WORD."""
    whole: str = ""
    """What 100 % of it is: a key, empty when it has no whole."""
    bare: Shape | None = None
    """How a number without unit is meant, when that is not the shape itself."""


KIND_ALIASES: dict[str, Kind] = {
    "conn": Kind.CONNECTION,
    "dc": Kind.DATACENTER,
    "ct": Kind.CONTAINER,
    "pool": Kind.RESOURCE_POOL,
    "ds": Kind.DATASTORE,
    "net": Kind.NETWORK,
    "dev": Kind.DEVICE,
    "snap": Kind.SNAPSHOT,
}

ALIASES: dict[str, str] = {
    "fam": "family",
    "conn": "connection",
    "label": "group",
    "state": "power",
    "tag": "tags",
    "id": "native_id",
    "os": "guest_os",
    "notes": "description",
    "uptime": "since",
    "vms": "machines",
    "used": "store.used",
    "snaps": "snapshots",
    "snap.age": "snapshot_oldest",
    "class": "device_class",
    "iommu": "iommu_group",
    "numa": "numa_node",
    "cpu": "cpu.used",
    "wait": "cpu.wait",
    "ready": "cpu.wait",
    "steal": "cpu.wait",
    "mem": "mem.used",
    "ram": "memory",
    "balloon": "mem.balloon",
    "read": "disk.read",
    "write": "disk.write",
    "iops": "disk.iops",
    "latency": "disk.latency",
    "lat": "disk.latency",
    "rx": "net.rx",
    "tx": "net.tx",
    "drops": "net.drops",
}
"""Words that users type for a key, beside the canonical ones."""

REFERENCES = frozenset({"host", "parent", "vm", "holder"})
"""Columns that hold the key of another object: asked for by that object's name or native id."""

SUMS: dict[str, tuple[str, str]] = {"disk": ("disk.read", "disk.write"), "net": ("net.rx", "net.tx")}
"""Keys that are the sum of two metrics; unknown as soon as one of them is."""

BELOW: dict[str, str] = {"machines": "machines", "running": "running", "alarms.below": "alarms"}
"""Keys that count what is in a host, a cluster, a connection: the measure of the inventory that each stands for."""

MOMENTS = frozenset(field.name for field in FIELDS if field.type is Type.TIME)
"""Columns that hold a moment."""

TIMED = MOMENTS | {"age", "stale"}
"""Keys whose answer changes with time alone."""

MEMORY_WHOLE = "mem.whole"
"""What a machine's or host's memory figures are a share of: see `query_values`."""

_LONG_TEXTS = frozenset(
    {
        "native_state",
        "native_type",
        "job",
        "description",
        "guest_os",
        "guest_name",
        "tools",
        "machine",
        "cpu_model",
        "product",
        "vendor",
    }
)
_SHARES = dict.fromkeys(("mem.used", "mem.host", "mem.balloon", "mem.assigned"), MEMORY_WHOLE) | {"free": "capacity"}
_UNIT_SHAPES = {
    "%": Shape.PERCENT,
    "B": Shape.SIZE,
    "B/s": Shape.SIZE,
    "/s": Shape.NUMBER,
    "ms": Shape.MILLISECONDS,
}
_TYPE_SHAPES = {
    Type.TEXT: Shape.TEXT,
    Type.TEXTS: Shape.TEXT,
    Type.INT: Shape.NUMBER,
    Type.FLOAT: Shape.NUMBER,
    Type.BYTES: Shape.SIZE,
    Type.BOOL: Shape.FLAG,
    Type.TIME: Shape.AGE,
}
_YES_NO = {"yes": "yes", "no": "no", "true": "yes", "false": "no", "on": "yes", "off": "no", "1": "yes", "0": "no"}


def _keys() -> dict[str, Key]:
    keys = [Key(f.name, Shape.PART if f.name in _LONG_TEXTS else _TYPE_SHAPES[f.type]) for f in FIELDS]
    keys += [Key(metric.name, _UNIT_SHAPES[metric.unit]) for metric in METRICS]
    keys += [Key(name, Shape.SIZE) for name in SUMS]
    keys += [Key("mem.percent", Shape.PERCENT), Key("store.used", Shape.PERCENT)]
    keys += [Key(name, Shape.NUMBER) for name in BELOW]
    keys += [
        Key("power", Shape.WORD, _words(Power) | _plain(POWER_ALIASES)),
        Key("health", Shape.WORD, _words(Health)),
        Key("kind", Shape.WORD, _words(Kind) | _plain(KIND_ALIASES)),
        Key("family", Shape.WORD, _words(Family) | _plain(FAMILY_ALIASES)),
        Key("connection", Shape.TEXT),
        Key("group", Shape.TEXT),
        Key("stale", Shape.FLAG),
        Key("duplicate", Shape.FLAG),
        Key("age", Shape.AGE),
        Key("can", Shape.FACT),
    ]
    keys += [
        Key(name, Shape.SIZE, whole=whole, bare=Shape.PERCENT if name == "mem.used" else None)
        for name, whole in _SHARES.items()
    ]
    return {key.name: key if key.shape is not Shape.FLAG else Key(key.name, Shape.FLAG, _YES_NO) for key in keys}


def _words(vocabulary: type[Power] | type[Health] | type[Kind] | type[Family]) -> dict[str, str]:
    return {word.value: word.value for word in vocabulary}


def _plain(aliases: dict[str, Power] | dict[str, Kind] | dict[str, Family]) -> dict[str, str]:
    return {alias: word.value for alias, word in aliases.items()}


KEYS: dict[str, Key] = _keys()
"""Every key by its canonical name."""


class Vocabulary(msgspec.Struct, frozen=True):
    """What can be asked for of one sort of thing."""

    keys: dict[str, Key]
    """By canonical name."""
    aliases: dict[str, str]
    """Accepted word → canonical name."""
    bare: str = "name"
    """The key that words without one, and patterns, are about."""
    operator: str = "word"
    """How such a word finds: `word` fuzzily, `:` as a part of the text."""

    def find(self, name: str) -> Key | None:
        """The key that a typed name means; None when there is none."""
        name = name.lower()
        return self.keys.get(self.aliases.get(name, name))


OBJECTS = Vocabulary(KEYS, ALIASES)
"""What can be asked for of the objects of the inventory."""


def find_key(name: str) -> Key | None:
    """The key of an object that a typed name means; None when there is none."""
    return OBJECTS.find(name)
