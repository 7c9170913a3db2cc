"""Rules about security of a machine: who reaches its screens and ports, what it boots, who keeps it apart."""

from __future__ import annotations

from collections.abc import Iterator

from novatui.core.posture import HostFacts, Level, MachineFacts, Verdict, unknown
from novatui.core.vmspec import GraphicsSpec, LaunchSecurity, Listener

SCREENS = frozenset({"vnc", "spice", "rdp"})
"""Kinds of screen that can be reached over a network."""

LABELLING = frozenset({"apparmor", "selinux"})
"""Security drivers that keep machines apart; others (dac, testSecurity) do not."""

EVERYWHERE = frozenset({"0.0.0.0", "::", "*", "[::]"})  # noqa: S104 - looked for, not listened on

SEV_NODBG, SEV_ES = 0b1, 0b100
"""Bits of the policy of a SEV guest (AMD SEV API, 3.1): the host may not debug it; registers are encrypted, too."""


# --- screens and ports ------------------------------------------------------------------------------------------------


def console(machine: MachineFacts, host: HostFacts) -> Iterator[Verdict]:
    del host
    evidence = (machine.evidence,)
    screens = [screen for screen in machine.vm.graphics if screen.type in SCREENS]
    for screen in screens:
        yield _screen(screen, machine)
    if not screens:
        yield Verdict(level=Level.OK, reason="it has no screen on a network", evidence=evidence)


def _screen(screen: GraphicsSpec, machine: MachineFacts) -> Verdict:
    name, evidence = _named(screen), (machine.evidence,)
    given = {"type": screen.type}
    reach = _reach(screen.listen, screen.socket)
    if reach is None:
        reason = "where it listens is not told: the host's configuration decides"
        return Verdict(level=Level.UNKNOWN, reason=reason, subject=name, evidence=evidence)
    if not reach:
        return Verdict(level=Level.OK, reason="only the host itself reaches it", subject=name, evidence=evidence)
    where = f"it listens on {reach}"
    if screen.tls:
        return Verdict(level=Level.OK, reason=f"{where}, encrypted", subject=name, evidence=evidence)
    plain = "not encrypted" if screen.tls is False else "and whether that is encrypted is not told"
    reason = f"{where}, {plain}: keys and pictures can be read on the way"
    return Verdict(level=Level.WARNING, reason=reason, subject=name, given=given, evidence=evidence)


def console_password(machine: MachineFacts, host: HostFacts) -> Iterator[Verdict]:
    del host
    evidence = (machine.evidence,)
    reached = [each for each in machine.vm.graphics if each.type in SCREENS and _reach(each.listen, each.socket) != ""]
    for screen in reached:
        name = _named(screen)
        if screen.password is None:
            reason = "whether it asks for a password is not told without telling the password, which is never read"
            yield Verdict(level=Level.UNKNOWN, reason=reason, subject=name, evidence=evidence)
        elif screen.password:
            yield Verdict(level=Level.OK, reason="it asks for one", subject=name, evidence=evidence)
        else:
            reason = "it asks for no password: whoever reaches the host controls the machine"
            given = {"type": screen.type}
            yield Verdict(level=Level.RISK, reason=reason, subject=name, given=given, evidence=evidence)
    if not reached:
        yield Verdict(level=Level.OK, reason="no screen is reached from elsewhere", evidence=evidence)


def _named(screen: GraphicsSpec) -> str:
    return f"{screen.type} {screen.port or screen.tls_port or ''}".strip()


def _reach(listen: str, socket: str) -> str | None:
    """Where it is reached from elsewhere; empty: nowhere; None: not told."""
    if socket:
        return ""
    if not listen:
        return None
    if listen in EVERYWHERE:
        return f"every address ({listen})"
    return "" if listen == "localhost" or listen.startswith("127.") or listen == "::1" else listen


def serial(machine: MachineFacts, host: HostFacts) -> Iterator[Verdict]:
    del host
    found = [verdict for each in machine.vm.listeners if (verdict := _port(each, machine)) is not None]
    yield from found
    if not found:
        reason = "no serial port or channel is open on a network"
        yield Verdict(level=Level.OK, reason=reason, evidence=(machine.evidence,))


def _port(port: Listener, machine: MachineFacts) -> Verdict | None:
    reach = _reach(port.address, "")
    if reach == "":
        return None
    where = f"it listens on {reach} port {port.port or '?'}" if reach else "where it listens is not told"
    level = Level.UNKNOWN if reach is None else Level.WARNING if port.tls else Level.RISK
    plain = "encrypted, but it asks nobody who they are" if port.tls else "in plain text, and asks nobody who they are"
    return Verdict(
        level=level, reason=f"{where}: {plain}", subject=port.name, given={"port": port.name.split()[-1]},
        evidence=(machine.evidence,),
    )  # fmt: skip


# --- boot, TPM, memory, confinement -----------------------------------------------------------------------------------


def secure_boot(machine: MachineFacts, host: HostFacts) -> Iterator[Verdict]:
    firmware, evidence = machine.vm.firmware, (machine.evidence,)
    if firmware.kernel:
        reason = "the host hands it a kernel: no firmware checks what starts"
        yield Verdict(level=Level.ADVICE, reason=reason, evidence=evidence)
    elif not firmware.type:
        yield Verdict(level=Level.UNKNOWN, reason="its firmware is not told", evidence=evidence)
    elif firmware.type == "uefi" and firmware.secure_boot:
        yield Verdict(level=Level.OK, reason="UEFI with secure boot", evidence=evidence)
    elif firmware.type == "uefi" and firmware.secure_boot is None:
        yield Verdict(level=Level.UNKNOWN, reason="UEFI; whether with secure boot is not told", evidence=evidence)
    else:
        uefi = firmware.type == "uefi"
        found = "UEFI without secure boot" if uefi else f"it starts with {firmware.type.upper()}, which checks nothing"
        here = host.secure_boot
        lack = "; the host has no firmware with secure boot either" if here.value is False else ""
        yield Verdict(
            level=Level.WARNING if uefi and not lack else Level.ADVICE,
            reason=f"{found}{lack}",
            remedy="host" if lack else "" if uefi else "convert",
            evidence=(machine.evidence, here.evidence),
        )


def tpm(machine: MachineFacts, host: HostFacts) -> Iterator[Verdict]:
    evidence = (machine.evidence,)
    versions = [each.version for each in machine.vm.tpm]
    windows = "win" in machine.vm.guest_os.lower() and "darwin" not in machine.vm.guest_os.lower()
    if not versions:
        lack = "; the host offers none" if host.tpm.value is False else ""
        need = ": Windows keeps its disk keys in one" if windows else ""
        yield Verdict(
            level=Level.WARNING if windows and not lack else Level.ADVICE,
            reason=f"it has no TPM{need}{lack}",
            remedy="host" if lack else "",
            evidence=(machine.evidence, host.tpm.evidence),
        )
    elif any(version.startswith("2") for version in versions):
        yield Verdict(level=Level.OK, reason="TPM 2.0", evidence=evidence)
    elif versions[0]:
        yield Verdict(level=Level.ADVICE, reason=f"TPM {versions[0]}: most systems want 2.0", evidence=evidence)
    else:
        reason = "it has a TPM; its version is not told"
        yield Verdict(level=Level.UNKNOWN, reason=reason, evidence=evidence)


def memory_encryption(machine: MachineFacts, host: HostFacts) -> Iterator[Verdict]:
    launch, offered = machine.vm.launch_security, host.encryption
    if launch is not None:
        yield from _launched(launch, machine)
    elif offered.value is None:
        yield unknown("it is not encrypted; whether the host could", offered)
    elif not offered.value:
        reason = "not encrypted: the host has neither SEV nor TDX"
        yield Verdict(level=Level.NOT_OFFERED, reason=reason, evidence=(machine.evidence, offered.evidence))
    else:
        kinds = ", ".join(sorted(offered.value))
        reason, given = f"not encrypted, and the host offers {kinds}", {"kind": _best(offered.value)}
        evidence = (machine.evidence, offered.evidence)
        yield Verdict(level=Level.ADVICE, reason=reason, given=given, evidence=evidence)


def _best(kinds: frozenset[str]) -> str:
    return next((kind for kind in ("tdx", "sev-snp", "sev") if kind in kinds), sorted(kinds)[0])


def _launched(launch: LaunchSecurity, machine: MachineFacts) -> Iterator[Verdict]:
    evidence = (machine.evidence,)
    policy = _number(launch.policy)
    if launch.type == "sev" and policy is not None and not policy & SEV_NODBG:
        reason = f"encrypted by sev, but its policy {launch.policy} lets the host debug it: it can read the memory"
        yield Verdict(level=Level.WARNING, reason=reason, remedy="policy", evidence=evidence)
    elif launch.type == "sev" and policy is not None and not policy & SEV_ES:
        reason = f"encrypted by sev, but its policy {launch.policy} leaves registers in the clear (no SEV-ES)"
        yield Verdict(level=Level.ADVICE, reason=reason, remedy="policy", evidence=evidence)
    else:
        yield Verdict(level=Level.OK, reason=f"encrypted by {launch.type}", evidence=evidence)


def _number(text: str) -> int | None:
    try:
        return int(text, 0)
    except ValueError:
        return None


def confinement(machine: MachineFacts, host: HostFacts) -> Iterator[Verdict]:
    drivers, labels = host.confinement, machine.confined
    evidence = (machine.evidence, drivers.evidence, labels.evidence)
    if drivers.value is None:
        yield unknown("which security drivers the host has", drivers)
    elif not drivers.value & LABELLING:
        reason = "the host has no security driver that could label it"
        yield Verdict(level=Level.NOT_OFFERED, reason=reason, evidence=evidence)
    elif labels.value is None:
        yield unknown("its security label", labels)
    elif found := labels.value & LABELLING:
        when = "it runs" if machine.running else "it will run"
        reason = f"{when} under a label of {', '.join(sorted(found))}"
        yield Verdict(level=Level.OK, reason=reason, evidence=evidence)
    else:
        driver = min(drivers.value & LABELLING)
        reason = f"no label of {driver}: what breaks out of the guest has all that QEMU's user has"
        yield Verdict(level=Level.WARNING, reason=reason, given={"driver": driver}, evidence=evidence)


# --- of a host --------------------------------------------------------------------------------------------------------


def transport(host: HostFacts) -> Iterator[Verdict]:
    told = host.transport
    match told.value:
        case None:
            yield unknown("how this console speaks to it", told)
        case "tcp" | "http":
            reason = f"{told.value}: commands and passwords of this connection can be read on the way"
            yield Verdict(level=Level.RISK, reason=reason, evidence=(told.evidence,))
        case "unix" | "embed" | "test":
            yield Verdict(level=Level.OK, reason=f"{told.value}: on this machine", evidence=(told.evidence,))
        case "ssh" | "tls" | "https":
            if told.said:
                yield Verdict(
                    level=Level.WARNING, reason=f"{told.value}, {told.said}", remedy="verify",
                    evidence=(told.evidence,),
                )  # fmt: skip
            else:
                yield Verdict(level=Level.OK, reason=f"{told.value}: encrypted", evidence=(told.evidence,))
        case other:
            reason = f"whether {other} is encrypted is not known"
            yield Verdict(level=Level.UNKNOWN, reason=reason, evidence=(told.evidence,))


def security_driver(host: HostFacts) -> Iterator[Verdict]:
    told = host.confinement
    if told.value is None:
        yield unknown("which security drivers the host has", told)
    elif found := told.value & LABELLING:
        yield Verdict(level=Level.OK, reason=", ".join(sorted(found)), evidence=(told.evidence,))
    else:
        there = f"only {', '.join(sorted(told.value))}" if told.value else "none"
        reason = f"neither SELinux nor AppArmor keeps its machines apart ({there})"
        yield Verdict(level=Level.WARNING, reason=reason, evidence=(told.evidence,))


def moves(host: HostFacts) -> Iterator[Verdict]:
    told = host.moves
    match told.value:
        case None:
            yield unknown("whether memory travels encrypted", told)
        case "encrypted":
            yield Verdict(level=Level.OK, reason=told.said or "always encrypted", evidence=(told.evidence,))
        case "asked":
            reason = told.said or "memory travels in plain text unless a move asks for more"
            yield Verdict(level=Level.ADVICE, reason=reason, evidence=(told.evidence,))
        case _:
            reason = told.said or "memory travels in plain text"
            yield Verdict(level=Level.WARNING, reason=reason, evidence=(told.evidence,))
