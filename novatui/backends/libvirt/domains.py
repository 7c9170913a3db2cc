"""Domains as rows of the inventory: all of them in bulk calls, or one after an event.

A listing comes in two waves: names and states of everything first (one call), then what needs each domain's XML, in
chunks. XML is read once, and again only when an event or the domain's outline says that it changed, or after minutes.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from novatui.backends.driver import Sink
from novatui.backends.libvirt import states
from novatui.backends.libvirt.disksizes import DiskSizes
from novatui.backends.libvirt.host import Host
from novatui.backends.libvirt.library import NOWAIT, libvirt
from novatui.backends.libvirt.link import Link, truth
from novatui.backends.libvirt.networks import GuestAddress, Networks
from novatui.backends.libvirt.roster import Known, Roster
from novatui.backends.libvirt.snapshots import snapshot_columns
from novatui.backends.libvirt.stats import number
from novatui.backends.libvirt.summary import EMPTY, summarise
from novatui.backends.libvirt.xmltree import MalformedXml
from novatui.core.errors import NotFound, NotSupported, NovaError
from novatui.core.ids import key
from novatui.core.inventory import Row, Value
from novatui.core.states import Kind

CHUNK = 100
FLUSH_S = 0.5
"""A chunk goes out after so many domains, or after so long on a slow link."""

XML_MIN_AGE_S = 5.0
XML_SHARE = 50
"""Some changes come without an event (`setvcpus --config`), so a listing reads XML again that is older than this many
times what reading all of it costs: each minute on a near host, seldom over a slow link."""

_SMOOTHING = 0.1
"""Weight of one reading in the mean cost of reading a domain's XML."""

_MARKS = {
    "autostart": libvirt.VIR_CONNECT_LIST_DOMAINS_AUTOSTART,
    "persistent": libvirt.VIR_CONNECT_LIST_DOMAINS_PERSISTENT,
    "saved": libvirt.VIR_CONNECT_LIST_DOMAINS_MANAGEDSAVE,
    "has_snapshots": libvirt.VIR_CONNECT_LIST_DOMAINS_HAS_SNAPSHOT,
}
"""Facts that libvirt filters by: one call tells a fact of all domains."""


class Domains:
    """Lists and refreshes domains."""

    def __init__(
        self, link: Link, host: Host, roster: Roster, networks: Networks, sizes: DiskSizes, sink: Sink
    ) -> None:
        self.link = link
        self.host = host
        self.roster = roster
        self.networks = networks
        self.sizes = sizes
        self.sink = sink
        self._xml_cost_s = 0.0

    def load(self) -> None:
        """List all domains."""
        with self.roster.telling:
            begun = self.sink.now()
            before = {known.uuid for known in self.roster}
            marks = {name: self._marked(flag) for name, flag in _MARKS.items()}
            listed: list[Known] = []
            self.sink.rows(begun, self._places(marks, listed))
            for uuid in before - {known.uuid for known in listed}:
                self.roster.forget(uuid)
        self._load_rest(listed)
        self.roster.listed = True
        with self.roster.telling:
            self.sizes.load(listed)

    def refresh(self, uuid: str) -> None:
        """Read one domain again, everything; one that is gone is removed."""
        with self.roster.telling:
            begun = self.sink.now()
            try:
                known = self._read_state(self.link.domain(uuid))
                known.autostart = truth(self.link.attempt(known.domain.autostart))
                known.persistent = truth(self.link.attempt(known.domain.isPersistent))
                known.has_snapshots = truth(self.link.attempt(known.domain.snapshotNum))
                self._read_xml(known)
                leases = self.networks.leases_by_mac() if states.is_active(known.state) else {}
                place, rest = self._place(known), self._rest(known, leases)
            except NotFound:
                self._forget(uuid, begun)
                return
            self.sink.rows(begun, [Row(place.kind, place.id, place.values | rest.values)])

    def refresh_state(self, uuid: str) -> None:
        """Read one domain's state again; everything of a domain that was never seen before."""
        known = self.roster.get(uuid)
        if known is None:
            self.refresh(uuid)
            return
        with self.roster.telling:
            begun = self.sink.now()
            try:
                self._read_state(known.domain)
            except NotFound:
                self._forget(uuid, begun)
                return
            self.sink.rows(begun, [Row(Kind.VM, uuid, state_columns(known))])

    def _forget(self, uuid: str, begun: float) -> None:
        """This domain is gone."""
        self.roster.forget(uuid)
        self.sink.remove(begun, [key(Kind.VM, uuid)])

    # Listing

    def _places(self, marks: Mapping[str, set[str] | None], listed: list[Known]) -> Iterator[Row]:
        """The first wave, row by row, so that the first is told before the last is read; fills `listed`."""
        for domain, stats in self._all_states():
            known = self._update(domain, stats, marks)
            listed.append(known)
            yield self._place(known)

    def _all_states(self) -> Iterable[tuple[Any, Mapping[str, Any]]]:
        """Every domain with its state: one call, or a call per domain with drivers that have no statistics."""
        try:
            return self.link.call(self.link.conn.getAllDomainStats, libvirt.VIR_DOMAIN_STATS_STATE, NOWAIT)
        except NotSupported:
            return self._states_one_by_one()

    def _states_one_by_one(self) -> Iterator[tuple[Any, Mapping[str, Any]]]:
        for domain in self.link.call(self.link.conn.listAllDomains, 0):
            state = self.link.attempt(domain.state)
            if state is not None:
                yield domain, {"state.state": state[0], "state.reason": state[1]}

    def _marked(self, flag: int) -> set[str] | None:
        """uuids of the domains for which a fact holds; None when the driver does not tell."""
        domains = self.link.attempt(self.link.conn.listAllDomains, flag)
        return {domain.UUIDString() for domain in domains} if domains is not None else None

    def _update(self, domain: Any, stats: Mapping[str, Any], marks: Mapping[str, set[str] | None]) -> Known:
        known = self.roster.meet(domain)
        known.see(number(stats, "state.state"), number(stats, "state.reason"))
        for name, uuids in marks.items():
            setattr(known, name, known.uuid in uuids if uuids is not None else None)
        return known

    def _place(self, known: Known) -> Row:
        return Row(
            Kind.VM,
            known.uuid,
            {
                "name": known.name,
                "parent": self.host.key,
                "host": self.host.key,
                "uuid": known.uuid,
                "native_id": known.uuid,
                "autostart": known.autostart,
                "persistent": known.persistent,
            }
            | state_columns(known),
        )

    def _load_rest(self, listed: Iterable[Known]) -> None:
        """The second wave, in chunks."""
        leases = self.networks.leases_by_mac()
        waiting = deque(listed)
        while waiting:
            with self.roster.telling:
                begun = self.sink.now()
                rows: list[Row] = []
                while waiting and len(rows) < CHUNK and self.sink.now() - begun < FLUSH_S:
                    known = waiting.popleft()
                    try:
                        if self._xml_is_due(known):
                            self._read_xml(known)
                        rows.append(self._rest(known, leases))
                    except NotFound:
                        continue  # gone since the list was made; its event or the next listing removes it
                self.sink.rows(begun, rows)

    def _rest(self, known: Known, leases: Mapping[str, GuestAddress]) -> Row:
        summary = known.summary
        values: dict[str, Value] = dict(summary.columns) if summary is not None else {}
        values |= snapshot_columns(self.link, known)
        macs = summary.macs if summary is not None and states.is_active(known.state) else ()
        held = [leases[mac] for mac in macs if mac in leases]
        values["ip"] = [address for lease in held for address in lease.addresses] or None
        values["guest_name"] = next((lease.hostname for lease in held if lease.hostname), None)
        return Row(Kind.VM, known.uuid, values)

    # One domain

    def _read_state(self, domain: Any) -> Known:
        """State and managed save image. NotFound when the domain is gone."""
        state = self.link.call(domain.state)
        known = self.roster.meet(domain)
        known.see(state[0], state[1])
        off = known.state == states.SHUTOFF
        known.saved = truth(self.link.attempt(domain.hasManagedSaveImage)) if off else False
        return known

    def _xml_is_due(self, known: Known) -> bool:
        old = time.monotonic() - known.summary_at > max(XML_MIN_AGE_S, XML_SHARE * self._xml_cost_s * len(self.roster))
        return known.summary is None or old or known.outline != known.summary_of

    def _read_xml(self, known: Known) -> None:
        """Read a domain's XML. NotFound when the domain is gone; any other refusal leaves its columns unknown."""
        outline, begun = known.outline, time.monotonic()
        try:
            known.summary = summarise(self.link.call(known.domain.XMLDesc))
        except NotFound:
            raise
        except (NovaError, MalformedXml) as error:
            if isinstance(error, NovaError) and not self.link.alive:
                raise
            known.summary = EMPTY
        known.summary_of = outline
        known.summary_at = time.monotonic()
        self._xml_cost_s += (known.summary_at - begun - self._xml_cost_s) * _SMOOTHING


def state_columns(known: Known) -> dict[str, Value]:
    """State columns of a domain's row."""
    if states.is_active(known.state) is False:
        known.job, known.since = "", None
    columns = states.columns(known.state, known.reason, saved=known.saved, jobless=known.jobless)
    return columns | {"since": known.since, "job": known.job}
