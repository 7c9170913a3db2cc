"""Plans that move a machine to another host: while it runs, or its definition while it is off.

Peer-to-peer is the default: the source's daemon then leads the move and goes on without the console. Facts about flags
and refusals were met with libvirt 9.0 and QEMU 7.2.
"""

from __future__ import annotations

import shlex

from novatui.backends.libvirt import movechecks as checks
from novatui.backends.libvirt.library import libvirt
from novatui.backends.libvirt.machine import Machine
from novatui.backends.libvirt.movestorage import MoveStorage, Reach
from novatui.backends.libvirt.moveway import MIB, UNLIMITED, Way, mib_per_second
from novatui.backends.libvirt.planning import SOON_S, Planning, inverse, reference, shows, whole, yes
from novatui.backends.libvirt.underway import refuse_while_moving
from novatui.core.errors import Conflict, InvalidInput, NotSupported
from novatui.core.ids import ObjectRef, split_key
from novatui.core.operations import Expectation, NativeCall, Operation, Plan
from novatui.core.states import Kind
from novatui.core.units import size

_ZLIB_SINCE = 9_004_000
"""libvirt that compresses parallel connections."""

_CARRIED = (
    "mode", "tunnelled", "parallel", "compress", "auto_converge", "post_copy", "bandwidth", "downtime", "storage",
    "persist", "undefine",
)  # fmt: skip
"""Arguments that the way back has, too."""


class MigratePlans:
    """Plans `migrate.live` and `migrate.offline`."""

    def __init__(self, planning: Planning, host_id: str, reach: Reach) -> None:
        self._planning = planning
        self._host = host_id
        self._storage = MoveStorage(planning, reach)

    def plan(self, operation: Operation) -> Plan:
        """The calls that would move it now. Conflict, NotSupported or Busy with the reason when it cannot be moved."""
        machine = self._planning.machine(operation)
        uri = self._destination(machine, operation)
        refuse_while_moving(self._planning.link, machine)
        _refuse_unknown(operation)
        if operation.verb == "migrate.offline":
            return self._offline(machine, operation, uri)
        return self._live(machine, operation, uri)

    # While it runs

    def _live(self, machine: Machine, operation: Operation, uri: str) -> Plan:
        version = self._version()
        checks.refuse_immovable(machine, self._snapshots(machine), version)
        client = _choice(operation, "mode", "p2p", "client") == "client"
        keeps, leaves = self._definitions(machine, operation)
        way = Way("VIR_MIGRATE_LIVE")
        way.flag("VIR_MIGRATE_PEER2PEER", not client)
        way.flag("VIR_MIGRATE_PERSIST_DEST", keeps)
        way.flag("VIR_MIGRATE_UNDEFINE_SOURCE", leaves)
        _transport(operation, way, client=client)
        _compression(operation, way, version)
        way.flag("VIR_MIGRATE_AUTO_CONVERGE", yes(operation, "auto_converge"))
        _post_copy(operation, way)
        rate = whole(operation, "bandwidth", least=1) if operation.arguments.get("bandwidth") else None
        if rate is not None:
            way.parameter("bandwidth", mib_per_second(rate))
        storage = self._storage.add(machine, operation, way, keeps=keeps)
        before = self._downtime(machine, operation)
        call = self._migrate(len(before) + 1, machine, way, uri, client=client)
        return self._planning.plan(
            machine,
            *(made for made, _ in before),
            call,
            commands=(*(line for _, line in before), self._command(machine, way, uri)),
            warnings=(
                *(_led_from_here() if client else ()),
                *checks.warnings(machine, version, keeps=keeps),
                *storage.warnings,
                *_of_options(operation),
                *self._old_limit(machine, rate),
            ),
            costs=(*storage.costs, *checks.memory_words(machine, mib_per_second(rate) * MIB if rate else None)),
            inverse=self._back(machine, operation),
            irreversible="what it is at the destination by then goes back with it; it moves for a second time",
            expects=_gone(machine, leaves=leaves),
        )

    def _downtime(self, machine: Machine, operation: Operation) -> list[tuple[NativeCall, str]]:
        """libvirt has no such parameter of the move itself: QEMU is told before, and keeps it for the move."""
        if not operation.arguments.get("downtime"):
            return []
        pause = whole(operation, "downtime", least=1)
        call = self._planning.call(1, "virDomainMigrateSetMaxDowntime", dom=machine.uuid, downtime=pause, flags=0)
        return [(call, self._planning.virsh("migrate-setmaxdowntime", reference(machine), str(pause)))]

    def _migrate(self, number: int, machine: Machine, way: Way, uri: str, *, client: bool) -> NativeCall:
        verb, destination = ("virDomainMigrate3", "dconn") if client else ("virDomainMigrateToURI3", "dconnuri")
        arguments = {"dom": machine.uuid, destination: uri, **way.arguments}
        return self._planning.call(number, verb, long=True, **arguments)

    def _old_limit(self, machine: Machine, rate: int | None) -> tuple[str, ...]:
        """A limit that somebody set once stays with the machine as long as it runs here."""
        limit = self._planning.link.attempt(machine.domain.migrateGetMaxSpeed, 0)
        if rate is not None or limit is None or not 0 < limit < UNLIMITED:
            return ()
        return (f"an earlier limit still holds: at most {limit} MiB/s, unless a bandwidth is said",)

    # While it is off

    def _offline(self, machine: Machine, operation: Operation, uri: str) -> Plan:
        checks.refuse_to_leave(machine, self._snapshots(machine))
        leaves = yes(operation, "undefine") is not False
        way = Way("VIR_MIGRATE_OFFLINE", "VIR_MIGRATE_PEER2PEER", "VIR_MIGRATE_PERSIST_DEST")
        way.flag("VIR_MIGRATE_UNDEFINE_SOURCE", leaves)
        files = ", ".join(disk.source for disk in checks.needed_files(machine))
        return self._planning.plan(
            machine,
            self._migrate(1, machine, way, uri, client=False),
            commands=(self._command(machine, way, uri),),
            warnings=(
                *((f"only its definition moves: the destination must see {files} under the same path",) * bool(files)),
                *checks.warnings(machine, self._version(), keeps=True),
                *(() if leaves else ("it is defined on both hosts then: started on both, its disks are destroyed",)),
            ),
            inverse=self._back(machine, operation),
            irreversible="",
            expects=_gone(machine, leaves=leaves) if leaves else (),
        )

    # Both

    def _destination(self, machine: Machine, operation: Operation) -> str:
        """Address of the destination as libvirt is to reach it."""
        said = operation.arguments
        if not said.get("uri"):
            raise InvalidInput(
                "say how libvirt reaches the destination",
                meaning="the source host connects to it by itself, so its own view of the address counts",
                hint="uri=qemu+ssh://user@host/system, or the option migrate_uri of the destination's connection",
                subject="uri",
            )
        if said["uri"] == self._planning.link.uri or self._is_here(said.get("to", "")):
            raise Conflict(f"{machine.name} is on that host already", hint="choose another host", subject="to")
        return said["uri"]

    def _is_here(self, to: str) -> bool:
        try:
            ref = ObjectRef.parse(to)
        except ValueError:
            return False
        return ref.kind is Kind.HOST and split_key(ref.key)[1] == self._host

    def _definitions(self, machine: Machine, operation: Operation) -> tuple[bool, bool]:
        """Whether it is defined at the destination, and no more here: by default as permanent as it is."""
        persist, undefine = yes(operation, "persist"), yes(operation, "undefine")
        if undefine and not machine.persistent:
            raise InvalidInput(f"{machine.name} has no definition here that could be removed", subject="undefine")
        keeps = machine.persistent if persist is None else persist
        return keeps, (machine.persistent and keeps) if undefine is None else undefine

    def _back(self, machine: Machine, operation: Operation) -> Operation:
        """The move back, to be planned where it is then. How this host is reached from there is not known here."""
        here = str(ObjectRef(self._planning.connection, Kind.HOST, self._host))
        carried = {name: value for name, value in operation.arguments.items() if name in _CARRIED and value}
        if operation.verb == "migrate.offline":
            carried = {name: value for name, value in carried.items() if name == "undefine"}
        return inverse(operation.verb, machine, to=here, **carried)

    def _command(self, machine: Machine, way: Way, uri: str) -> str:
        """A line for virsh. It reads documents from files only: the shell makes those up."""
        line = self._planning.virsh("migrate", *way.words, reference(machine), uri)
        if not way.documents:
            return line
        made = " ".join(f"{option} <(printf %s {shlex.quote(xml)})" for option, xml in way.documents.items())
        return f"bash -c {shlex.quote(f'{line} {made}')}"

    def _snapshots(self, machine: Machine) -> int:
        return self._planning.link.attempt(machine.domain.snapshotNum) or 0

    def _version(self) -> int:
        return self._planning.link.attempt(self._planning.link.conn.getLibVersion) or 0


# --- options -------------------------------------------------------------------------------------------------------


def _refuse_unknown(operation: Operation) -> None:
    """Arguments that only other products have."""
    if operation.arguments.get("priority"):
        raise NotSupported("libvirt gives moves no priority", hint="leave it out", subject="priority")
    if operation.verb == "migrate.offline" and operation.arguments.get("store"):
        raise NotSupported(
            "libvirt moves the definition of a machine that is off, not its disks", hint="leave it out", subject="store"
        )


def _transport(operation: Operation, way: Way, *, client: bool) -> None:
    """How its memory travels."""
    said = operation.arguments
    tunnelled = yes(operation, "tunnelled")
    if tunnelled:
        _forbid(client, "tunnelled", "the tunnel is the connection between the two daemons", "mode=p2p")
        _forbid(bool(said.get("data_uri")), "data_uri", "in the tunnel its memory has no address of its own", "")
        _forbid(bool(said.get("parallel")), "parallel", "the tunnel is one connection", "")
        _forbid(said.get("storage", "") in {"copy", "changed"}, "storage", "no disk travels through the tunnel", "")
        way.flag("VIR_MIGRATE_TUNNELLED")
    if said.get("data_uri"):
        way.parameter("migrate_uri", said["data_uri"])
    if said.get("parallel"):
        way.flag("VIR_MIGRATE_PARALLEL")
        way.parameter("parallel.connections", whole(operation, "parallel", least=1))


def _compression(operation: Operation, way: Way, version: int) -> None:
    method = _choice(operation, "compress", "", "xbzrle", "mt", "zlib", "zstd")
    if not method:
        return
    parallel = bool(operation.arguments.get("parallel"))
    if method in {"zlib", "zstd"}:
        if version < _ZLIB_SINCE or not hasattr(libvirt, "VIR_MIGRATE_PARAM_COMPRESSION_ZSTD_LEVEL"):
            raise NotSupported(
                f"this libvirt does not compress by {method}",
                meaning="libvirt does since 9.4, on both hosts and here",
                hint="compress=xbzrle sends what changed within a page, compress=mt whole pages by zlib",
                subject="compress",
            )
        _forbid(not parallel, "compress", f"{method} works on parallel connections only", "parallel=2 or more")
    else:
        _forbid(parallel, "compress", f"parallel connections do not compress by {method}", "compress=zstd, or none")
    way.flag("VIR_MIGRATE_COMPRESSED")
    way.parameter("compression", method)


def _post_copy(operation: Operation, way: Way) -> None:
    if not yes(operation, "post_copy"):
        return
    said = operation.arguments
    _forbid(bool(said.get("parallel")), "post_copy", "QEMU knows no post-copy over parallel connections", "")
    _forbid(bool(yes(operation, "tunnelled")), "post_copy", "there is no post-copy through the tunnel", "")
    _forbid(said.get("compress") == "mt", "post_copy", "post-copy and compress=mt exclude each other", "")
    way.flag("VIR_MIGRATE_POSTCOPY")


def _forbid(wrong: bool, subject: str, why: str, hint: str) -> None:
    if wrong:
        raise InvalidInput("these options do not go together", meaning=why, hint=hint, subject=subject)


def _choice(operation: Operation, name: str, *words: str) -> str:
    """One of these; the first when nothing is said."""
    said = operation.arguments.get(name) or words[0]
    if said not in words:
        raise InvalidInput(f"{name}: one of {', '.join(filter(None, words))}, not {said}", subject=name)
    return said


def _of_options(operation: Operation) -> tuple[str, ...]:
    told: list[str] = []
    rate = operation.arguments.get("bandwidth")
    if rate and (wanted := int(rate)) != (given := mib_per_second(wanted) * MIB):
        told.append(f"libvirt counts in whole MiB/s: {size(wanted)}/s becomes {size(given)}/s")
    if yes(operation, "post_copy"):
        told.append(
            "post-copy is only made possible by this: both hosts have to allow it to QEMU (else libvirt refuses), "
            "and once switched there is no way back: if the network fails then, the guest is lost"
        )
        if rate:
            told.append("the bandwidth is no limit any more once it has switched to post-copy")
    if yes(operation, "auto_converge"):
        told.append("auto-converge slows the guest down, more and more, when it changes memory faster than it is sent")
    if yes(operation, "tunnelled"):
        told.append("the tunnel is encrypted if the daemons' connection is; it is slower and costs processor time")
    return tuple(told)


def _led_from_here() -> tuple[str, ...]:
    return ("led from here: it dies with this console, or when this machine loses either host (mode=p2p does not)",)


def _gone(machine: Machine, *, leaves: bool) -> tuple[Expectation, ...]:
    """What the source shows afterwards."""
    if leaves or not machine.persistent:
        return (Expectation(key=machine.key, field="power", values=(), within=SOON_S),)
    return shows(machine, "power", "off")
