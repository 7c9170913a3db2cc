"""Where a machine can run at this server: what it needs, and hosts asked for that. Nothing of it changes anything."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import msgspec
from pyVmomi import vim

from novatui.backends.driver import Sink
from novatui.backends.vsphere import placing_host as tells
from novatui.backends.vsphere import placing_plugs as plugs
from novatui.backends.vsphere.asking import Asking
from novatui.backends.vsphere.checking import Checker, Verdict
from novatui.backends.vsphere.dataobjects import made
from novatui.backends.vsphere.fields import each, refs, type_of
from novatui.backends.vsphere.inventory import Inventory
from novatui.backends.vsphere.needs import Carried, carried_by, machine_ref, needs_of, ref_of
from novatui.backends.vsphere.placing_rules import TOGETHER, rules_against
from novatui.backends.vsphere.reading_now import Now, read
from novatui.backends.vsphere.relocation import Destination, destination
from novatui.backends.vsphere.session import Opened
from novatui.backends.vsphere.updates import Ref
from novatui.core.capabilities import Answer, Evidence
from novatui.core.errors import NotFound, NovaError, Unreachable
from novatui.core.fitting import already_there, fit
from novatui.core.needs import DiskTold, HostTold, Needs, Told
from novatui.core.reasons import Check, Fit, Topic

CLUSTER = ("name", "resourcePool", "configurationEx")
LONE = ("name", "resourcePool")

RULES_LAST_S = 5.0
"""How long what a cluster told is used for its other hosts: all of them are asked one after the other."""

STAYS = Evidence(kind="declared", source="vSphere: a machine stays the same object, in its folder, when it moves")

T = TypeVar("T")


class Placing:
    """Asks on a connection of its own."""

    def __init__(self, opened: Opened, sink: Sink, inventory: Inventory, connection: str) -> None:
        self._opened = opened
        self._inventory = inventory
        self._connection = connection
        self._asking = Asking(opened, sink)
        self._checker = Checker(opened, sink, self._asking)
        self._computes: dict[Ref, tuple[float, Now]] = {}

    @property
    def checker(self) -> Checker:
        """What asks the server for its own judgement."""
        return self._checker

    def needs(self, key: str) -> Needs:
        """What the machine asks of a host."""
        server = self._opened.content.about.instanceUuid or ""
        return needs_of(self._asking, self._inventory, server, self._connection, key)

    def fits(self, needs: Needs, hosts: Sequence[str]) -> list[Fit]:
        """How these hosts meet that. NotFound when one of them is none of this server."""
        found = self._inventory.refs(hosts)
        if unknown := [key for key, ref in found.items() if ref is None or ref.type != "HostSystem"]:
            raise NotFound(f"no host {unknown[0]} on this connection", subject=unknown[0])
        return [self._fit(needs, key, ref) for key in hosts if (ref := found[key]) is not None]

    def end(self) -> None:
        """Nothing is asked any more."""
        self._asking.end()

    def _fit(self, needs: Needs, key: str, ref: Ref) -> Fit:
        begun, ticks = time.time(), time.perf_counter()
        if needs.conn == self._connection and needs.host == key:
            return already_there(needs, key, self._inventory.name_of(ref))
        carried = carried_by(needs)
        paths = (*tells.HOST, *((tells.FEATURES,) if needs.running and carried.features else ()))
        host = read(self._asking, ref, (*paths, *(plugs.DEVICES if needs.vm.host_devices else ())))
        home = needs.conn == self._connection
        told = self._told(needs, carried, host, key) if home else self._elsewhere(needs, host, key)
        ms = (time.perf_counter() - ticks) * 1000
        return fit(needs, msgspec.structs.replace(told, at=begun, ms=ms))

    # --- a host of the vCenter that the machine is in -----------------------------------------------------------------

    def _told(self, needs: Needs, carried: Carried, host: Now, key: str) -> HostTold:
        stores = plugs.Stores(self._asking, host)
        disks = stores.disks(needs, carried)
        there = host.link("parent")
        cluster = self._compute(there) if there is not None else None
        verdict = self._verdict(needs, carried, host, there, stores, disks)
        names = {net: self._inventory.name_of(net) for net in host.refs("network")}
        networks = plugs.networks(needs, carried, host, names)
        devices = plugs.devices(needs, carried, host) if needs.vm.host_devices else {}
        return msgspec.structs.replace(
            self._itself(needs, carried, host, key),
            memory_free=self._memory(needs, host),
            cpu=_or_judged(tells.processor(host, needs, carried), verdict),
            migrates=_or_judged(tells.migrates(host), verdict, over=True),
            secure_boot=_or_judged(tells.secure_boot(host), verdict),
            disks={
                target: msgspec.structs.replace(disk, reached=_or_judged(disk.reached, verdict))
                for target, disk in disks.items()
            },
            networks={plug: _or_judged(one, verdict) for plug, one in networks.items()},
            devices={address: _or_judged(one, verdict) for address, one in devices.items()},
            uuid_free=Told(value=True, said="it keeps its own", evidence=STAYS),
            name_free=Told(value=True, said="it stays in its folder", evidence=STAYS),
            judged=tuple(self._judged(needs, carried, host, there, cluster, verdict)),
        )

    def _itself(self, needs: Needs, carried: Carried, host: Now, key: str) -> HostTold:
        """What it tells of itself, whoever asks."""
        return HostTold(
            host=key,
            name=host.words("name") or host.ref.id,
            host_uuid=host.words("summary.hardware.uuid"),
            cpu_used=tells.cpu_used(host),
            connected=tells.connected(host),
            maintenance=tells.maintenance(host),
            migrates=tells.migrates(host),
            guests=tells.guests(host),
            cpu=tells.processor(host, needs, carried),
            machines=tells.hardware_versions(host),
            firmwares=tells.firmwares(host),
            secure_boot=tells.secure_boot(host),
            tpm=tells.trusted(host),
            memory_free=tells.memory_free(host),
            vcpus_max=tells.vcpus_max(host),
            version=host.unless_known(
                host.words("summary.config.product.version") or None, "summary.config.product.version"
            ),
        )

    def _memory(self, needs: Needs, host: Now) -> Told[int]:
        """Free now; where a reservation does not fit into that, what other machines have not reserved."""
        free = tells.memory_free(host)
        kept, whole = needs.memory_kept or 0, host["summary.hardware.memorySize"]
        if free.value is None or kept <= free.value or not isinstance(whole, int):
            return free
        try:
            paths = ("config.memoryAllocation.reservation", "runtime.powerState")
            beside = self._asking.each(host.refs("vm"), paths)
        except NotFound:
            return free
        taken = [one.values.get(paths[0]) for one in beside if one.values.get(paths[1]) == "poweredOn"]
        unreserved = whole - sum(mib for mib in taken if isinstance(mib, int)) * tells.MIB
        return host.tell(max(free.value, unreserved), "of what no other machine has reserved")

    def _compute(self, ref: Ref) -> Now:
        """The cluster, or what is around a lone host."""
        known = self._computes.get(ref)
        if known is not None and time.monotonic() - known[0] < RULES_LAST_S:
            return known[1]
        now = read(self._asking, ref, CLUSTER if ref.type == "ClusterComputeResource" else LONE)
        self._computes[ref] = (time.monotonic(), now)
        return now

    # --- what the product judges --------------------------------------------------------------------------------------

    def _verdict(
        self,
        needs: Needs,
        carried: Carried,
        host: Now,
        there: Ref | None,
        stores: plugs.Stores,
        disks: dict[str, DiskTold],
    ) -> Verdict:
        """The server's own check; with a copy of the storage where the host does not reach it."""
        if there is None:
            return Verdict(why="the server does not tell what the host belongs to")
        copied = any(disk.reached.value is False and disk.room.value for disk in disks.values())
        best = stores.roomiest() if copied else None
        machine = machine_ref(needs.key)
        try:
            to = destination(
                self._asking,
                self._inventory,
                machine,
                ref_of(carried.compute),
                host.ref,
                there,
                best[0] if best else None,
            )
            return self._checker.relocation(machine, host.ref, self._native(to))
        except Unreachable:
            raise
        except NovaError as error:
            return Verdict(why=f"the server's own check failed: {error.failure}")

    def _native(self, to: Destination) -> Any:
        return made(to.form(), vim.vm.RelocateSpec, self._opened.stub.version)

    def _judged(
        self, needs: Needs, carried: Carried, host: Now, there: Ref | None, cluster: Now | None, verdict: Verdict
    ) -> Iterator[Check]:
        yield from verdict.checks
        if not verdict.asked:
            yield Check(topic=Topic.PRODUCT, answer=Answer.UNKNOWN, reason=verdict.why, blocking=False)
        if cluster is None or there is None:
            return
        machine = machine_ref(needs.key)
        config = cluster["configurationEx"]
        tied = any(type_of(rule) == TOGETHER and machine in refs(rule, "vm") for rule in each(config, "rule"))
        here = self._beside(needs, machine) if tied else frozenset[Ref]()
        beside = frozenset(host.refs("vm")) - {machine}
        yield from rules_against(config, machine, host.ref, beside, here, cluster.evidence)
        now = ref_of(carried.compute)
        if now is not None and now != there:
            left = self._inventory.name_of(now) or "its cluster"
            to = cluster.words("name") or there.id
            reason = f"it leaves {left} and its pool for the root pool of {to}"
            yield Check(topic=Topic.PRODUCT, answer=Answer.NO, reason=reason, blocking=False, evidence=cluster.evidence)

    def _beside(self, needs: Needs, machine: Ref) -> frozenset[Ref]:
        """Machines that run where it runs now."""
        host = self._inventory.refs([needs.host])[needs.host]
        told = None if host is None else read(self._asking, host, ("vm",))
        return frozenset(told.refs("vm")) - {machine} if told is not None else frozenset()

    # --- a host of another vCenter ------------------------------------------------------------------------------------

    def _elsewhere(self, needs: Needs, host: Now, key: str) -> HostTold:
        """Moving between two vCenters is possible by hand in the product, and not done from here."""
        no = Check(
            topic=Topic.PRODUCT,
            answer=Answer.NO,
            reason="it belongs to another vCenter; NovaTUI moves machines within one",
            evidence=host.evidence,
        )
        carried = carried_by(needs)
        return msgspec.structs.replace(self._itself(needs, carried, host, key), judged=(no,))


def _or_judged(told: Told[T], verdict: Verdict, *, over: bool = False) -> Told[Any]:
    """What properties leave open, as the server's own check found it; `over`: it knows better even than a no."""
    known = told.value is not None and not (over and told.value is False)
    if known or not verdict.clean:
        return told
    return Told(value=True, said=f"{verdict.call} found nothing against it", evidence=verdict.evidence)
