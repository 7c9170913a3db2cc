"""One object in full: its row and metrics in the stores, and the detail that was read on demand."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from rich.style import Style

from novatui.core.detail import Detail, Property
from novatui.core.errors import Failure
from novatui.core.inventory import Group, Value
from novatui.core.states import Family, Kind
from novatui.core.vmspec import VmSpec
from novatui.engine.fleet import Fleet
from novatui.ui.render import readings
from novatui.ui.render.detail import offers, words
from novatui.ui.render.detail.sheet import Field
from novatui.ui.render.look import Look
from novatui.ui.render.marks import UNKNOWN
from novatui.ui.render.table import Subject

_IN_SPEC: dict[str, Callable[[VmSpec], Value]] = {
    "uuid": lambda vm: vm.uuid or None,
    "vcpus": lambda vm: vm.cpu.count,
    "vcpus_max": lambda vm: vm.cpu.maximum,
    "memory": lambda vm: vm.memory.current,
    "memory_max": lambda vm: vm.memory.size,
    "firmware": lambda vm: vm.firmware.type or None,
    "secure_boot": lambda vm: vm.firmware.secure_boot,
    "machine": lambda vm: vm.machine or None,
    "guest_os": lambda vm: vm.guest_os or None,
    "autostart": lambda vm: vm.autostart,
    "tags": lambda vm: list(vm.tags) or None,
}
"""Columns that the configuration of a machine tells as well."""


class Whole(msgspec.Struct, frozen=True):
    """What a tab is drawn from."""

    subject: Subject
    detail: Detail | None = None
    """None until it was read, and for what has none."""
    problem: Failure | None = None
    """Why the last reading of it failed."""
    reading: bool = False
    """It is being read for the first time."""
    rates_age: float | None = None
    """Seconds since the rates of its devices were asked for; None before that."""

    @property
    def fleet(self) -> Fleet:
        """All stores."""
        return self.subject.fleet

    @property
    def slot(self) -> int:
        """Where its row is."""
        return self.subject.slot

    @property
    def look(self) -> Look:
        """Signs, styles and clocks."""
        return self.subject.look

    @property
    def kind(self) -> Kind:
        """What it is."""
        return self.fleet.inventory.kind(self.slot)

    @property
    def family(self) -> Family:
        """The product line it belongs to."""
        return self.fleet.inventory.family(self.slot)

    @property
    def protected(self) -> bool:
        """Its connection is production."""
        return readings.protected(self.fleet, self.slot)

    @property
    def vm(self) -> VmSpec | None:
        """Its configuration, when it is a machine and was read."""
        return self.detail.vm if self.detail is not None else None

    def text(self, column: str) -> str:
        """A column as text, lists in full; `?` when unknown, `–` when this product line has no such thing."""
        value = self.value(column)
        if value is None:
            return self.gap(column)
        if isinstance(value, bool):
            return words.yes_no(value)
        if isinstance(value, list):
            return words.listed(value)
        return str(value) or readings.NOTHING

    def value(self, column: str) -> Value:
        """A column, of a machine also what its configuration says of it; None when unknown."""
        value = self.fleet.inventory.value(self.slot, column)
        if value is None and self.vm is not None and column in _IN_SPEC:
            return _IN_SPEC[column](self.vm)
        return value

    def gap(self, thing: str) -> str:
        """What stands for a value that is not told."""
        return UNKNOWN if offers.offered(thing, self.family) else self.look.marks.lacking

    def number(self, column: str) -> float | None:
        """A numeric column; None when unknown."""
        value = self.value(column)
        return float(value) if isinstance(value, int | float) else None

    def flag(self, column: str) -> bool | None:
        """A yes or no; None when unknown."""
        value = self.value(column)
        return value if isinstance(value, bool) else None

    def time(self, column: str) -> str:
        """A time and how long it is past."""
        return words.ago(self.number(column), self.look)

    def size(self, column: str) -> str:
        """A size with its unit."""
        return words.size(self.number(column))

    @property
    def place(self) -> str:
        """The way to it from its connection; a libvirt connection and its host may have one name, said once."""
        way = dict.fromkeys(self.fleet.inventory.path(self.slot))
        return f" {self.look.marks.into} ".join(way) or readings.NOTHING

    def field(self, name: str, column: str, style: Style | None = None) -> Field:
        """A column under a name."""
        return Field(name, self.text(column), style)

    def properties(self, section: str) -> list[Property]:
        """Facts without a column that the driver put under this title."""
        return [one for one in (self.detail.properties if self.detail is not None else ()) if one.section == section]

    def name_of(self, key: str) -> str:
        """Name of another object of the same connection; its key when it is not in the inventory."""
        store = self.fleet.inventory
        slot = store.neighbour(self.slot, key) if key and store.alive(self.slot) else None
        return store.name(slot) if slot is not None else key

    def stale(self, group: Group) -> Style | None:
        """The style of stale values when these columns may be out of date."""
        late = self.fleet.inventory.stale(self.slot, group, self.subject.now)
        return self.look.styles.stale if late else None
