"""What to do against findings about security, in words and in what each product takes: data."""

from __future__ import annotations

from novatui.core.posture_remedies import Remedy
from novatui.core.states import Family

L, V, H, X, P = Family.LIBVIRT, Family.VSPHERE, Family.HYPERV, Family.XCPNG, Family.PROXMOX

REMEDIES: dict[str, Remedy] = {
    "console": Remedy("Let it listen on the host only and reach it through ssh, or switch TLS on.", {
        L: "virsh edit {name}\n  <graphics type='{type}' listen='127.0.0.1'/>\nor vnc_tls, spice_tls = 1 in qemu.conf",
        V: "govc vm.change -vm {name} -e RemoteDisplay.vnc.enabled=FALSE",
        P: "qm set {id} --delete args   (the console of the web page is encrypted)",
    }),
    "console_password": Remedy("Let it listen on the host only; a password of VNC is no more than a latch.", {
        L: "virsh edit {name}\n  <graphics type='{type}' listen='127.0.0.1' passwd='...'/>",
        V: "govc vm.change -vm {name} -e RemoteDisplay.vnc.enabled=FALSE",
        P: "qm set {id} --delete args",
    }),
    "serial": Remedy("Use the console of the product in place of a port that anybody can open.", {
        L: "virsh edit {name}\n  <serial type='pty'> <target port='{port}'/>   then: virsh console {name}",
        V: "govc device.serial.disconnect -vm {name}",
    }),
    "confinement": Remedy("Let the security driver label it; it takes a restart.", {
        L: "virsh edit {name}\n  <seclabel type='dynamic' model='{driver}' relabel='yes'/>",
    }),
    "secure_boot": Remedy("Switch secure boot on, once the guest boots signed code.", {
        L: "virsh edit {name}\n  <os firmware='efi'> <firmware> <feature enabled='yes' name='secure-boot'/> ...",
        V: "govc device.boot -vm {name} -secure",
        H: "Set-VMFirmware -VMName {name} -EnableSecureBoot On",
        X: "xe vm-param-set uuid={id} platform:secureboot=true",
        P: "qm set {id} --efidisk0 STORE:1,efitype=4m,pre-enrolled-keys=1",
    }),
    "secure_boot/convert": Remedy("Its disk has to boot by UEFI first: convert the guest, or build it anew.", {
        L: "virsh edit {name}\n  <os firmware='efi'> <firmware> <feature enabled='yes' name='secure-boot'/> ...",
        V: "govc device.boot -vm {name} -firmware efi -secure",
        H: "a machine of generation 2: New-VM -Generation 2 with the disk of {name}",
        X: "xe vm-param-set uuid={id} HVM-boot-params:firmware=uefi platform:secureboot=true",
        P: "qm set {id} --bios ovmf --efidisk0 STORE:1,efitype=4m,pre-enrolled-keys=1",
    }),
    "secure_boot/host": Remedy("Install firmware with secure boot on the host first.", {
        L: "apt install ovmf   (edk2-ovmf on others) on {host}",
        V: "a host that boots by UEFI, virtual hardware 13 or later",
        H: "a machine of generation 2",
        X: "secureboot-certs install   on {host}",
        P: "apt install pve-edk2-firmware on {host}",
    }),
    "tpm": Remedy("Add a TPM 2.0 while the machine is off.", {
        L: "virsh edit {name}\n  <tpm model='tpm-crb'> <backend type='emulator' version='2.0'/> </tpm>",
        V: "New-VTpm -VM {name}   (PowerCLI; needs a key provider)",
        H: "Set-VMKeyProtector -VMName {name} -NewLocalKeyProtector; Enable-VMTPM -VMName {name}",
        X: "xe vtpm-create vm-uuid={id}",
        P: "qm set {id} --tpmstate0 STORE:1,version=v2.0",
    }),
    "tpm/host": Remedy("Install what emulates a TPM on the host first, then add one.", {
        L: "apt install swtpm swtpm-tools on {host}",
        V: "a key provider for the vCenter of {host}",
        H: "a machine of generation 2 on {host}",
        X: "XCP-ng 8.3 or later on {host}",
        P: "apt install swtpm on {host}",
    }),
    "memory_encryption": Remedy("Encrypt it, if it never has to move while it runs.", {
        L: "virsh edit {name}\n  <launchSecurity type='{kind}'> ... </launchSecurity>",
        V: "ReconfigVM_Task: sevEnabled = true on {name}",
        H: "New-VM -GuestStateIsolationType SNP   (a new machine with the disk of {name})",
        P: "qm set {id} --amd-sev type=es",
    }),
    "memory_encryption/policy": Remedy("Set the bits of the policy: 1 forbids the host to debug it, 4 is SEV-ES.", {
        L: "virsh edit {name}\n  <launchSecurity type='sev'> <policy>0x0007</policy>",
        V: "ReconfigVM_Task: sevEnabled = true on {name} (SEV-ES)",
        H: "New-VM -GuestStateIsolationType SNP   (a new machine with the disk of {name})",
        P: "qm set {id} --amd-sev type=es,no-debug=1",
    }),
    "vlan": Remedy("Put {mac} on a network with one VLAN of its own.", {
        L: "virsh edit {name}\n  <interface> <mac address='{mac}'/> <vlan> <tag id='...'/>   (Open vSwitch, SR-IOV)\n"
           "or a bridge per VLAN: ip link add link UPLINK name UPLINK.ID type vlan id ID",
        V: "govc dvs.portgroup.change -vlan ID {source}",
        H: "Set-VMNetworkAdapterVlan -VMName {name} -Access -VlanId ID",
        X: "xe vlan-create network-uuid=UUID pif-uuid=UUID vlan=ID, then plug {mac} into it",
        P: "qm set {id} --netN virtio={mac},bridge={source},tag=ID",
    }),
    "nic_filter": Remedy("Let {mac} send with its own addresses only.", {
        L: "virsh edit {name}\n  <interface> <mac address='{mac}'/> <filterref filter='clean-traffic'/>",
        V: "govc host.portgroup.change -mac-changes=false -forged-transmits=false {source}",
        H: "Set-VMNetworkAdapter -VMName {name} -MacAddressSpoofing Off -DhcpGuard On -RouterGuard On",
        X: "xe vif-param-set uuid=UUID locking-mode=locked ipv4-allowed=ADDRESS   (the interface {mac})",
        P: "qm set {id} --netN virtio={mac},bridge={source},firewall=1   and macfilter, ipfilter in its firewall",
    }),
    "disk_transport": Remedy("Use TLS on the way to {target}, or a network that only storage is on.", {
        L: "virsh edit {name}\n  <source protocol='{protocol}' ... tls='yes'/>   of {target}",
    }),
    "transport": Remedy("Use a way that is encrypted and knows who it speaks to.", {
        L: "qemu+ssh://USER@{host}/system or qemu+tls://{host}/system",
        V: "https to the vCenter",
        H: "winrm over https (port 5986) on {host}",
        X: "https to the pool master",
        P: "https to port 8006",
    }),
    "transport/verify": Remedy("Check the certificate: against an authority, or by its fingerprint.", {
        L: "tls_ca or tls_pin of the connection",
        V: "tls_ca or tls_pin of the connection",
        H: "tls_ca or tls_pin of the connection",
        X: "tls_ca or tls_pin of the connection",
        P: "tls_ca or tls_pin of the connection",
    }),
    "security_driver": Remedy("Switch SELinux or AppArmor on, and libvirt's driver for it.", {
        L: "security_driver = \"apparmor\" (or \"selinux\") in /etc/libvirt/qemu.conf on {host}; restart libvirtd",
    }),
    "moves": Remedy("Encrypt memory on its way, or keep migrations on a network of their own.", {
        L: "virsh migrate --live --tls NAME qemu+tls://HOST/system; migrate_tls_force = 1 in qemu.conf",
        V: "ReconfigVM_Task: migrateEncryption = required",
        H: "Set-VMHost -VirtualMachineMigrationPerformanceOption SMB   with SMB encryption",
        X: "xe pool-enable-tls-verification, and a migration network of its own",
        P: "migration: secure in /etc/pve/datacenter.cfg",
    }),
}  # fmt: skip

NOT_OFFERED: dict[tuple[str, Family], str] = {
    ("console", H): "screens are reached through the host only (VMConnect)",
    ("console", X): "screens are reached through XAPI only, encrypted",
    ("console_password", H): "screens are reached through the host only (VMConnect)",
    ("console_password", X): "screens are reached through XAPI only, with a session of it",
    ("serial", H): "serial ports are named pipes of the host",
    ("serial", X): "serial ports are reached through the host only",
    ("serial", P): "serial ports are sockets of the host",
    ("confinement", V): "ESXi runs each machine in a sandbox of its own",
    ("confinement", H): "Hyper-V runs each machine in a partition of its own",
    ("confinement", X): "Xen runs each machine in a domain of its own",
    ("confinement", P): "Proxmox VE labels containers, not machines",
    ("memory_encryption", X): "XCP-ng encrypts no memory of machines",
    ("disk_transport", V): "disks are reached by the host, not by the machine",
    ("disk_transport", H): "disks are reached by the host, not by the machine",
    ("disk_transport", X): "disks are reached by the host, not by the machine",
    ("disk_transport", P): "disks are reached as the host's storage says",
    ("security_driver", V): "ESXi runs each machine in a sandbox of its own",
    ("security_driver", H): "Hyper-V runs each machine in a partition of its own",
    ("security_driver", X): "Xen runs each machine in a domain of its own",
    ("security_driver", P): "Proxmox VE labels containers, not machines",
}
"""Rules about security that a product has nothing for, and why."""
