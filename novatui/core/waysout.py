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

FASTER = 2.0
"""A rate of so many times the guest's lets passes shrink to a half."""

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


_AUTO_CONVERGE = _Kind(1, "", "auto-converge", {Family.LIBVIRT: "VIR_MIGRATE_AUTO_CONVERGE", Family.PROXMOX: ""})
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
        if self._settled():
            refused = self._settled()
        elif throttle:
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
            if self.progress.guest_paused:
                refused = "nothing to gain: the guest is paused"
            return self._way(_DOWNTIME, estimate="not known yet", refused=self._settled() or refused)
        milliseconds = _rounded(need * SPARE)
        refused = ""
        if self.progress.guest_paused:
            refused = "nothing to gain: the guest is paused"
        elif need <= self.limit:
            refused = f"nothing to gain: the {lasting(self.limit)} that it may pause are enough"
        elif need > LONGEST_PAUSE:
            refused = f"it would take {lasting(need)}; more than {lasting(LONGEST_PAUSE)} cannot be set"
        milliseconds = min(milliseconds, int(LONGEST_PAUSE * 1000))
        return self._way(
            _DOWNTIME,
            title=f"pause of up to {lasting(milliseconds / 1000)}",
            arguments={"downtime": str(milliseconds)},
            native=f"({milliseconds})",
            estimate=f"in {self._time(self.left)} a pause of about {lasting(need)}",
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
        elif self.progress.phase == Phase.DISK:
            refused = "storage is copied first"
        elif self.progress.guest_paused:
            refused = "nothing to gain: the guest is paused"
        unknown = "" if armed is not None else "; refused unless it was started with the flag for it"
        return self._way(
            _POST_COPY,
            estimate=f"all of it there in {self._about()}, slow till then",
            risk="the guest is lost if the link or one of the hosts fails before the end" + unknown,
            refused=self._settled() or refused,
        )

    def bandwidth(self) -> Way:
        """A rate at which passes shrink to a half, or at which the pause carries what they begin with."""
        limit, dirty, need = self.progress.bandwidth_limit, self.progress.dirty_rate or 0.0, self.verdict.pause
        certain = need * (self.rate or 0.0) / self.limit * SPARE if need is not None and self.limit else None
        wanted = max((limit or 0.0) * FASTER, dirty * FASTER)
        if certain is not None and certain <= wanted:
            wanted = certain if certain > (limit or 0.0) else wanted
        mib = max(1, ceil(wanted / MIB))
        refused = ""
        if limit is None:
            refused = "nothing to gain: no limit is known that holds it back"
        elif self.rate is not None and self.rate < limit * AT_LIMIT:
            refused = f"nothing to gain: the link carries {size(self.rate)}/s, allowed are {size(limit)}/s"
        settled = "" if self.progress.phase == Phase.POST_COPY else self._settled()
        if not wanted:
            return self._way(_BANDWIDTH, estimate="not known yet", refused=settled or refused)
        return self._way(
            _BANDWIDTH,
            title=f"bandwidth {size(mib * MIB)}/s",
            arguments={"bandwidth": str(mib * MIB)},
            native=f"({mib})",
            estimate=self._at_rate(mib * float(MIB), dirty, certain),
            refused=settled or refused,
        )

    def pause(self) -> Way:
        """A guest that stands still writes nothing: what is left, and what it wrote since, is sent once."""
        refused = ""
        if self.progress.guest_paused:
            refused = "nothing to gain: it is paused"
        elif self.progress.phase == Phase.DISK:
            refused = "nothing to gain: storage is copied first"
        return self._way(
            _PAUSE,
            estimate=f"a pause of {self._about()}, then it runs there",
            risk="if the migration fails or is cancelled meanwhile, it stays paused here",
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
        where = f"it stays on {self.progress.source}" if self.progress.source else "it stays where it is"
        wasted = f", {size(sent)} sent in vain" if sent else ""
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
        over = self.verdict.call in _OVER
        if self.family not in kind.native and not over:
            refused = f"not offered by {PRODUCTS[self.family]}"
        elif kind.verb and kind.verb not in self.offered and not over:
            refused = "not offered by this connection"
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
        if phase == Phase.PREPARING:
            return "nothing is sent yet"
        return "" if phase in _COPYING else "not known what it does now"

    def _unsent(self) -> float | None:
        """Bytes still to send if the guest wrote nothing from now on: what it wrote in this pass comes on top."""
        if self.left is None:
            return None
        return max(float(self.left), (self.verdict.pause or 0.0) * (self.rate or 0.0))

    def _about(self) -> str:
        """Time that it takes to send the rest; of the first pass nobody knows how much of it was written again."""
        if self.left is None or not self.rate:
            return "an unknown time"
        return f"{'at least' if self.verdict.pause is None else 'about'} {self._time(self._unsent())}"

    def _time(self, unsent: float | None) -> str:
        return lasting(unsent / self.rate) if unsent is not None and self.rate else "?"

    def _at_rate(self, rate: float, dirty: float, certain: float | None) -> str:
        """When it would end at another rate, if the guest goes on as it does."""
        if self.progress.phase == Phase.DISK:
            return "holds for memory; storage is copied at the rate of the start"
        if self.left is None:
            return "not known yet"
        if self.progress.phase == Phase.POST_COPY:
            return f"all of it there in {lasting(self.left / rate)}, if the link carries it"
        if certain is None or not dirty:
            return f"this pass ends in {lasting(self.left / rate)}, if the link carries it"
        follows = (self.verdict.pause or 0.0) * (self.rate or 0.0) * dirty / rate / (1 - min(0.9, dirty / rate))
        told = f"in {lasting((self.left + follows) / rate)}, if the link carries it"
        return told if certain <= rate else f"{told}; sure only from {size(certain)}/s on"


def _rounded(seconds: float) -> int:
    """Milliseconds, rounded up to two digits."""
    milliseconds = seconds * 1000
    step = 10.0 ** max(1, len(str(int(milliseconds))) - 2)
    return int(ceil(milliseconds / step) * step)
