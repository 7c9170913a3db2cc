"""A machine as it stands now, taken out of its routine; and whether something can be done to it at all."""

from __future__ import annotations

from hashlib import blake2b

import msgspec

from novatui.backends.demo.life import Now
from novatui.backends.demo.rows import PATCHED
from novatui.backends.demo.scene import Scene
from novatui.backends.demo.shapes import AWAY_FROM_SITE, Host, Machine, Place
from novatui.core.errors import Busy, Conflict, Failure, InvalidInput, NotFound, NotSupported, NovaError
from novatui.core.ids import split_key
from novatui.core.states import Family, Kind, Power
from novatui.core.verbs import VERBS

COLD = frozenset({Power.OFF, Power.SUSPENDED, Power.CRASHED})
"""States in which a machine has no memory on a host."""

_ENDS = frozenset({"off", "reset"})
"""What may be done while a guest is asked to shut down or to reboot."""

_ASKED = frozenset({"shutdown", "reboot"})


class Standing:
    """One machine at one time of the world."""

    def __init__(self, scene: Scene, machine: Machine, world: float, *, coming: bool = False) -> None:
        """NotFound when it is not here now; `coming`: it is on its way."""
        self.scene = scene
        self.was = machine
        self.world = world
        self.now: Now = scene.now(machine, world)
        if not self.now.here and not coming:
            raise NotFound(f"{machine.name} is not here any more", subject=machine.name)
        self.machine = _settled(scene, machine, self.now)

    @classmethod
    def of(cls, scene: Scene, wanted: str) -> Standing:
        """The machine with this key, now. NotFound when there is none."""
        thing = scene.estate.find(wanted)
        if not isinstance(thing, Machine) or thing.kind is Kind.TEMPLATE:
            raise NotFound(f"there is no machine {wanted}", subject=wanted)
        return cls(scene, thing, scene.clock.world())

    @property
    def power(self) -> Power:
        return self.now.power

    @property
    def cold(self) -> bool:
        """It has no memory on a host: what needs it to be off can be done."""
        return self.power in COLD

    @property
    def family(self) -> Family:
        return self.scene.site.family

    @property
    def host(self) -> Host:
        return self.scene.estate.hosts[self.machine.host]

    def configured(self, snapshot: str) -> Machine:
        """The machine with the hardware and the notes that it had when that snapshot was taken."""
        then = dict(self.machine.kept).get(snapshot, self.machine)
        return msgspec.structs.replace(
            self.machine,
            vcpus=then.vcpus, vcpus_max=then.vcpus_max, memory=then.memory, memory_max=then.memory_max,
            disks=then.disks, nics=then.nics, iso=then.iso, pins=then.pins, description=then.description,
        )  # fmt: skip

    def fit(self, deed: str) -> None:
        """Busy or Conflict when that cannot be done to it now."""
        machine, act = self.machine, self.now.act
        self.fit_to_cancel()
        if act and not (act.hand and act.verb in _ASKED and deed in _ENDS):
            raise Busy(
                f"{machine.name} is busy: {act.verb}",
                meaning="one thing at a time can be done to a machine",
                hint="wait for it, or cancel it in the tasks",
                subject=act.verb,
            )
        if self.scene.life.queued(machine, self.world):
            raise Busy(
                f"{machine.name} waits to be moved off {self.host.name}",
                meaning="its host is on its way into maintenance",
                hint="wait for it, or cancel that task of the host",
                subject="migrate",
            )
        if deed in ("start", "wake") and (self.host.maintenance or self.host.closing):
            raise Conflict(
                f"{self.host.name} is in maintenance, or on its way there",
                meaning="it starts no machines",
                hint=f"move {machine.name} to another host first, or take the host out of maintenance",
                subject=self.host.name,
            )
        if (verb := VERBS.get(f"power.{deed}")) and verb.states and self.power not in self._fitting(deed):
            raise Conflict(
                f"{verb.title}: {machine.name} is {self.power}",
                hint=_HINTS.get((deed, self.power), ""),
                subject=self.power.value,
            )
        if deed == "reset" and machine.kind is Kind.CONTAINER:
            raise NotSupported("a container has no reset button", hint="reboot it instead")

    def fit_to_cancel(self, *, lever: bool = False) -> None:
        """Busy when it belongs to the other connection as much as to this one; `lever`: its migration is meant."""
        act = self.now.act
        if act is not None and act.hand:
            return
        if lever and act is not None and self.scene.state and self.scene.ours(act):
            return
        if self.machine.visitor or (self.was.away == AWAY_FROM_SITE and self.was.routine):
            raise Busy(
                f"{self.machine.name} travels between two hosts by a schedule of its own",
                meaning="the demo lets only its schedule move it, so that it is never on both",
                hint="take another machine",
                subject="schedule",
            )

    def _fitting(self, deed: str) -> frozenset[Power]:
        states = VERBS[f"power.{deed}"].states
        return states | {Power.SUSPENDED} if deed == "start" else states

    def refused(self) -> Failure | None:
        """Why the host would refuse to start it; None when it would not."""
        if self.machine.flaw == "refused" or self.machine.memory > self.host.memory:
            return self.scene.dialect.failure("start", self.machine, self.host)
        return None

    def fingerprint(self) -> str:
        """A hash of everything of it that calls change."""
        one = self.machine
        snapshots = sorted((each.id, each.parent or "", each.current) for each in one.snapshots)
        facts = [
            self.power, one.name, one.description, one.vcpus, one.memory, one.autostart, one.iso, sorted(one.tags),
            [(disk.size, disk.store, disk.thin) for disk in one.disks], sorted(one.devices), snapshots,
            sorted(one.pins),
            sorted((nic.mac, nic.network) for nic in one.nics),
        ]  # fmt: skip
        return _hash(facts)


def host_of(scene: Scene, wanted: str) -> Host:
    """The host with this key. NotFound when there is none."""
    thing = scene.estate.find(wanted)
    if not isinstance(thing, Host):
        raise NotFound(f"there is no host {wanted}", subject=wanted)
    return thing


def fingerprint(scene: Scene, wanted: str) -> str:
    """Of a machine, a host, a cluster or a pool; empty for anything else, and for what is gone."""
    try:
        kind, _ = split_key(wanted)
    except ValueError as error:
        raise InvalidInput(str(error), subject="key") from None
    if kind is Kind.HOST:
        host = host_of(scene, wanted)
        devices = sorted((each.id, each.holder, each.functions or 0) for each in host.devices)
        return _hash([host.maintenance, host.closing, devices])
    if kind is Kind.CLUSTER:
        place = scene.estate.find(wanted)
        decided = sorted(name for name, cluster in scene.decided.items() if place and cluster == place.id)
        return _hash(decided) if place else ""
    if kind is Kind.RESOURCE_POOL:
        pool = scene.estate.find(wanted)
        return _hash(sorted(pool.allocation.items())) if isinstance(pool, Place) else ""
    try:
        return Standing.of(scene, wanted).fingerprint()
    except NotFound:
        return ""


def told(failure: Failure) -> NovaError:
    """A failure in the product's own words, to be raised."""
    error = NovaError(failure.message)
    error.failure = failure
    return error


def _settled(scene: Scene, machine: Machine, now: Now) -> Machine:
    """The same without a routine: as its routine has left it."""
    return msgspec.structs.replace(
        machine,
        routine="",
        flaw=machine.routine if machine.routine in _FLAWS else machine.flaw,
        power=now.power,
        host=machine.away if now.away and machine.away is not None and machine.away >= 0 else machine.host,
        snapshots=scene.snapshots(machine, now),
        tags=(*machine.tags, PATCHED) if now.edited else machine.tags,
        started=scene.since(machine, now),
    )


_FLAWS = ("refused", "snapshot-fails")


def _hash(facts: object) -> str:
    return blake2b(msgspec.json.encode(facts), digest_size=16).hexdigest()


_HINTS = {
    ("start", Power.RUNNING): "it runs already",
    ("start", Power.PAUSED): "resume it (power.resume)",
    ("shutdown", Power.OFF): "it is off already",
    ("off", Power.OFF): "it is off already",
    ("shutdown", Power.PAUSED): "resume it first, or power it off",
    ("wake", Power.OFF): "start it (power.start)",
}
