"""What is to be known of one device of a host: who has it, what goes along, and what giving it away would block."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from novatui.actions.confirm import TYPED
from novatui.core.devices import Device, Giving
from novatui.core.devicestanding import FREE_DRIVERS, along
from novatui.core.errors import Failure
from novatui.ui.device_tree import Line, functions
from novatui.ui.foreseeing import Foreseen
from novatui.ui.render.detail.words import joined, told
from novatui.ui.render.device_table import Holder
from novatui.ui.render.labelled import Fact
from novatui.ui.render.look import Look


def device_facts(
    line: Line, devices: Sequence[Device], holder: Holder, foreseen: Foreseen | None, look: Look
) -> list[Fact]:
    """In the order in which they matter; a group tells of itself only."""
    device = line.device
    if device is None:
        members = [each for each in devices if line.group is not None and each.iommu_group == line.group]
        return [
            ("these", line.note, look.styles.text),
            *(("" if at else "are", _other(each, holder), look.styles.text) for at, each in enumerate(members)),
        ]
    facts = list(_type(line, look)) if line.mdev is not None else list(_device(device, devices, holder, look))
    return [*facts, *_foreseen(foreseen, look)]


def _type(line: Line, look: Look) -> Iterator[Fact]:
    assert line.device is not None
    assert line.mdev is not None
    yield "type", f"{line.mdev.id}  {line.mdev.name}, of {line.device.name}", look.styles.text
    left = line.mdev.available
    style = look.styles.warning if left == 0 else look.styles.text
    yield "left", f"{told(left)} more can be made, fewer when others of this card are made", style


def _device(device: Device, devices: Sequence[Device], holder: Holder, look: Look) -> Iterator[Fact]:
    styles = look.styles
    product = joined(device.vendor, device.product)
    where = "  ".join(dict.fromkeys(filter(None, (device.name, device.address, device.id))))
    yield "this", f"{device.device_class}  {where}  {product}".rstrip(), styles.text
    driver = device.driver or "none"
    ours = device.driver in FREE_DRIVERS
    numa = f", NUMA node {device.numa_node}" if device.numa_node is not None else ""
    group = f", IOMMU group {device.iommu_group}" if device.iommu_group is not None else ""
    yield "host", f"driver {driver}{'' if ours else ' (the host uses it)'}{numa}{group}", styles.text
    yield "held", _held(device, holder), styles.text if device.holder else styles.good
    if others := along(device, devices):
        words = "; ".join(_other(each, holder) for each in others)
        yield "with", f"one machine takes the whole group: {words}", styles.warning
    if device.functions_max is not None:
        free, made = functions(device, devices)
        text = f"{free} free of {made} made, {device.functions_max} possible"
        yield "VFs", text, styles.text
    if device.mdev_types and not device.holder:
        text = ", ".join(f"{each.name or each.id} {told(each.available)} more" for each in device.mdev_types)
        yield "vGPUs", text, styles.text


def _held(device: Device, holder: Holder) -> str:
    if not device.holder:
        return "by no machine"
    name, power = holder(device.holder)
    return f"by {name}, {told(power)}"


def _other(device: Device, holder: Holder) -> str:
    if device.holder:
        return f"{device.name} (held by {holder(device.holder)[0]})"
    return f"{device.name} (free)" if device.driver in FREE_DRIVERS else f"{device.name} (driver {device.driver})"


def _foreseen(foreseen: Foreseen | None, look: Look) -> Iterator[Fact]:
    if foreseen is None:
        return
    styles, verb = look.styles, foreseen.word
    if foreseen.failure is not None:
        yield verb, f"{foreseen.about}: no, {_sentence(foreseen.failure, look)}", styles.bad
    elif foreseen.proposal is None:
        yield verb, f"{foreseen.about}: asking what that would mean", styles.quiet
    else:
        proposal = foreseen.proposal
        asks = f"it asks to type {proposal.phrase}" if proposal.level >= TYPED and proposal.phrase else "it asks first"
        locked = f", but {proposal.locked.reason}" if proposal.locked is not None else f"; {asks}"
        yield verb, f"{foreseen.about}: possible{locked}", styles.good if proposal.locked is None else styles.warning
        label = "blocks" if verb == "attach" else "means"
        yield label, "; ".join(proposal.warnings) or "nothing that is known of", styles.warning
        yield "loses", "; ".join(proposal.losses), styles.bad


def _sentence(failure: Failure, look: Look) -> str:
    dash = f" {look.marks.dash} "
    return dash.join(filter(None, (failure.message, failure.meaning, failure.hint)))


def totals(devices: Sequence[Device], giving: Giving) -> list[str]:
    """What there is to share out: `VFs 12/16 free`, `vGPUs up to 28 more`."""
    if giving.obstacle:
        return ["nothing to give but USB" if any(each.device_class == "usb" for each in devices) else "nothing to give"]
    said: list[str] = []
    if any(each.functions_max is not None for each in devices):
        vfs = [each for each in devices if each.device_class == "vf"]
        said.append(f"VFs {sum(1 for each in vfs if not each.holder)}/{len(vfs)} free")
    if makers := [each for each in devices if each.mdev_types]:
        left = [each.mdevs_free for each in makers]
        known = sum(count for count in left if count is not None)
        said.append(f"vGPUs up to {known} more" if None not in left else "vGPUs ?")
    return said
