"""What libvirt says when it refuses a change, in words for those who asked for it.

Known by a piece of its text: one code stands for many refusals. Texts are those of libvirt 9.0, most of them seen.
"""

from __future__ import annotations

from novatui.core.errors import BackendFault, Busy, Conflict, Denied, InvalidInput, NotFound, NotSupported, NovaError

_KNOWN: tuple[tuple[str, type[NovaError], str, str, str], ...] = (
    # Power and hardware
    ('failed to get "write" lock', Busy, "another machine or program has the disk open", "",
     "find it (`lsof` on the host), or take the disk away there"),
    ("bridge helper", Denied, "libvirt may not plug the machine into the bridge", "its account has no rights",
     "use the system's libvirt, or allow the bridge in /etc/qemu/bridge.conf on the host"),
    ("cannot allocate memory", Conflict, "the host has too little free memory", "", "stop or move another machine"),
    ("cannot set up guest memory", Conflict, "the host has too little free memory", "", "stop or move another machine"),
    ("unplug request timed out", Conflict, "the guest does not give it back", "nothing was taken away",
     "let it go inside the guest first"),
    ("is locked and force was not specified", Conflict, "the guest has locked the drive", "the medium stays",
     "eject it inside the guest first"),
    ("waiting to open tray", Conflict, "the guest has locked the drive", "the medium stays",
     "eject it inside the guest first"),
    ("tray of the device is not open", Conflict, "the guest closed the drive in that moment",
     "the drive is empty now", "try it again"),
    ("guest is not in suspended state", Conflict, "the guest does not sleep", "", ""),
    ("does not have an active block job", Conflict, "no block job works on that disk", "it has ended meanwhile", ""),
    ("could not access kvm", NotSupported, "QEMU cannot use KVM on this host",
     "the processor has no virtualisation, or the account may not open /dev/kvm", "look at the firmware's settings"),
    ("unsupported flags", NotSupported, "this libvirt driver cannot do it that way", "", ""),
    ("file too large", InvalidInput, "the file system holds no file of that size", "", "choose a smaller size"),
    ("could not open", BackendFault, "QEMU cannot open a file of the machine",
     "it is missing, or the account that QEMU runs as has no right to it", "look at path, owner and mode on the host"),
    # Snapshots
    ("already exists and is not a block device", Conflict, "the file that the snapshot needs is there already",
     "libvirt writes over no file of its own accord", "choose another name, or remove the file"),
    ("domain moment", Conflict, "there is a snapshot of this name already", "", "choose another name"),
    ("invalid snapshot name", InvalidInput, "libvirt does not take this name",
     "a snapshot's name has no slash and does not begin with a dot", "choose another name"),
    ("revert to external snapshot not supported", NotSupported,
     "this version of libvirt cannot revert to an external snapshot", "libvirt does so since 9.9; nothing was changed",
     "forget its entry (snap.delete with metadata=yes), or let the disks be the files it left behind (virsh edit)"),
    ("has internal snapshot as parent", NotSupported, "libvirt does not merge it into a file with internal snapshots",
     "nothing was changed", "delete the internal one that it grew from first, or forget its entry (metadata=yes)"),
    ("is not the same as disk image currently used", NotSupported,
     "the snapshot is in a file that the machine does not use now", "nothing was changed",
     "shut the machine down and delete it then, or forget its entry (metadata=yes)"),
    ("deletion of external", NotSupported, "libvirt deletes external snapshots one by one only",
     "nothing was changed", "delete the youngest first, without its children; or forget the entry (metadata=yes)"),
    ("deletion of active external", NotSupported, "more snapshots grew from the one that the machine runs on",
     "nothing was changed", "delete those first, or forget the entry (metadata=yes)"),
    ("could not find base disk source", NotSupported, "libvirt does not know the chain of this machine's files",
     "it learns it when the machine starts; nothing was changed", "start the machine and delete the snapshot then"),
    ("unsupported for storage type", NotSupported, "a disk of the machine cannot hold a snapshot",
     "only qcow2 files hold snapshots inside", "take one of the disks only (memory=no)"),
    ("nothing selected for snapshot", NotSupported, "the machine has no disk that a snapshot could be taken of",
     "", ""),
    ("require all disks to be selected", NotSupported, "a snapshot with memory needs all disks, or there is none",
     "", "take one of the disks only (memory=no)"),
    ("pflash based firmware", NotSupported, "the machine boots by UEFI, whose variables are kept in a raw file",
     "such a file holds no snapshot inside", "take one of the disks only (memory=no)"),
    ("refusing to generate external snapshot name", NotSupported, "a disk of the machine is no plain file",
     "libvirt does not know where its new file should be", "name the files: `virsh snapshot-create-as … --diskspec`"),
    ("revert requires force", Conflict, "libvirt holds this revert for risky",
     "the snapshot does not say what the machine was, or a saved memory would not fit its disks any more",
     "wake the machine or throw its saved memory away first (virsh managedsave-remove)"),
    ("needs to request run or pause", Conflict, "libvirt would forget the machine if it were off",
     "it is not defined permanently, and the snapshot was taken while it was off", "revert with then=running"),
    ("active block job", Busy, "a block job works on the machine's disks", "a copy, merge or backup is under way",
     "wait for it, or cancel its task"),
    ("unknown savevm section", BackendFault, "the saved memory does not fit the machine that libvirt made for it",
     "it was taken with hot-plugged processors or devices; the machine is off now, its disks are the snapshot's",
     "start it: it boots from the disks as they were"),
    ("guest agent is not configured", Conflict, "the machine has no channel for a guest agent",
     "only the agent can quiet the guest's disks", "take the snapshot without that (quiesce=no)"),
    # Devices of the host
    ("doesn't support passthrough of host pci", NotSupported, "this host cannot give PCI devices to machines",
     "its IOMMU is off or missing, or the vfio-pci module is not loaded",
     "switch VT-d/AMD-Vi on in the firmware, boot with intel_iommu=on, then: modprobe vfio-pci"),
    ("requires vfio support", NotSupported, "this host cannot give mediated devices to machines",
     "its IOMMU is off or missing, or VFIO is not loaded", "modprobe vfio-pci vfio_mdev; look at the host's IOMMU"),
    ("cannot find 'mdevctl'", NotSupported, "the host has no mdevctl", "libvirt makes mediated devices with it",
     "on the host: apt install mdevctl (Fedora: dnf install mdevctl)"),
    ("/sys/bus/usb/devices", NotSupported, "the host has no USB", "", ""),
    ("already in the domain configuration", Conflict, "the machine has it in its configuration already", "", ""),
    ("already in use by domain", Busy, "another machine holds the device", "", "detach it there first"),
    ("is in use by driver", Busy, "the device is held already", "", "detach it there first"),
    ("device not present in domain", NotFound, "the machine does not hold the device", "", ""),
    ("is not viable", Conflict, "other devices of the same IOMMU group are in use by the host",
     "a group can only be given away as a whole", "detach them from the host (virsh nodedev-detach), then try again"),
    ("no more available pci", Conflict, "the machine has no free PCI slot",
     "a q35 machine plugs into pcie-root-port controllers, one each",
     "add such controllers while it is off, or attach the device persistently (apply=persistent)"),
    # Storage
    ("no space left on device", BackendFault, "the storage is full", "", "make room, then try again"),
    ("cannot access storage file", NotFound, "a file of the machine's disks is missing or cannot be read", "",
     "look at its backing chain: `qemu-img info --backing-chain`"),
)  # fmt: skip
"""Piece of the text (lower case), kind of failure, message, meaning, hint. The first that fits counts."""


def refusal(code: int, native: str) -> NovaError | None:
    """The failure that this text tells of; None when it is none of those."""
    lowered = native.lower()
    for piece, fault, message, meaning, hint in _KNOWN:
        if piece in lowered:
            subject = native if fault in {Busy, Conflict} else ""
            return fault(message, meaning=meaning, hint=hint, code=str(code), native=native, subject=subject)
    return None
