"""How each family names, arranges and words what the demo fleet does: one file per family."""

from __future__ import annotations

from novatui.backends.demo.dialects.base import Dialect
from novatui.backends.demo.dialects.hyperv import HyperV
from novatui.backends.demo.dialects.libvirt import Libvirt
from novatui.backends.demo.dialects.proxmox import Proxmox
from novatui.backends.demo.dialects.vsphere import VSphere
from novatui.backends.demo.dialects.xcpng import XcpNg
from novatui.core.states import Family

DIALECTS: dict[Family, type[Dialect]] = {
    Family.VSPHERE: VSphere,
    Family.HYPERV: HyperV,
    Family.XCPNG: XcpNg,
    Family.PROXMOX: Proxmox,
    Family.LIBVIRT: Libvirt,
}
"""The dialect of each family."""
