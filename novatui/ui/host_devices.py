"""What the passthrough pane is about: one host with its devices, or one machine and the host that it runs on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from novatui.core.devices import Device, Giving
from novatui.core.errors import Failure
from novatui.core.ids import ObjectRef, split_key
from novatui.core.states import Kind, Power
from novatui.engine.fleet import Changes, Fleet
from novatui.engine.naming import natural_key
from novatui.ui.device_tree import Line, of_host, of_machine
from novatui.ui.reading import Reading
from novatui.ui.render import readings

PARTS = ("devices",)

_SIGNS = {Kind.VM: ("passthrough", "power"), Kind.DEVICE: ("holder", "driver")}
"""Columns that change with what is given and taken."""


class HostDevices:
    """Reads them, and again when a machine or a device of the host is not what it was."""

    def __init__(self, fleet: Fleet, ref: ObjectRef, clock: Callable[[], float], changed: Callable[[], object]) -> None:
        self.ref = ref
        """The host or the machine."""
        self._fleet = fleet
        self._clock = clock
        self._changed = changed
        self._signs: dict[int, tuple[object, object]] | None = None
        """What tells of the machines and devices of the host that something was given or taken; None: not looked."""
        self._reading = self._read_of(self._source())

    def _read_of(self, ref: ObjectRef) -> Reading:
        return Reading(self._fleet, ref, self._clock, self._changed)

    def _source(self) -> ObjectRef:
        """The host; the machine itself where it is on none that is known."""
        host = self.host
        return self.ref if host is None else self._fleet.inventory.ref(host)

    # What there is

    @property
    def slot(self) -> int | None:
        """Of the object that the pane was opened for; None when it is gone."""
        return self._fleet.inventory.slot(self.ref.conn, self.ref.key)

    @property
    def host(self) -> int | None:
        """Slot of the host; None when it is not known."""
        slot = self.slot
        if slot is None or self.ref.kind is Kind.HOST:
            return slot
        return self._fleet.inventory.host(slot)

    @property
    def machine(self) -> ObjectRef | None:
        """The machine that the pane was opened for."""
        return None if self.ref.kind is Kind.HOST else self.ref

    @property
    def devices(self) -> Sequence[Device]:
        """As read last."""
        detail = self._reading.detail
        return detail.devices or () if detail is not None else ()

    @property
    def giving(self) -> Giving:
        """Whether the host can give any."""
        detail = self._reading.detail
        return (detail.giving if detail is not None else None) or Giving()

    def can_give(self, device: Device) -> bool:
        """Nothing is known of the host that keeps it from giving such a device."""
        return device.device_class == "usb" or not self.giving.obstacle

    @property
    def reads(self) -> bool:
        """The first answer is awaited."""
        return not self._reading.has(PARTS)

    @property
    def problem(self) -> Failure | None:
        """Why they could not be read."""
        detail = self._reading.detail
        failed = [one.failure for one in detail.failures if one.part == "devices"] if detail is not None else []
        return self._reading.problem or (failed[0] if failed else None)

    def name(self, slot: int | None) -> str:
        """As its product calls it."""
        return "?" if slot is None else self._fleet.inventory.name(slot)

    def lines(self) -> list[Line]:
        """The rows: of a machine its own first; none before anything was read."""
        if not self.devices:
            return []
        if self.machine is None:
            return of_host(self.devices, self.giving)
        names = self.name(self.slot), self.name(self.host)
        return of_machine(self.ref.key, *names, self.devices, self.giving)

    def holder(self, key: str) -> tuple[str, str | None]:
        """Name and power state of the machine with this key."""
        slot = self._fleet.inventory.slot(self.ref.conn, key)
        if slot is None:
            return split_key(key)[1] if ":" in key else key, None
        return self.name(slot), readings.power(self._fleet, slot)

    def machines(self) -> list[ObjectRef]:
        """Machines on the host, those that run first, by name."""
        store, host = self._fleet.inventory, self.host
        found = [slot for slot in store.slots(Kind.VM) if host is not None and store.host(slot) == host]
        found.sort(key=lambda slot: (readings.power(self._fleet, slot) != Power.RUNNING, natural_key(store.name(slot))))
        return [store.ref(slot) for slot in found]

    # Following

    def need(self) -> None:
        """Read what was never read, or is out of date."""
        if self._signs is None and (host := self.host) is not None:
            self._signs = dict(self._told(self._fleet.inventory.slots(), host))
        self._reading.need(PARTS)

    def read(self) -> None:
        """Read now."""
        self._reading.read(PARTS)

    def stop(self) -> None:
        """Nobody looks any more."""
        self._reading.stop()

    def take(self, changes: Changes) -> bool:
        """True when names or states that are shown may have changed."""
        source = self._source()
        if source != self._reading.ref:
            self._signs = None
            self._reading.stop()
            self._reading = self._read_of(source)
        if self._moved(changes.rows if changes.told is None else changes.told) or self.host in changes.reshaped:
            self.read()
            return True
        self.need()
        return False

    def _moved(self, slots: set[int]) -> bool:
        """A machine of the host has other devices or another state; or a device of it was told of."""
        host = self.host
        if host is None or self._signs is None:
            return False
        moved = False
        for slot, sign in self._told(slots, host):
            moved = moved or self._signs.get(slot) != sign
            self._signs[slot] = sign
        return moved

    def _told(self, slots: Iterable[int], host: int) -> Iterator[tuple[int, tuple[object, object]]]:
        store = self._fleet.inventory
        for slot in slots:
            fields = _SIGNS.get(store.kind(slot)) if store.alive(slot) else None
            if fields is not None and store.host(slot) == host:
                yield slot, (store.value(slot, fields[0]), store.value(slot, fields[1]))
