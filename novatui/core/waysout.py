"""The numbered ways out of a migration: what each would do now, its native call, or why it cannot be used."""

from __future__ import annotations

from collections.abc import Collection
from math import ceil

import msgspec

from novatui.core.migration import MigrationProgress, Phase
from novatui.core.passes import memory_left
from novatui.core.states import Family
from novatui.core.units import lasting, size
from novatui.core.verdict import ASSUMED_LIMIT, Call, Verdict

MIB = 1 << 20

NEEDS_FLAG = "needs the start flag: cancel and restart with it"

SPARE = 1.25
"""A pause or a rate is asked with this much to spare: what the guest writes is not the same every second."""

LONGEST_PAUSE = 2000.0
"""Seconds; QEMU takes no larger downtime limit (`MAX_MIGRATE_DOWNTIME_SECONDS`)."""

AT_LIMIT = 0.8
"""A link that is used to this share of what the migration may use would carry more."""

_OVER = frozenset({Call.DONE, Call.FAILED, Call.CANCELLED})
_COPYING = frozenset({Phase.MEMORY.value, Phase.DISK.value})


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """One way out. It may be used when `refused` is empty."""

    number: int
    """What stands before it and is pressed; 0: cancel, which has its own key."""
    verb: str
    """Verb to propose; empty for what can only be given at the start."""
    arguments: dict[str, str]
    title: str
    native: str
    """The product's own call with its arguments; empty where the product has none."""
    estimate: str
    """What it would bring, and when."""
    risk: str
    refused: str


class _Kind(msgspec.Struct, frozen=True):
    number: int
    verb: str
    title: str
    native: dict[Family, str]


_AUTO_CONVERGE = _Kind(1, "", "auto-converge", {Family.LIBVIRT: "VIR_MIGRATE_AUTO_CONVERGE"})
_DOWNTIME = _Kind(2, "migrate.downtime", "longer pause", {Family.LIBVIRT: "virDomainMigrateSetMaxDowntime"})
_POST_COPY = _Kind(3, "migrate.postcopy", "post-copy", {Family.LIBVIRT: "virDomainMigrateStartPostCopy"})
_BANDWIDTH = _Kind(4, "migrate.bandwidth", "more bandwidth", {Family.LIBVIRT: "virDomainMigrateSetMaxSpeed"})
_PAUSE = _Kind(5, "migrate.pause", "pause the guest", {Family.LIBVIRT: "virDomainSuspend"})
_CANCEL = _Kind(
    0,
    "task.cancel",
    "cancel",
    {
        Family.LIBVIRT: "virDomainAbortJob",
        Family.VSPHERE: "CancelTask",
        Family.HYPERV: "Msvm_MigrationJob.RequestStateChange(4)",
        Family.XCPNG: "task.cancel",
        Family.PROXMOX: "DELETE /nodes/{node}/tasks/{upid}",
    },
)

PRODUCTS = {
    Family.LIBVIRT: "libvirt",
    Family.VSPHERE: "vSphere",
    Family.HYPERV: "Hyper-V",
    Family.XCPNG: "XCP-ng",
    Family.PROXMOX: "Proxmox VE",
}


def ways_out(
    progress: MigrationProgress, verdict: Verdict, *, family: Family, offered: Collection[str]
) -> tuple[Way, ...]:
    """Always the same five and cancel. `offered`: verbs that the connection offers for this machine now."""
    situation = _Situation(progress, verdict, family, offered)
    return (
        situation.auto_converge(),
        situation.downtime(),
        situation.post_copy(),
        situation.bandwidth(),
        situation.pause(),
        situation.cancel(),
    )


class _Situation:
    """One moment of one migration."""

    def __init__(self, progress: MigrationProgress, verdict: Verdict, family: Family, offered: Collection[str]) -> None:
        self.progress = progress
        self.verdict = verdict
        self.family = family
        self.offered = offered
        self.left = memory_left(progress)
        self.rate = progress.memory_rate if progress.memory_rate is not None else progress.rate
        self.limit = verdict.limit if verdict.limit is not None else ASSUMED_LIMIT

    def auto_converge(self) -> Way:
        """Given at the start or not at all: QEMU refuses to switch it on later."""
        armed, throttle = self.progress.armed, self.progress.throttle
        if throttle:
            refused = f"on: it slows the guest by {throttle} % now"
        elif self.family is Family.PROXMOX:
            refused = "on: Proxmox VE always starts with it"
        elif armed is not None and "auto-converge" in armed:
            refused = "on: it has not had to slow the guest yet"
        else:
            refused = NEEDS_FLAG
        return self._way(_AUTO_CONVERGE, estimate="the guest slows by 20 to 99 %", refused=refused)

    def downtime(self) -> Way:
        """A pause that is long enough for what a pass begins with now."""
        need = self.verdict.pause
        if need is None:
            refused = "how long it must be shows after the first pass over memory"
            return self._way(_DOWNTIME, estimate="unknown", refused=self._settled() or refused)
        milliseconds = _rounded(need * SPARE)
        refused = ""
        if self.progress.guest_paused:
            refused = "nothing to gain: the guest is paused"
        elif need <= self.limit:
            refused = f"nothing to gain: {lasting(self.limit)} are enough"
        elif milliseconds > LONGEST_PAUSE * 1000:
            refused = f"it would take {lasting(need)}; more than {lasting(LONGEST_PAUSE)} cannot be set"
        return self._way(
            _DOWNTIME,
            title=f"pause of at most {lasting(milliseconds / 1000)}",
            arguments={"downtime": str(milliseconds)},
            native=f"({milliseconds})",
            estimate=f"{self._soon()}, the guest pauses for about {lasting(need)}",
            refused=self._settled() or refused,
        )

    def post_copy(self) -> Way:
        """The guest goes over at once and fetches its memory while it runs."""
        armed = self.progress.armed
        refused = ""
        if self.progress.requested == "post-copy":
            refused = "asked for; it begins when the source has sent what it is sending"
        elif armed is not None and "post-copy" not in armed:
            refused = NEEDS_FLAG
        elif armed is None and _POST_COPY.verb in self.offered:
            refused = "not known whether it was started with the flag that it needs"
        return self._way(
            _POST_COPY,
            estimate=f"all of it there in about {self._rest()}, the guest is slow till then",
            risk="the guest is lost if the link or one of the hosts fails before the end",
            refused=self._settled() or refused,
        )

    def bandwidth(self) -> Way:
        """A rate above that at which the guest writes."""
        limit, dirty = self.progress.bandwidth_limit, self.progress.dirty_rate
        refused = ""
        if limit is None:
            refused = "nothing to gain: no limit is known to hold it back"
        elif self.rate is not None and self.rate < limit * AT_LIMIT:
            refused = f"nothing to gain: the link carries {size(self.rate)}/s, allowed are {size(limit)}/s"
        mib = max(ceil((limit or 0) * 2 / MIB), ceil((dirty or 0) * 2 / MIB), 1)
        estimate = "unknown"
        if self.left is not None:
            estimate = f"this pass ends in {lasting(self.left / (mib * MIB))}, if the link carries it"
        return self._way(
            _BANDWIDTH,
            title=f"bandwidth {size(mib * MIB)}/s",
            arguments={"bandwidth": str(mib * MIB)},
            native=f"({mib})",
            estimate=estimate,
            refused=self._settled() or refused,
        )

    def pause(self) -> Way:
        """A guest that stands still writes nothing: what is left is sent once."""
        refused = "nothing to gain: it is paused" if self.progress.guest_paused else ""
        return self._way(
            _PAUSE,
            estimate=f"the guest pauses for about {self._rest()}",
            risk="it stands still until all is sent",
            refused=self._settled() or refused,
        )

    def cancel(self) -> Way:
        """The guest stays where it is."""
        refused = ""
        if self.verdict.call in _OVER:
            refused = "it is over"
        elif self.progress.phase == Phase.POST_COPY:
            refused = "post-copy cannot be cancelled: the memory of the guest is on both hosts"
        elif self.progress.phase == Phase.FINISHING:
            refused = "the guest has moved"
        sent = self.progress.sent
        where = f"the guest stays on {self.progress.source}" if self.progress.source else "the guest stays"
        wasted = f", {size(sent)} were sent in vain" if sent else ""
        return self._way(_CANCEL, estimate=where + wasted, refused=refused)

    def _way(
        self,
        kind: _Kind,
        *,
        estimate: str,
        title: str = "",
        arguments: dict[str, str] | None = None,
        native: str = "",
        risk: str = "",
        refused: str = "",
    ) -> Way:
        call = kind.native.get(self.family, "")
        if not call or (kind.verb and kind.verb not in self.offered):
            refused = refused if self.verdict.call in _OVER else f"not offered by {PRODUCTS[self.family]}"
            if kind is _AUTO_CONVERGE and self.family is Family.PROXMOX:
                refused = "on: Proxmox VE always starts with it"
        return Way(
            number=kind.number,
            verb=kind.verb,
            arguments=arguments or {},
            title=title or kind.title,
            native=call + native if call else "",
            estimate=estimate,
            risk=risk,
            refused=refused,
        )

    def _settled(self) -> str:
        """Why nothing of pre-copy can be changed any more, or not yet."""
        if self.verdict.call in _OVER:
            return "it is over"
        phase = self.progress.phase
        if phase == Phase.POST_COPY:
            return "post-copy: the guest runs at the destination"
        if phase == Phase.FINISHING:
            return "the guest has moved"
        if phase == Phase.SWITCHOVER:
            return "it is switching over"
        if phase not in _COPYING:
            return "nothing is sent yet"
        return ""

    def _rest(self) -> str:
        return lasting(self.left / self.rate) if self.left is not None and self.rate else "?"

    def _soon(self) -> str:
        return f"in about {self._rest()}"


def _rounded(seconds: float) -> int:
    """Milliseconds, rounded up to two digits."""
    milliseconds = seconds * 1000
    step = 10.0 ** max(1, len(str(int(milliseconds))) - 2)
    return int(ceil(milliseconds / step) * step)
