"""Changes of a guest that runs and listens: what it sees of them, who waits for whom, and what refusals say."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping

import pytest

from novatui.core.errors import Fault, NotFound, NovaError, Unreachable
from novatui.core.ids import key
from novatui.core.operations import NativeCall, Operation, Plan
from novatui.core.states import Kind
from novatui.core.verbs import VERBS
from tests.lab.fixtures import MakeHost, or_skip
from tests.lab.libvirt.change_cases import POOL, furnish, run_lines
from tests.lab.libvirt.daemon import LibvirtHost
from tests.lab.libvirt.guests import GuestSpec
from tests.lab.libvirt_driver_probe import Probe, connected
from tests.lab.workspace import wait_until

pytest.importorskip("libvirt")
pytestmark = [pytest.mark.libvirt, pytest.mark.timeout(600)]

MIB = 1 << 20
GROWING = (
    "<maxMemory slots='4' unit='MiB'>1024</maxMemory><cpu mode='custom' match='exact'><model>qemu64</model>"
    "<numa><cell id='0' cpus='0-3' memory='256' unit='MiB'/></numa></cpu>"
)
DRIVE = "<disk type='file' device='cdrom'><target dev='hdc' bus='ide'/><readonly/></disk>"
PROMPT = "# "


@pytest.fixture(scope="module")
def host() -> Iterator[LibvirtHost]:
    with or_skip(lambda: LibvirtHost("lever")) as host:
        furnish(host)
        yield host


@pytest.fixture(scope="module")
def guest(host: LibvirtHost) -> GuestSpec:
    made = host.start_guest(
        GuestSpec("grower", memory_mib=256, vcpus_max=4, extra_domain=GROWING, extra_devices=DRIVE, disk_mib=16)
    )
    host.wait_console(made, PROMPT)
    return made


@pytest.fixture
def probe(host: LibvirtHost) -> Iterator[Probe]:
    with connected(host.uri) as probe:
        yield probe


def planned(probe: Probe, verb: str, uuid: str, arguments: Mapping[str, str]) -> Plan:
    operation = Operation(verb=verb, key=key(Kind.VM, uuid), arguments=dict(arguments))
    return getattr(probe.driver, f"plan_{VERBS[verb].noun}")(operation)


def done(probe: Probe, verb: str, uuid: str, **arguments: str) -> Plan:
    plan = planned(probe, verb, uuid, arguments)
    for call in plan.calls:
        probe.driver.invoke(call, {})
    for wanted in plan.expects:
        wait_until(lambda wanted=wanted: shows(probe, wanted.key, wanted.field) in wanted.values, str(wanted), 90)
    return plan


def shows(probe: Probe, one: str, field: str) -> str:
    probe.driver.refresh([one])
    value = probe.sink.objects.get(one, {}).get(field)
    return str(value).lower() if isinstance(value, bool) else str(value)


def says(host: LibvirtHost, guest: GuestSpec, command: str, wanted: str) -> None:
    """Ask the guest itself, over its serial console, until it says so."""

    def asked() -> bool:
        before = len(host.console(guest))
        host.type_on_console(guest, f"{command}; echo asked-$((40+2))")
        answer = host.wait_console(guest, "asked-42", start=before)[before:]
        return wanted in answer

    wait_until(asked, f"{command} says {wanted}", 90)


def test_the_guest_sees_what_is_plugged_in(host: LibvirtHost, guest: GuestSpec, probe: Probe) -> None:
    done(probe, "edit.vcpus", guest.uuid, count="3", apply="live")
    says(host, guest, "nproc", "3")
    plan = done(probe, "edit.disk_add", guest.uuid, store=POOL, size=str(64 * MIB))
    says(host, guest, "cat /proc/partitions", "65536 vdb")
    assert plan.inverse is not None
    done(probe, plan.inverse.verb, guest.uuid, **plan.inverse.arguments)
    says(host, guest, "echo disks-$(grep -c vd /proc/partitions)", "disks-1")
    done(probe, "edit.memory_add", guest.uuid, size=str(128 * MIB))
    assert "dimm" in host.virsh("dumpxml", guest.name)


def test_the_guest_sees_its_medium(host: LibvirtHost, guest: GuestSpec, probe: Probe) -> None:
    host.make_disk("medium.iso", 4, "raw")
    host.virsh("pool-refresh", POOL)
    plan = done(probe, "edit.iso_insert", guest.uuid, source=f"{POOL}/medium.iso")
    assert "medium.iso" in host.virsh("domblklist", guest.name)
    assert plan.inverse is not None
    done(probe, plan.inverse.verb, guest.uuid, **plan.inverse.arguments)
    assert "medium.iso" not in host.virsh("domblklist", guest.name)


def test_an_emulated_machine_is_spared_what_hangs_it(host: LibvirtHost, guest: GuestSpec, probe: Probe) -> None:
    """QEMU without KVM deadlocks when it is to unplug a processor."""
    host.virsh("setvcpus", guest.name, "3", "--live")
    with pytest.raises(NovaError) as refusal:
        planned(probe, "edit.vcpus", guest.uuid, {"count": "2", "apply": "live"})
    assert refusal.value.failure.fault is Fault.NOT_SUPPORTED
    assert planned(probe, "edit.vcpus", guest.uuid, {"count": "2", "apply": "persistent"}).effect == "hard"


def test_a_disk_that_others_need_is_not_given_away(host: LibvirtHost, guest: GuestSpec, probe: Probe) -> None:
    """Neither one that a machine has, nor one that other disks grew from: writing would destroy them."""
    base = host.make_disk("base.qcow2", 4)
    host.virsh("pool-refresh", POOL)
    words = ("--format", "qcow2", "--backing-vol", str(base), "--backing-vol-format", "qcow2")
    host.virsh("vol-create-as", POOL, "clone.qcow2", "4M", *words)
    for volume, holder in (("base.qcow2", "clone.qcow2"), (f"{guest.uuid}.qcow2", guest.name)):
        with pytest.raises(NovaError) as refusal:
            planned(probe, "edit.disk_add", guest.uuid, {"store": POOL, "volume": volume})
        assert (refusal.value.failure.fault, refusal.value.failure.subject) == (Fault.BUSY, holder)
    assert planned(probe, "edit.disk_add", guest.uuid, {"store": POOL, "volume": "clone.qcow2"}).calls


def test_a_change_that_hangs_holds_up_nobody(host: LibvirtHost, guest: GuestSpec, probe: Probe) -> None:
    """Its machine's QEMU stands still: reading goes on, and another machine is changed meanwhile."""
    other = host.start_guest(GuestSpec("other", boot="none", memory_mib=32), paused=True)
    probe.load("vm")
    stuck = planned(probe, "power.reset", guest.uuid, {}).calls[0]
    ended: list[NovaError | None] = []

    def hang() -> None:
        try:
            probe.driver.invoke(stuck, {})
            ended.append(None)
        except NovaError as error:
            ended.append(error)

    host.freeze_guest(guest.name)
    thread = threading.Thread(target=hang)
    try:
        thread.start()
        wait_until(lambda: "occupied" in host.virsh("domcontrol", guest.name), "its monitor is held", 30)
        probe.load("vm")
        assert done(probe, "power.resume", other.uuid).calls
        assert shows(probe, key(Kind.VM, other.uuid), "power") == "running"
        assert probe.driver.detail(key(Kind.VM, other.uuid), ["vm"]).vm is not None
        assert probe.driver.fingerprint(key(Kind.VM, guest.uuid))
        assert thread.is_alive(), "the change that hangs was over first: nothing was shown"
    finally:
        host.thaw_guest(guest.name)
        thread.join(60)
    assert ended == [None]


def test_a_task_is_cancelled_while_it_runs(host: LibvirtHost, probe: Probe) -> None:
    """A copy that has caught up waits until somebody ends it."""
    made = host.start_guest(GuestSpec("copied", boot="none", memory_mib=32, disk_mib=16))
    copy = host.images / "copy.qcow2"
    host.virsh("blockcopy", made.name, "vda", str(copy), "--transient-job")
    probe.load("vm")

    def task():
        of_it = (each for each in probe.driver.tasks() if each.key == key(Kind.VM, made.uuid))
        return next((each for each in of_it if each.cancellable), None)

    wait_until(lambda: task() is not None, "the copy is told", 60)
    found = task()
    plan = done(probe, "task.cancel", made.uuid, task=found.id)
    assert [call.verb for call in plan.calls] == ["virDomainBlockJobAbort"]
    wait_until(lambda: "<mirror" not in host.virsh("dumpxml", made.name), "no copy runs", 60)
    host.virsh("blockcopy", made.name, "vda", str(copy), "--transient-job", "--reuse-external")
    probe.load("vm")
    wait_until(lambda: task() is not None, "the second copy is told", 60)
    run_lines(planned(probe, "task.cancel", made.uuid, {"task": task().id}).commands)
    wait_until(lambda: "<mirror" not in host.virsh("dumpxml", made.name), "virsh ends it too", 60)
    with pytest.raises(NotFound):
        planned(probe, "task.cancel", made.uuid, {"task": "nobody/0/0"})


REFUSALS = (
    ("virDomainResume", {}, Fault.CONFLICT, ""),
    ("virDomainAttachDeviceFlags", {"xml": "DISK /nowhere.img"}, Fault.NOT_FOUND, "look at"),
    ("virDomainAttachDeviceFlags", {"xml": "DISK HELD"}, Fault.BUSY, "take the disk away there"),
    ("virDomainDetachDeviceFlags", {"xml": "DISK /nowhere.img"}, Fault.NOT_FOUND, ""),
    ("virDomainBlockJobAbort", {"disk": "vda"}, Fault.CONFLICT, ""),
    ("virDomainAbortJob", {}, Fault.CONFLICT, ""),
    ("virDomainPMWakeup", {}, Fault.CONFLICT, ""),
)


@pytest.mark.parametrize(("verb", "arguments", "fault", "hint"), REFUSALS)
def test_refusals_of_libvirt_are_said_in_words(
    host: LibvirtHost,
    guest: GuestSpec,
    probe: Probe,
    verb: str,
    arguments: dict[str, str],
    fault: Fault,
    hint: str,
) -> None:
    """What changes between plan and run: libvirt refuses, and says why in its own way."""
    path = {"DISK HELD": held_disk(host)}.get(arguments.get("xml", ""), arguments.get("xml", "").partition(" ")[2])
    disk = (
        "<disk type='file' device='disk'><driver name='qemu' type='qcow2'/>"
        f"<source file='{path}'/><target dev='vdq' bus='virtio'/></disk>"
    )
    given = {"dom": guest.uuid, **arguments} | ({"xml": disk} if "xml" in arguments else {})
    flags = {"flags": 1} if "xml" in arguments else {"flags": 0} if verb in FLAGGED else {}
    with pytest.raises(NovaError) as refusal:
        probe.driver.invoke(NativeCall(id="1", connection="probe", verb=verb, args={**given, **flags}), {})
    failure = refusal.value.failure
    assert failure.fault is fault
    assert failure.native
    assert failure.meaning or failure.message != failure.native
    assert hint in failure.hint


FLAGGED = ("virDomainBlockJobAbort", "virDomainPMWakeup")


def held_disk(host: LibvirtHost) -> str:
    """Image of a machine that runs: QEMU has it locked."""
    name = "holder"
    if name not in host.virsh("list", "--name").split():
        host.start_guest(GuestSpec(name, boot="none", memory_mib=32, disk_mib=16))
    return host.virsh("domblklist", name, "--details").split()[-1]


def test_a_guest_is_stopped_and_woken_by_its_own_means(host: LibvirtHost, guest: GuestSpec, probe: Probe) -> None:
    """Asked by its power button, it goes; saved to disk, it goes on where it was."""
    made = host.start_guest(GuestSpec("sleeper"))
    host.wait_console(made, PROMPT)
    probe.load("vm")
    done(probe, "power.suspend", made.uuid)
    said = len(host.console(made))
    done(probe, "power.wake", made.uuid)
    host.type_on_console(made, "echo still-$((20+3))")
    host.wait_console(made, "still-23", start=said)
    assert "NOVATUI-GUEST-UP" not in host.console(made)[said:], "it was not started anew"
    done(probe, "power.shutdown", made.uuid)
    assert host.virsh("domstate", made.name).strip() == "shut off"


def test_a_machine_that_was_saved_while_paused_is_woken_and_goes_on(host: LibvirtHost, probe: Probe) -> None:
    """libvirt says `paused (migrating)` of it for ever: nobody could resume it if that were believed."""
    made = host.start_guest(GuestSpec("sleeper", boot="none", memory_mib=32), paused=True)
    vm = key(Kind.VM, made.uuid)
    done(probe, "power.suspend", made.uuid)
    woken = planned(probe, "power.wake", made.uuid, {})
    for call in woken.calls:
        probe.driver.invoke(call, {})
    assert host.virsh("domstate", made.name, "--reason").strip() == "paused (migrating)"
    again = planned(probe, "power.suspend", made.uuid, {})
    assert again.calls
    probe.driver.refresh([vm])

    def told() -> str:
        assert not [task for task in probe.driver.tasks() if task.key == vm and task.verb == "migrate"]
        return str(probe.sink.objects[vm]["power"])

    wait_until(lambda: told() == "paused", "its row says that it is paused", 60)
    done(probe, "power.resume", made.uuid)
    done(probe, "power.off", made.uuid)


def test_a_daemon_that_ends_in_the_middle_is_told_as_lost(make_libvirt_host: MakeHost) -> None:
    """Nobody knows then whether it was done: the worker says so, and the driver never tries again."""
    host = make_libvirt_host("mortal")
    made = host.start_guest(GuestSpec("kept", boot="none", memory_mib=32), paused=True)
    with connected(host.uri) as probe:
        call = planned(probe, "power.resume", made.uuid, {}).calls[0]
        told: list[NovaError] = []

        def change() -> None:
            try:
                probe.driver.invoke(call, {})
            except NovaError as error:
                told.append(error)

        host.freeze_guest(made.name)
        thread = threading.Thread(target=change)
        thread.start()
        wait_until(lambda: "occupied" in host.virsh("domcontrol", made.name), "its monitor is held", 30)
        host.kill()
        thread.join(60)
        host.thaw_guest(made.name)
        assert [type(error) for error in told] == [Unreachable]
        assert probe.sink.losses
        assert probe.sink.counts["resume"] == 1
