"""Which class serves which family. Importing this imports no driver and no vendor library."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import msgspec

from novatui.core.errors import MissingLibrary, NotSupported
from novatui.core.libraries import LIBRARIES, Library
from novatui.core.states import Family

if TYPE_CHECKING:
    from novatui.backends.driver import Session


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """Where a driver lives and what it needs."""

    path: str
    """`module:Class`."""
    library: Library | None = None
    """The vendor library; None for none."""


ENTRIES: dict[str, Entry] = {
    "demo": Entry(path="novatui.backends.demo.driver:DemoDriver"),
    "libvirt": Entry(path="novatui.backends.libvirt.driver:LibvirtDriver", library=LIBRARIES[Family.LIBVIRT]),
    "vsphere": Entry(path="novatui.backends.vsphere.driver:VSphereDriver", library=LIBRARIES[Family.VSPHERE]),
}
"""Drivers by the name that `ConnectionSpec.driver` carries."""


def driver_class(name: str) -> type[Session]:
    """The class of a driver. NotSupported for an unknown name, MissingLibrary when its library is not installed."""
    entry = ENTRIES.get(name)
    if entry is None:
        raise NotSupported(
            f"no driver for {name}",
            meaning="this version of NovaTUI does not speak to that product yet",
            hint="supported now: " + ", ".join(sorted(ENTRIES)),
        )
    module, _, attribute = entry.path.partition(":")
    try:
        return getattr(import_module(module), attribute)
    except ModuleNotFoundError as error:
        library = entry.library
        if library is None or (error.name or "").split(".")[0] != library.module:
            raise
        raise MissingLibrary(
            f"the Python library {library.module} is not installed",
            meaning=f"connections of the family {name} cannot be opened; all others work",
            hint=library.hint,
        ) from None
