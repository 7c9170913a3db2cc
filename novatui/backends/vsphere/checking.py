"""vCenter's own judgement of a move before it is made: CheckRelocate_Task, or QueryVMotionCompatibilityEx_Task.

Both only read. A server that has neither (an ESXi host by itself, a simulator) is asked once, and not again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import msgspec
from pyVmomi import vim

from novatui.backends.driver import Sink
from novatui.backends.vsphere.asking import Asking
from novatui.backends.vsphere.errors import from_exception, from_fault
from novatui.backends.vsphere.faulttopics import topic_of
from novatui.backends.vsphere.fields import at, each, type_of, words
from novatui.backends.vsphere.session import Opened
from novatui.backends.vsphere.updates import Fault as Refusal
from novatui.backends.vsphere.updates import Ref
from novatui.core.capabilities import Answer, Evidence
from novatui.core.errors import Fault, NovaError, Timeout, Unreachable
from novatui.core.reasons import Check

RELOCATE = "CheckRelocate_Task"
VMOTION = "QueryVMotionCompatibilityEx_Task"
READING = frozenset({RELOCATE, VMOTION})

PATIENCE_S = 12.0
"""How long a check is waited for: it is one of several questions to a host."""

LOOK_S = 0.15
SLOWEST_LOOK_S = 1.0

TASK = ("info.state", "info.error", "info.result")


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What the server said; `call` is empty when it could not be asked."""

    call: str = ""
    checks: tuple[Check, ...] = ()
    """What is in the way (blocking), and what it warns of."""
    evidence: Evidence | None = None
    why: str = ""
    """Why it was not asked, or gave no answer."""

    @property
    def asked(self) -> bool:
        """It has answered."""
        return bool(self.call)

    @property
    def clean(self) -> bool:
        """It has looked at everything: one that found something in the way may have looked no further."""
        return self.asked and not any(check.blocking for check in self.checks)


class Checker:
    """Asks, and remembers what the server does not have."""

    def __init__(self, opened: Opened, sink: Sink, asking: Asking) -> None:
        self._opened = opened
        self._sink = sink
        self._asking = asking
        self._lacks: dict[str, str] = {}

    def relocation(self, machine: Ref, host: Ref, spec: Any) -> Verdict:
        """Whether this machine can be relocated by this VirtualMachineRelocateSpec."""
        checker = self._opened.content.vmProvisioningChecker
        if checker is None:
            return Verdict(why="this server has no checks of moves: the answer rests on properties only")
        stub = self._opened.stub
        vm, to = vim.VirtualMachine(machine.id, stub), vim.HostSystem(host.id, stub)
        tried: tuple[tuple[str, Callable[[], Any]], ...] = (
            (RELOCATE, lambda: checker.CheckRelocate_Task(vm=vm, spec=spec)),
            (VMOTION, lambda: checker.QueryVMotionCompatibilityEx_Task(vm=[vm], host=[to])),
        )
        for name, call in tried:
            if name in self._lacks:
                continue
            try:
                return self._ask(name, call, machine, host)
            except Unreachable:
                raise
            except NovaError as error:
                if error.failure.fault not in (Fault.NOT_SUPPORTED, Fault.NOT_FOUND):
                    return Verdict(why=f"{name}: {error.failure}")
                self._lacks[name] = str(error.failure.native or error.failure.message)
        return Verdict(why="this server has no checks of moves: the answer rests on properties only")

    def _ask(self, name: str, call: Callable[[], Any], machine: Ref, host: Ref) -> Verdict:
        begun, ticks = time.time(), time.perf_counter()
        self._sink.call(name)
        try:
            task = Ref("Task", call()._moId)
        except Exception as error:  # noqa: BLE001 - pyVmomi raises anything
            raise from_exception(error) from None
        result = self._result(name, task, time.monotonic() + PATIENCE_S)
        ms = (time.perf_counter() - ticks) * 1000
        found = [(fault, blocks) for one in each(result) for field, blocks in _FIELDS for fault in each(one, field)]
        excerpt = "; ".join(text_of(fault) for fault, _ in found) or "nothing is in the way"
        evidence = Evidence(
            kind="asked", call=name, args=f"vm={machine.id}, host={host.id}", at=begun, ms=ms, excerpt=excerpt[:400]
        )
        checks = tuple(
            Check(
                topic=topic_of(_kind(fault)),
                answer=Answer.NO,
                reason=f"vCenter: {text_of(fault)}",
                blocking=blocks,
                evidence=evidence,
            )
            for fault, blocks in found
        )
        return Verdict(call=name, checks=checks, evidence=evidence)

    def _result(self, name: str, task: Ref, until: float) -> Any:
        """Wait for the end of a check. Its result is what a property of a task holds: CheckResult, one for each."""
        pause = LOOK_S
        while True:
            told = self._asking.of(task, TASK).values
            state = str(told.get("info.state"))
            if state == "success":
                return told.get("info.result")
            if state == "error":
                fault = at(told.get("info.error"), "fault")
                fields = fault if isinstance(fault, dict) else {}
                raise from_fault(Refusal(type_of(fault), words(told.get("info.error"), "localizedMessage"), fields))
            if time.monotonic() > until:
                raise Timeout(f"{name} did not end within {PATIENCE_S:.0f} s")
            time.sleep(pause)
            pause = min(SLOWEST_LOOK_S, pause * 1.5)


_FIELDS = (("error", True), ("warning", False))


def _kind(fault: dict[str, Any]) -> str:
    """LocalizedMethodFault: the fault itself lies in its field `fault`."""
    return type_of(at(fault, "fault")) or type_of(fault)


def text_of(fault: dict[str, Any]) -> str:
    """What the server says of a fault, its type where it says nothing."""
    return words(fault, "localizedMessage") or _kind(fault) or "it found something in the way"
