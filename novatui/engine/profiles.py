"""What hosts are like, and what their processors have in common: asked of their own connections, now."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import msgspec

from novatui.core.errors import NotFound, NovaError
from novatui.core.hostdiff import HostDiff, diff
from novatui.core.hostprofile import Baseline, HostProfile, Loss, Part, Section
from novatui.core.ids import ObjectRef
from novatui.core.states import Family, Kind
from novatui.engine.connection import Connection
from novatui.engine.inspecting import InspectionRequests
from novatui.engine.inventory_store import InventoryStore
from novatui.wire import frames

ROLE = "ProfileSource"


class HostLoss(msgspec.Struct, frozen=True, kw_only=True):
    """One host of a set, and what its guests lose with the common processor."""

    host: ObjectRef
    name: str
    loss: Loss


class FamilyBaseline(msgspec.Struct, frozen=True, kw_only=True):
    """What the hosts of one family have in common; of several families nothing is."""

    family: Family
    baseline: Baseline
    """Its `losses` stand beside the hosts."""
    hosts: tuple[HostLoss, ...]
    asked: str = ""
    """Connection that was asked; empty when none could be."""


class Profiles:
    """Asks for profiles and baselines. Belongs to the event loop."""

    def __init__(
        self, connections: Mapping[str, Connection], inventory: InventoryStore, inspecting: InspectionRequests
    ) -> None:
        self._connections = connections
        self._inventory = inventory
        self._inspecting = inspecting

    def hosts(self, slot: int) -> list[ObjectRef]:
        """The hosts that an object is or holds: itself, or those of a connection, a cluster, a datacenter, a folder."""
        store = self._inventory
        if store.kind(slot) is Kind.HOST:
            return [store.ref(slot)]
        found = [each for each in store.below(slot) if store.kind(each) is Kind.HOST]
        return [store.ref(each) for each in sorted(found, key=store.name_key)]

    async def profile(self, ref: ObjectRef) -> HostProfile:
        """What a host tells of itself now. NovaError when it cannot be asked."""
        answer = await self._inspecting.ask(
            ref.conn, ROLE, lambda number: frames.ProfileRequest(ref.conn, number, ref.key), frames.ProfileAnswer
        )
        if answer.found is None:
            raise NotFound(f"{ref.conn} told nothing of {ref.key}")
        return msgspec.structs.replace(answer.found, conn=ref.conn)

    async def diff(self, left: ObjectRef, right: ObjectRef) -> HostDiff:
        """Two hosts side by side, both asked now. Of one that cannot be asked everything is unknown, with the reason.
        NotFound when there is no such connection."""
        one, other = await asyncio.gather(self._profile(left), self._profile(right))
        return diff(one, other)

    async def _profile(self, ref: ObjectRef) -> HostProfile:
        connection = self._connections.get(ref.conn)
        if connection is None:
            raise NotFound(f"there is no connection {ref.conn}")
        try:
            return await self.profile(ref)
        except NovaError as error:
            untold = tuple(Part(section=section, reason=str(error)) for section in Section)
            name, family = self._name(ref), connection.spec.family
            return HostProfile(host=ref.key, name=name, conn=ref.conn, family=family, parts=untold)

    def _name(self, ref: ObjectRef) -> str:
        slot = self._inventory.slot(ref.conn, ref.key)
        return ref.id if slot is None else self._inventory.name(slot)

    async def baseline(self, refs: Sequence[ObjectRef]) -> list[FamilyBaseline]:
        """What the processors of these hosts have in common, family by family. A host that cannot be asked, or tells
        nothing of its processor, is among them with the reason, and counts for nothing."""
        found = await asyncio.gather(*(self._asked(ref) for ref in refs))
        alike: dict[tuple[Family, str], list[_Host]] = {}
        for host in found:
            spec = self._connections[host.ref.conn].spec if host.ref.conn in self._connections else None
            key = (spec.family, spec.driver) if spec is not None else (Family.LIBVIRT, "")
            alike.setdefault(key, []).append(host)
        return [await self._common(family, hosts) for (family, _), hosts in alike.items()]

    async def _asked(self, ref: ObjectRef) -> _Host:
        try:
            profile = await self.profile(ref)
        except NovaError as error:
            return _Host(ref, self._name(ref), "", str(error))
        return _Host(ref, profile.name, profile.native, profile.native_reason or "it does not tell its processor")

    async def _common(self, family: Family, hosts: Sequence[_Host]) -> FamilyBaseline:
        known = [host for host in hosts if host.native]
        if not known:
            baseline, asked = Baseline(reason="none of these hosts tells its processor"), ""
        else:
            baseline, asked = await self._computed(known)
        losses = dict(zip((host.ref for host in known), baseline.losses, strict=False))
        told = tuple(HostLoss(host=host.ref, name=host.name, loss=_loss(host, losses, baseline)) for host in hosts)
        return FamilyBaseline(family=family, baseline=baseline, hosts=told, asked=asked)

    async def _computed(self, hosts: Sequence[_Host]) -> tuple[Baseline, str]:
        """By the first of their connections that can tell; who that was."""
        processors = [host.native for host in hosts]
        told, asked = Baseline(reason="no connection could be asked"), ""
        for conn in dict.fromkeys(host.ref.conn for host in hosts):
            try:
                told, asked = await self._ask(conn, processors), conn
            except NovaError as error:
                told = Baseline(reason=f"{conn}: {error}") if not asked else told
                continue
            if told.model:
                break
        return told, asked

    async def _ask(self, conn: str, processors: list[str]) -> Baseline:
        answer = await self._inspecting.ask(
            conn, ROLE, lambda number: frames.BaselineRequest(conn, number, processors), frames.BaselineAnswer
        )
        return answer.found or Baseline(reason="it told nothing")


class _Host(msgspec.Struct, frozen=True):
    ref: ObjectRef
    name: str
    native: str
    """Empty: not told."""
    why: str
    """Why it is not."""


def _loss(host: _Host, losses: Mapping[ObjectRef, Loss], baseline: Baseline) -> Loss:
    if not host.native:
        return Loss(reason=host.why)
    return losses.get(host.ref) or Loss(reason=baseline.reason or "it was not told")
