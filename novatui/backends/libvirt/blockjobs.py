"""Block jobs (copy, commit) as tasks. libvirt tells their end by an event, their beginning only in the domain's XML.

A job that copies or commits the active layer leaves a `<mirror>` at its disk. A pull leaves no trace until it ends.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any

from novatui.backends.libvirt import eventwords as words
from novatui.backends.libvirt.link import Link
from novatui.backends.libvirt.roster import Known
from novatui.backends.libvirt.stats import number
from novatui.backends.libvirt.summary import mirrored
from novatui.backends.libvirt.taskbook import TaskBook
from novatui.backends.libvirt.xmltree import MalformedXml
from novatui.core.errors import BackendFault
from novatui.core.ids import key
from novatui.core.states import Kind
from novatui.core.tasks import Task, TaskState

LOOK_EVERY_S = 10.0
"""How often a domain's XML is searched for mirrors."""

_COMPLETED, _FAILED, _CANCELED, _READY = range(4)
"""virConnectDomainEventBlockJobStatus."""

_BYTES = 1
"""VIR_DOMAIN_BLOCK_JOB_INFO_BANDWIDTH_BYTES."""

_MIRROR = re.compile(r"<mirror[\s>/]")


class BlockJobs:
    """Finds block jobs and follows them."""

    def __init__(self, link: Link, book: TaskBook) -> None:
        self.link = link
        self.book = book
        self._looked: dict[str, float] = {}

    def look(self, known: Known) -> None:
        """Search one domain whose monitor is free."""
        running = {task.id: task for task in self.book.running(known.uuid) if "/block/" in task.id}
        if not running and time.monotonic() - self._looked.get(known.uuid, 0.0) < LOOK_EVERY_S:
            return
        self._looked[known.uuid] = time.monotonic()
        xml = self.link.call(known.domain.XMLDesc)
        for disk in _mirrored(xml):
            info = self.link.attempt(known.domain.blockJobInfo, disk, _BYTES)
            if info:
                identifier = self._identifier(known.uuid, disk)
                running.pop(identifier, None)
                self.book.put(known.uuid, self._task(identifier, known, disk, info))
        for task in running.values():
            self.book.end(task, TaskState.UNKNOWN, None)

    def on_event(self, uuid: str, known: Known | None, disk: str, kind: int, status: int) -> Task | None:
        """The end of a job as a task; None while it only became ready."""
        if status == _READY:
            return None
        states = {_COMPLETED: TaskState.DONE, _FAILED: TaskState.FAILED, _CANCELED: TaskState.CANCELLED}
        identifier = self._identifier(uuid, disk)
        before = next((task for task in self.book.running(uuid) if task.id == identifier), None)
        task = before or Task(
            id=identifier,
            verb=_verb(kind),
            native_verb=f"block {words.word(words.BLOCK_JOBS, kind, 'job')}",
            key=key(Kind.VM, uuid),
            target=known.name if known is not None else "",
            state=TaskState.RUNNING,
            detail=disk,
        )
        failure = BackendFault(f"the block job on {disk} failed").failure if status == _FAILED else None
        return self.book.end(task, states.get(status, TaskState.UNKNOWN), failure)

    def _identifier(self, uuid: str, disk: str) -> str:
        """One disk has one job at a time: the running one keeps its id."""
        prefix = f"{uuid}/block/{disk}/"
        found = (task.id for task in self.book.running(uuid) if task.id.startswith(prefix))
        return next(found, f"{prefix}{time.time():.0f}")

    def _task(self, identifier: str, known: Known, disk: str, info: Mapping[str, Any]) -> Task:
        done, whole = number(info, "cur"), number(info, "end")
        kind = number(info, "type") or 0
        ready = done is not None and whole is not None and whole > 0 and done == whole
        return Task(
            id=identifier,
            verb=_verb(kind),
            native_verb=f"block {words.word(words.BLOCK_JOBS, kind, 'job')}",
            key=key(Kind.VM, known.uuid),
            target=known.name,
            state=TaskState.RUNNING,
            progress=done / whole * 100 if done is not None and whole else None,
            detail=f"{disk} ready, waits for pivot or abort" if ready else disk,
            cancellable=True,
        )


def _mirrored(xml: str) -> tuple[str, ...]:
    """Targets of disks with a mirror; most XML has none, which a text search tells."""
    if not _MIRROR.search(xml):
        return ()
    try:
        return mirrored(xml)
    except MalformedXml:
        return ()


def _verb(kind: int) -> str:
    return {1: "pull", 2: "copy", 3: "commit", 4: "commit", 5: "backup"}.get(kind, "block job")
