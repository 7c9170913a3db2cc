"""Rules about performance of the processors and the memory of a machine, and of its host."""

from __future__ import annotations

from collections.abc import Iterator

from novatui.core.cpuset import parse, written
from novatui.core.errors import InvalidInput
from novatui.core.posture import HostFacts, Level, MachineFacts, Verdict, unknown
from novatui.core.units import size

GIB = 2**30

ACCELERATED = frozenset({"kvm", "xen", "hvf", "esx", "vmware", "hyperv", "bhyve", "nvmm"})
"""What executes machines by the processor itself."""

LEAST_MODELS = frozenset({"qemu64", "qemu32", "kvm64", "kvm32"})
"""Processors that QEMU gives when nobody chooses: without AES, AVX and the flags of most mitigations."""

HOSTS_OWN = frozenset({"host-passthrough", "host-model", "maximum"})

OVERCOMMIT_ADVICE, OVERCOMMIT_WARNING = 3.0, 6.0
"""vCPUs for each processor: up to 3 is common practice, from 6 on machines wait for each other."""

MEMORY_FULL = 0.9
"""Part of the host's memory: what is above is what the host itself and its caches need."""

LARGE, HUGE = 8 * GIB, 32 * GIB
"""Memory of a machine from which huge pages are worth it where they are free, and from which they are worth setting
aside."""

SMALLEST_HUGE = 2**20
"""Pages below it are no huge pages."""


# --- of a machine -----------------------------------------------------------------------------------------------------


def acceleration(machine: MachineFacts, host: HostFacts) -> Iterator[Verdict]:
    by, evidence = machine.vm.hypervisor, (machine.evidence, host.accelerated.evidence)
    if by in ACCELERATED:
        yield Verdict(level=Level.OK, reason=f"executed by {by}", evidence=(machine.evidence,))
    elif by != "qemu":
        reason = f"what executes it is not known: {by or 'not told'}"
        yield Verdict(level=Level.UNKNOWN, reason=reason, evidence=(machine.evidence,))
    elif host.accelerated.value is None:
        yield unknown("it is emulated; whether the host could do better", host.accelerated)
    elif host.accelerated.value:
        reason = "QEMU emulates its processor although the host has KVM"
        yield Verdict(level=Level.WARNING, reason=reason, evidence=evidence)
    else:
        reason = "QEMU emulates its processor: the host offers no KVM"
        yield Verdict(level=Level.ADVICE, reason=reason, remedy="host", evidence=evidence)


def cpu_mode(machine: MachineFacts, host: HostFacts) -> Iterator[Verdict]:
    del host
    cpu, evidence = machine.vm.cpu, (machine.evidence,)
    if cpu.mode in HOSTS_OWN:
        yield Verdict(level=Level.OK, reason=f"{cpu.mode}: the guest sees the host's processor", evidence=evidence)
    elif cpu.model and cpu.model not in LEAST_MODELS:
        yield Verdict(level=Level.OK, reason=f"{cpu.model}, chosen by name", evidence=evidence)
    else:
        found = f"{cpu.model} is the least processor there is" if cpu.model else "no processor is chosen"
        reason = f"{found}: no AES, no AVX, few mitigations"
        yield Verdict(level=Level.WARNING, reason=reason, evidence=evidence)


def cpu_count(machine: MachineFacts, host: HostFacts) -> Iterator[Verdict]:
    count, cpus = machine.vm.cpu.count, host.cpus.value
    evidence = (machine.evidence, host.cpus.evidence)
    if count is None:
        yield Verdict(level=Level.UNKNOWN, reason="its number of vCPUs is not known", evidence=(machine.evidence,))
    elif cpus is None:
        yield unknown("the number of the host's processors", host.cpus)
    elif count > cpus:
        reason = f"{count} vCPUs on a host with {_many(cpus, 'processor')}: they wait for each other"
        yield Verdict(level=Level.WARNING, reason=reason, given={"count": str(cpus)}, evidence=evidence)
    else:
        yield Verdict(
            level=Level.OK, reason=f"{_many(count, 'vCPU')}, the host has {_many(cpus, 'processor')}", evidence=evidence
        )


def pinning(machine: MachineFacts, host: HostFacts) -> Iterator[Verdict]:
    """Pins to a single processor are a promise that it is free; wider ones only narrow the scheduler's choice."""
    evidence = (machine.evidence, host.pinned.evidence)
    pins = pins_of(machine)
    if pins is None:
        yield Verdict(level=Level.UNKNOWN, reason="its pinning cannot be read", evidence=(machine.evidence,))
        return
    alone = {vcpu: min(cpus) for vcpu, cpus in pins.items() if len(cpus) == 1}
    if not alone:
        wide = "tied to a set of processors" if pins else "not tied to processors"
        reason = f"{wide}: the host's scheduler chooses"
        yield Verdict(level=Level.OK, reason=reason, evidence=(machine.evidence,))
        return
    troubles = list(_pin_troubles(machine, host, alone))
    for reason in troubles:
        yield Verdict(level=Level.WARNING, reason=reason, given=_free_place(host, machine), evidence=evidence)
    if host.pinned.value is None:
        yield unknown("whether other machines are tied to the same processors", host.pinned)
    elif not troubles:
        yield from _emulator(machine, frozenset(alone.values()))


def _pin_troubles(machine: MachineFacts, host: HostFacts, alone: dict[int, int]) -> Iterator[str]:
    loose = sorted(set(range(machine.vm.cpu.count or 0)) - (pins_of(machine) or {}).keys())
    if loose:
        yield f"vCPU {written(loose)} of {machine.vm.cpu.count} is not tied, and may run on the others' processors"
    cpus = list(alone.values())
    if twice := sorted({cpu for cpu in cpus if cpus.count(cpu) > 1}):
        yield f"several of its vCPUs share processor {written(twice)}"
    others = host.pinned.value or {}
    shared = {cpu: sorted(set(others.get(cpu, ())) - {machine.name}) for cpu in sorted(set(cpus))}
    if held := {cpu: names for cpu, names in shared.items() if names}:
        names = sorted({name for each in held.values() for name in each})
        yield f"processor {written(held)} is promised to {', '.join(names[:3])}{' ...' if names[3:] else ''} as well"


def _emulator(machine: MachineFacts, cpus: frozenset[int]) -> Iterator[Verdict]:
    """QEMU's own threads take time from a vCPU that they share a processor with."""
    emulator = _set(machine.vm.cpu.emulator_pin)
    if emulator is not None and not emulator & cpus:
        reason = f"each vCPU has a processor of its own: {written(cpus)}"
        yield Verdict(level=Level.OK, reason=reason, evidence=(machine.evidence,))
        return
    where = "may run on the same processors" if emulator is None else "are tied to the same processors"
    reason = f"vCPUs have processors of their own, but the emulator's threads {where}"
    yield Verdict(
        level=Level.ADVICE, reason=reason, remedy="emulator", given={"cpus": written(cpus)},
        evidence=(machine.evidence,),
    )  # fmt: skip


def _free_place(host: HostFacts, machine: MachineFacts) -> dict[str, str]:
    """Processors that nobody is tied to, as many as the machine needs; the words of the remedy name them."""
    mine = machine.vm.cpu.count or 1
    taken = set(host.pinned.value or {})
    free = [cpu for cpu in range(host.cpus.value or 0) if cpu not in taken][:mine]
    return {"cpus": written(free) if len(free) == mine else "processors of its own"}


def pins_of(machine: MachineFacts) -> dict[int, frozenset[int]] | None:
    """Processors that each vCPU is tied to, by its number; without those that may run anywhere. None: unreadable."""
    pins: dict[int, frozenset[int]] = {}
    for pin in machine.vm.cpu.pins:
        what, _, number = pin.subject.partition(" ")
        chosen = _set(pin.cpuset)
        if what in {"vcpu", "vcpus"} and chosen is None:
            return None
        if what == "vcpus" and chosen:
            pins = dict.fromkeys(range(machine.vm.cpu.count or 0), chosen) | pins
        elif what == "vcpu" and chosen and number.isdecimal():
            pins[int(number)] = chosen
    return pins


def _set(text: str) -> frozenset[int] | None:
    """The processors of a set; None when there is none or it cannot be read."""
    try:
        return parse(text) if text else None
    except InvalidInput:
        return None


def huge_pages(machine: MachineFacts, host: HostFacts) -> Iterator[Verdict]:
    memory, told = machine.vm.memory, host.huge_pages
    evidence = (machine.evidence, told.evidence)
    if memory.huge_pages:
        yield _backed(machine, host)
    elif memory.size is None:
        yield Verdict(level=Level.UNKNOWN, reason="the size of its memory is not known", evidence=(machine.evidence,))
    elif memory.size < LARGE:
        reason = f"{size(memory.size)} of memory: too little for huge pages to matter"
        yield Verdict(level=Level.OK, reason=reason, evidence=(machine.evidence,))
    elif told.value is None:
        yield unknown("which huge pages the host has free", told)
    elif fits := [page for page, free in told.value.items() if page >= SMALLEST_HUGE and page * free >= memory.size]:
        page = max(fits)
        reason = f"{size(memory.size)} of memory in small pages; {size(page * told.value[page])} in huge ones are free"
        yield Verdict(level=Level.ADVICE, reason=reason, given=_pages(page, memory.size), evidence=evidence)
    elif memory.size >= HUGE:
        reason = f"{size(memory.size)} of memory in small pages, and the host has no huge ones free for it"
        yield Verdict(
            level=Level.ADVICE, reason=reason, remedy="reserve", given=_pages(GIB, memory.size), evidence=evidence
        )
    else:
        reason = f"{size(memory.size)} of memory: the kernel's transparent huge pages serve"
        yield Verdict(level=Level.OK, reason=reason, evidence=evidence)


def _backed(machine: MachineFacts, host: HostFacts) -> Verdict:
    """It asks for huge pages: running it has them; off it needs them free."""
    memory, told = machine.vm.memory, host.huge_pages
    page = memory.huge_pages[0].size
    if machine.running or page is None or memory.size is None:
        kind = f"{size(page)} pages" if page else "huge pages of the host's usual size"
        return Verdict(level=Level.OK, reason=f"its memory is in {kind}", evidence=(machine.evidence,))
    if told.value is None:
        return unknown("whether the huge pages that it starts with are free", told)
    free, wanted = told.value.get(page, 0), -(-memory.size // page)
    evidence = (machine.evidence, told.evidence)
    if free < wanted:
        reason = f"it starts with {wanted} pages of {size(page)}, and {free} are free: it will not start"
        given = _pages(page, memory.size)
        return Verdict(level=Level.WARNING, reason=reason, remedy="reserve", given=given, evidence=evidence)
    return Verdict(
        level=Level.OK, reason=f"it starts with {wanted} of {free} free {size(page)} pages", evidence=evidence
    )


def _pages(page: int, memory: int) -> dict[str, str]:
    return {"kib": str(page // 1024), "mib": str(page // 2**20), "count": str(-(-memory // page))}


def ballooning(machine: MachineFacts, host: HostFacts) -> Iterator[Verdict]:
    memory, evidence = machine.vm.memory, (machine.evidence,)
    given = any(device.type in {"pci", "mdev"} for device in machine.vm.host_devices)
    if not memory.balloon:
        yield Verdict(level=Level.UNKNOWN, reason="whether it has a balloon is not told", evidence=evidence)
    elif memory.balloon == "none":
        yield from _without_balloon(machine, host)
    elif memory.huge_pages:
        reason = "it has a balloon, but memory in huge pages is not given back"
        yield Verdict(level=Level.ADVICE, reason=reason, remedy="drop", evidence=evidence)
    elif given:
        reason = "it has a balloon, but a host device holds all of its memory in place"
        yield Verdict(level=Level.ADVICE, reason=reason, remedy="drop", evidence=evidence)
    elif memory.balloon_stats == 0 or (memory.balloon_stats is None and memory.balloon.startswith("virtio")):
        reason = "its balloon does not report: what the guest uses is not measured"
        yield Verdict(level=Level.ADVICE, reason=reason, remedy="measure", evidence=evidence)
    else:
        yield Verdict(level=Level.OK, reason=f"{memory.balloon}: memory can be taken back", evidence=evidence)


def _without_balloon(machine: MachineFacts, host: HostFacts) -> Iterator[Verdict]:
    claim, memory = host.claim.value, host.memory.value
    evidence = (machine.evidence, host.claim.evidence)
    if claim is None or memory is None:
        yield unknown("it has no balloon; whether the host is short of memory", host.claim)
    elif claim.memory > memory:
        reason = "it has no balloon, and the host has promised more memory than it has"
        yield Verdict(level=Level.WARNING, reason=reason, evidence=evidence)
    else:
        reason = "no balloon, and the host has memory for all that run"
        yield Verdict(level=Level.OK, reason=reason, evidence=evidence)


def nested(machine: MachineFacts, host: HostFacts) -> Iterator[Verdict]:
    """Off unless somebody needs it: it costs migrations that would work without, and is one more way out of a guest."""
    cpu, evidence = machine.vm.cpu, (machine.evidence, host.nested.evidence)
    said = {feature.name: feature.policy for feature in cpu.features if feature.name in {"vmx", "svm"}}
    own = machine.vm.hypervisor == "kvm" and cpu.mode in HOSTS_OWN
    reason = "the guest can run machines itself: needed?"
    if "nested" in machine.vm.features or any(policy in {"require", "force"} for policy in said.values()):
        yield Verdict(level=Level.ADVICE, reason=reason, evidence=(machine.evidence,))
    elif any(policy in {"disable", "forbid"} for policy in said.values()) or not own:
        yield Verdict(level=Level.OK, reason="not given to the guest", evidence=(machine.evidence,))
    elif host.nested.value is None:
        yield unknown("whether the host's processor brings it along", host.nested)
    elif host.nested.value:
        yield Verdict(level=Level.ADVICE, reason=f"{cpu.mode} brings it along: {reason}", evidence=evidence)
    else:
        yield Verdict(level=Level.OK, reason="the host does not offer it", evidence=evidence)


# --- of a host --------------------------------------------------------------------------------------------------------


def cpu_overcommit(host: HostFacts) -> Iterator[Verdict]:
    claim, cpus = host.claim.value, host.cpus.value
    if claim is None or not cpus:
        yield unknown("how many vCPUs run on how many processors", host.claim if claim is None else host.cpus)
        return
    ratio = claim.vcpus / cpus
    reason = f"{_many(claim.vcpus, 'vCPU')} that run on {_many(cpus, 'processor')}: {ratio:.1f} to 1"
    level = Level.WARNING if ratio > OVERCOMMIT_WARNING else Level.ADVICE if ratio > OVERCOMMIT_ADVICE else Level.OK
    yield Verdict(level=level, reason=reason, evidence=(host.claim.evidence, host.cpus.evidence))


def memory_overcommit(host: HostFacts) -> Iterator[Verdict]:
    claim, memory = host.claim.value, host.memory.value
    if claim is None or not memory:
        yield unknown("how much memory is promised of how much", host.claim if claim is None else host.memory)
        return
    part = claim.memory / memory
    who = _many(claim.machines, "machine")
    reason = f"{size(claim.memory)} promised to {who} that run, {size(memory)} there: {part:.0%}"
    level = Level.WARNING if part > 1 else Level.ADVICE if part > MEMORY_FULL else Level.OK
    yield Verdict(level=level, reason=reason, evidence=(host.claim.evidence, host.memory.evidence))


def page_merging(host: HostFacts) -> Iterator[Verdict]:
    merging, cells = host.merging.value, host.cells.value
    evidence = (host.merging.evidence, host.cells.evidence)
    if merging is None:
        yield unknown("whether equal pages are merged", host.merging)
    elif not merging.active:
        yield Verdict(level=Level.OK, reason="no pages are merged", evidence=(host.merging.evidence,))
    elif cells is None:
        yield unknown("pages are merged; over how many NUMA cells", host.cells)
    elif len(cells) < 2:
        yield Verdict(level=Level.OK, reason="pages are merged, within the one NUMA cell there is", evidence=evidence)
    elif merging.across_cells is None:
        yield unknown("pages are merged; whether across NUMA cells", host.merging)
    elif merging.across_cells:
        reason = f"pages are merged across {len(cells)} NUMA cells: machines then read memory of another cell"
        yield Verdict(level=Level.ADVICE, reason=reason, evidence=evidence)
    else:
        yield Verdict(level=Level.OK, reason="pages are merged, within each NUMA cell", evidence=evidence)


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
