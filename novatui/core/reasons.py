"""Whether a machine can run on a host: single checks with their evidence, and what they come to together."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from novatui.core.capabilities import Answer, Evidence


class Topic(StrEnum):
    """What is checked, in the order in which people want to hear of it."""

    PLACE = "place"
    HOST = "host"
    PRODUCT = "product"
    ARCHITECTURE = "architecture"
    CPU = "processor"
    MACHINE = "machine type"
    FIRMWARE = "firmware"
    SECURE_BOOT = "secure boot"
    TPM = "TPM"
    DEVICES = "devices"
    SNAPSHOTS = "snapshots"
    STORAGE = "storage"
    NETWORK = "network"
    MEMORY = "memory"
    HUGE_PAGES = "huge pages"
    VCPUS = "vCPUs"
    NAME = "name"
    MIGRATION = "migration"
    VERSION = "version"


_WEIGHT = (Answer.NO, Answer.UNKNOWN, Answer.PARTLY, Answer.NOT_OFFERED, Answer.YES)
"""What matters most of several answers to one question comes first."""


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was to be found out about one host, and what came of it."""

    topic: Topic
    answer: Answer
    """yes, no, or unknown: it was not or could not be asked."""
    reason: str
    """In words: of a no what is in the way, of an unknown why it is not known, of a yes what was found."""
    blocking: bool = True
    """The machine cannot run there without it; else it is only good to know."""
    condition: str = ""
    """Of a no: what has to be done for it to be none, where the host was asked whether that can be done: `storage is
    copied`. Empty: nothing is known to help."""
    subject: str = ""
    """The part of the machine that it is about: the address of a device, the target of a disk, the source of an
    interface. Empty: the machine as a whole."""
    evidence: Evidence | None = None
    """None: nothing was asked."""

    @property
    def blocks(self) -> bool:
        """True when this alone rules the host out."""
        return self.blocking and self.answer is Answer.NO and not self.condition

    @property
    def open(self) -> bool:
        """True when this alone leaves it open whether the host can."""
        return self.blocking and self.answer not in {Answer.YES, Answer.NO}


class Fit(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a machine on one host."""

    host: str
    """Key of the host; empty for a connection whose hosts are not known."""
    name: str = ""
    checks: tuple[Check, ...] = ()
    memory_free: int | None = None
    """Bytes that the host could give a machine now."""
    cpu_used: float | None = None
    """Percent of the host's processors in use."""
    at: float | None = None
    """Epoch seconds when it was asked, by the clock of the worker."""
    ms: float | None = None
    """How long it took to ask everything."""

    @property
    def by_topic(self) -> list[tuple[str, str]]:
        """Each topic once, with the answer that matters most: no, then unknown, then yes."""
        found: dict[str, Answer] = {}
        for check in self.checks:
            found[check.topic.value] = min(found.get(check.topic.value, Answer.YES), check.answer, key=_WEIGHT.index)
        return [(topic, answer.value) for topic, answer in found.items()]

    @property
    def answer(self) -> Answer:
        """no: something rules it out. unknown: something that might rule it out was not answered. partly: it can once
        the `conditions` are met. yes: everything that might rule it out was asked, and nothing does."""
        if any(check.blocks for check in self.checks):
            return Answer.NO
        if any(check.open for check in self.checks) or not any(check.blocking for check in self.checks):
            return Answer.UNKNOWN
        return Answer.PARTLY if self.conditions else Answer.YES

    @property
    def conditions(self) -> tuple[str, ...]:
        """What has to be done so that it can, each once."""
        wanted = (check.condition for check in self.checks if check.blocking and check.answer is Answer.NO)
        return tuple(dict.fromkeys(filter(None, wanted)))

    @property
    def against(self) -> tuple[Check, ...]:
        """Checks that speak against it, the weightiest first: what rules it out, what is open, what is a condition,
        what is only good to know."""
        return tuple(sorted((check for check in self.checks if check.answer is not Answer.YES), key=_weight))

    @property
    def reasons(self) -> tuple[str, ...]:
        """The same in words."""
        return tuple(check.reason for check in self.against)


def not_asked(host: str, name: str, reason: str) -> Fit:
    """A host that gave no answer at all, and why."""
    check = Check(topic=Topic.HOST, answer=Answer.UNKNOWN, reason=reason)
    return Fit(host=host, name=name, checks=(check,))


def _weight(check: Check) -> tuple[int, int]:
    if not check.blocking:
        rank = 3
    elif check.blocks:
        rank = 0
    else:
        rank = 1 if check.open else 2
    return rank, _ORDER[check.topic]


_ORDER = {topic: at for at, topic in enumerate(Topic)}
