"""Whether a host has the processor that a machine needs: libvirt compares, this tells what it compared.

`host-model` is fixed when a machine starts: off, it takes whatever the host has; running, its description names what it
got. `host-passthrough` names nothing: then the processors of both hosts are compared, and only equal ones are a yes.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element, tostring

from novatui.backends.found import declared
from novatui.backends.libvirt.asking import Asked, ask
from novatui.backends.libvirt.link import Link
from novatui.core.needs import Needs, Told

FAIL_INCOMPATIBLE = 1
"""VIR_CONNECT_COMPARE_CPU_FAIL_INCOMPATIBLE: an error that names what is missing, in place of a 0."""

INCOMPATIBLE, IDENTICAL, SUPERSET = 0, 1, 2
"""virCPUCompareResult."""

CPU_INCOMPATIBLE = "91"
NO_SUPPORT = frozenset({"3", "84"})

_HOSTS_OWN = {"host-passthrough", "maximum"}


def cpu_told(link: Link, needs: Needs, root: Element | None, emulator: str | None) -> Told[bool]:
    """Ask with the processor of the machine as it is described."""
    cpu = root.find("cpu") if root is not None else None
    mode = cpu.get("mode", "custom") if cpu is not None else ""
    if cpu is None or (mode == "custom" and cpu.find("model") is None):
        said = "it has the processor that QEMU gives by itself"
        return Told(value=True, said=said, evidence=declared("libvirt: no model in the machine's description"))
    if mode in {"host-model", *_HOSTS_OWN} and not needs.running:
        said = f"it is off, and takes the host's own processor when it starts ({mode})"
        return Told(value=True, said=said, evidence=declared(f"libvirt: cpu mode {mode}"))
    if mode in _HOSTS_OWN:
        return _passed_through(link, needs, mode)
    vm = needs.vm
    document = tostring(cpu, encoding="unicode")
    arguments = (emulator, vm.arch or None, vm.machine or None, vm.hypervisor or None, document, FAIL_INCOMPATIBLE)
    asked = ask(link, link.conn.compareHypervisorCPU, *arguments)
    if asked.code in NO_SUPPORT and vm.hypervisor == "kvm":
        asked = ask(link, link.conn.compareCPU, document, FAIL_INCOMPATIBLE)
    return _judged(asked)


def _judged(asked: Asked) -> Told[bool]:
    if asked.code == CPU_INCOMPATIBLE:
        failure = asked.failure
        return asked.tell(False, (failure.native or failure.message) if failure is not None else "")
    if asked.value in (IDENTICAL, SUPERSET):
        return asked.tell(True, "has its processor" if asked.value == IDENTICAL else "has its processor, and more")
    if asked.value == INCOMPATIBLE:
        return asked.tell(False)
    return asked.untold()


def _passed_through(link: Link, needs: Needs, mode: str) -> Told[bool]:
    """The guest may use all that the processor of its host has, and nobody tells what it uses."""
    if not needs.native_host:
        return Told(said=f"it runs with {mode}, and the processor of the host it is on was not told")
    asked = ask(link, link.conn.compareCPU, needs.native_host, FAIL_INCOMPATIBLE)
    if asked.code == CPU_INCOMPATIBLE or asked.value == INCOMPATIBLE:
        why = asked.why or "this host lacks something that the other one has"
        return asked.tell(False, f"it runs with {mode}, and the processors differ: {why}")
    if asked.value == IDENTICAL:
        return asked.tell(True, f"it runs with {mode}, and both hosts have the same processor")
    if asked.value == SUPERSET:
        more = "this processor can do more than the one it is on; libvirt promises nothing for that"
        return asked.untold(f"it runs with {mode}: {more}")
    return asked.untold()
