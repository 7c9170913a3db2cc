"""The Python library that each family needs, and how a person gets it. Data only: nothing is imported here."""

from __future__ import annotations

import msgspec

from novatui.core.states import Family


class Library(msgspec.Struct, frozen=True, kw_only=True):
    """What has to be installed for one family."""

    module: str
    """Top-level module."""
    extra: str
    """Extra of the novatui distribution that brings it."""
    hint: str
    """The command that installs it."""


LIBRARIES: dict[Family, Library] = {
    Family.LIBVIRT: Library(
        module="libvirt",
        extra="libvirt",
        # libvirt-python comes as source only: it is built against the C library of the machine.
        hint="apt install libvirt-dev pkg-config gcc python3-dev && pip install 'novatui[libvirt]'"
        " (Fedora: dnf install libvirt-devel)",
    ),
    Family.VSPHERE: Library(module="pyVmomi", extra="vsphere", hint="pip install 'novatui[vsphere]'"),
    Family.HYPERV: Library(module="pypsrp", extra="hyperv", hint="pip install 'novatui[hyperv]'"),
    Family.XCPNG: Library(module="XenAPI", extra="xcpng", hint="pip install 'novatui[xcpng]'"),
    Family.PROXMOX: Library(module="proxmoxer", extra="proxmox", hint="pip install 'novatui[proxmox]'"),
}
"""Library by family."""

SERVED: frozenset[Family] = frozenset({Family.LIBVIRT, Family.VSPHERE})
"""Families that this version has a driver for; connections to the others are refused with words."""
