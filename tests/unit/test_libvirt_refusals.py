"""What libvirt says when it refuses a change comes out as the right failure, in words, its own text beside them."""

from __future__ import annotations

import pytest

pytest.importorskip("libvirt")

from novatui.backends.libvirt.errors import explain
from novatui.backends.libvirt.library import libvirt
from novatui.core.errors import Fault

SAID = (
    (78, "operation aborted: job 'migration out' canceled by client", Fault.ABORTED, "where it was"),
    (
        1,
        "internal error: unable to execute QEMU command 'migrate-set-capabilities': Postcopy is not supported",
        Fault.NOT_SUPPORTED,
        "userfaultfd",
    ),
    (
        55,
        "Requested operation is not valid: switching to post-copy requires migration to be started with "
        "VIR_MIGRATE_POSTCOPY flag",
        Fault.NOT_SUPPORTED,
        "post_copy=yes",
    ),
    (
        55,
        "Requested operation is not valid: post-copy can only be started while outgoing migration is in progress",
        Fault.CONFLICT,
        "has ended",
    ),
    (
        55,
        "Requested operation is not valid: another migration job is already running for domain 'm1'",
        Fault.BUSY,
        "cancel it",
    ),
    (1, "internal error: Attempt to migrate guest to the same host 6b5f7d00-a82c", Fault.CONFLICT, "host_uuid"),
    (81, "Unsafe migration: Migration without shared storage is unsafe", Fault.NOT_SUPPORTED, "storage=copy"),
    (
        81,
        "Unsafe migration: Migration may lead to data corruption if disks use cache other than none or directsync",
        Fault.NOT_SUPPORTED,
        "virsh edit",
    ),
    (
        49,
        "Storage pool not found: no storage pool with matching target path '/srv/images'",
        Fault.NOT_FOUND,
        "define one there",
    ),
    (
        84,
        "Operation not supported: pre-creation of storage targets for incremental storage migration is not supported",
        Fault.NOT_FOUND,
        "storage=copy",
    ),
    (
        9,
        "operation failed: migration of disk vda failed: Source and target image have different sizes",
        Fault.CONFLICT,
        "as large as the disk",
    ),
    (
        55,
        "Requested operation is not valid: cannot migrate domain with 1 snapshots",
        Fault.CONFLICT,
        "snap.delete",
    ),
    (
        55,
        "Requested operation is not valid: cannot migrate domain: Migration is disabled when using feature 'peer mode' "
        "in device 'ivshmem'",
        Fault.NOT_SUPPORTED,
        "while it is off",
    ),
    (8, "invalid argument: missing scheme in migration URI: 10.0.0.1", Fault.INVALID_INPUT, "tcp://"),
    (
        74,
        "argument unsupported: migration URI is not supported by tunnelled migration",
        Fault.INVALID_INPUT,
        "leave out data_uri",
    ),
    (
        1,
        "internal error: unable to execute QEMU command 'migrate-incoming': Failed to bind socket: Permission denied",
        Fault.CONFLICT,
        "of the destination itself",
    ),
    (9, "operation failed: domain 'm2' already exists with uuid 54cc7658", Fault.CONFLICT, "rename"),
    (9, "operation failed: domain 'other' is already defined with uuid 765a5ab5", Fault.CONFLICT, "another name"),
    (55, "Requested operation is not valid: domain 'm2' is already active", Fault.CONFLICT, "runs already"),
    (8, "invalid argument: Unsupported compression method 'zstd'", Fault.NOT_SUPPORTED, "xbzrle"),
    (
        38,
        "unable to connect to server at '127.0.0.1:1': Connection refused",
        Fault.BACKEND_FAULT,
        "firewall",
    ),
    (
        38,
        "Failed to connect socket to '/nonexistent': No such file or directory",
        Fault.BACKEND_FAULT,
        "start it there",
    ),
    (
        38,
        "Unable to resolve address 'nowhere.invalid' service '27552': Name or service not known",
        Fault.BACKEND_FAULT,
        "/etc/hosts",
    ),
    (
        9,
        "operation failed: job 'migration out' failed: Unable to write to socket: Bad file descriptor",
        Fault.BACKEND_FAULT,
        "out of memory",
    ),
    (9, "operation failed: migration of disk vda failed: No space left on device", Fault.BACKEND_FAULT, "make room"),
    (9, "operation failed: migration of disk vda failed: Input/output error", Fault.BACKEND_FAULT, "space and rights"),
    (
        1,
        "internal error: qemu unexpectedly closed the monitor: x: load of migration failed: Input/output error",
        Fault.BACKEND_FAULT,
        "at the destination",
    ),
    (
        1,
        "internal error: unable to execute QEMU command 'blockdev-add': Failed to connect to '127.0.0.1:17312': "
        "Connection refused",
        Fault.BACKEND_FAULT,
        "49152",
    ),
    (1, "internal error: client socket is closed", Fault.BACKEND_FAULT, "start it again"),
    (67, "unsupported configuration: revert to external snapshot not supported yet", Fault.NOT_SUPPORTED, "9.9"),
    (
        84,
        "Operation not supported: deleting external snapshot that has internal snapshot as parent not supported",
        Fault.NOT_SUPPORTED,
        "metadata=yes",
    ),
    (
        84,
        "Operation not supported: disk image 'vda' for internal snapshot 'm1' is not the same as disk image currently "
        "used by VM",
        Fault.NOT_SUPPORTED,
        "shut the machine down",
    ),
    (
        67,
        "unsupported configuration: deletion of external and internal children disk snapshots not supported",
        Fault.NOT_SUPPORTED,
        "youngest first",
    ),
    (8, "invalid argument: could not find base disk source in disk source chain", Fault.NOT_SUPPORTED, "start the"),
    (
        67,
        "unsupported configuration: internal snapshot for disk vdb unsupported for storage type raw",
        Fault.NOT_SUPPORTED,
        "memory=no",
    ),
    (67, "unsupported configuration: nothing selected for snapshot", Fault.NOT_SUPPORTED, "no disk"),
    (
        67,
        "unsupported configuration: external snapshot file for disk vda already exists and is not a block device: /x",
        Fault.CONFLICT,
        "another name",
    ),
    (9, "operation failed: domain moment s1 already exists", Fault.CONFLICT, "another name"),
    (35, "invalid snapshot name 'a/b': name can't contain '/'", Fault.INVALID_INPUT, "slash"),
    (77, "revert requires force: snapshot without memory state", Fault.CONFLICT, "managedsave-remove"),
    (
        55,
        "Requested operation is not valid: transient domain needs to request run or pause to revert to inactive "
        "snapshot",
        Fault.CONFLICT,
        "then=running",
    ),
    (55, "Requested operation is not valid: domain has active block job", Fault.BUSY, "block job"),
    (
        1,
        "internal error: qemu unexpectedly closed the monitor: Unknown savevm section or instance 'cpu_common' 1",
        Fault.BACKEND_FAULT,
        "start it",
    ),
    (74, "argument unsupported: QEMU guest agent is not configured", Fault.CONFLICT, "quiesce=no"),
    (
        68,
        "Timed out during operation: cannot acquire state change lock (held by monitor=x)",
        Fault.BUSY,
        "another operation",
    ),
    (
        67,
        "unsupported configuration: host doesn't support passthrough of host PCI devices",
        Fault.NOT_SUPPORTED,
        "IOMMU",
    ),
    (
        67,
        "unsupported configuration: Mediated host device assignment requires VFIO support",
        Fault.NOT_SUPPORTED,
        "VFIO",
    ),
    (38, "Cannot find 'mdevctl' in path: No such file or directory", Fault.NOT_SUPPORTED, "install mdevctl"),
    (99, "device not found: device not present in domain configuration", Fault.NOT_FOUND, "does not hold"),
    (
        55,
        "Requested operation is not valid: device is already in the domain configuration",
        Fault.CONFLICT,
        "already",
    ),
    (
        55,
        "Requested operation is not valid: PCI device 0000:3b:00.0 is in use by driver QEMU, domain other",
        Fault.BUSY,
        "detach it there",
    ),
    (
        1,
        "internal error: unable to execute QEMU command 'device_add': vfio 0000:3b:00.0: group 20 is not viable",
        Fault.CONFLICT,
        "as a whole",
    ),
    (1, "internal error: No more available PCI slots", Fault.CONFLICT, "pcie-root-port"),
)


class Said(libvirt.libvirtError):
    """An error of the library with this code and text."""

    def __init__(self, code: int, text: str) -> None:
        Exception.__init__(self, text)
        self.err = (code, 10, text, 2, "", "", "", -1, -1)


@pytest.mark.parametrize(("code", "text", "fault", "words"), SAID, ids=[text[-40:] for _, text, _, _ in SAID])
def test_a_refusal_in_words(code: int, text: str, fault: Fault, words: str) -> None:
    failure = explain(Said(code, text), alive=True).failure
    assert failure.fault is fault
    assert (failure.code, failure.native) == (str(code), text)
    assert words.lower() in f"{failure.message} {failure.meaning} {failure.hint}".lower()


def test_what_is_not_known_keeps_its_own_words() -> None:
    failure = explain(Said(67, "unsupported configuration: something new"), alive=True).failure
    assert failure.message == "unsupported configuration: something new"
    assert failure.fault is Fault.NOT_SUPPORTED
