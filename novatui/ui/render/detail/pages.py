"""Which drawing function makes the page of a tab."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from textual.strip import Strip

from novatui.core.states import Kind
from novatui.ui.render.detail import cluster, connection, host, sheet, storage, things, vm_devices, vm_summary
from novatui.ui.render.detail.sheet import Section
from novatui.ui.render.detail.whole import Whole

Page = Callable[[Whole], Iterable[Section]]

_SUMMARIES: dict[Kind, Page] = {
    Kind.VM: vm_summary.sections,
    Kind.CONTAINER: vm_summary.sections,
    Kind.TEMPLATE: vm_summary.sections,
    Kind.HOST: host.sections,
    Kind.CLUSTER: cluster.sections,
    Kind.DATACENTER: cluster.sections,
    Kind.FOLDER: cluster.sections,
    Kind.RESOURCE_POOL: cluster.sections,
    Kind.GROUP: cluster.sections,
    Kind.CONNECTION: connection.sections,
    Kind.DATASTORE: storage.store_sections,
    Kind.NETWORK: storage.network_sections,
    Kind.DEVICE: things.device_sections,
    Kind.SNAPSHOT: things.snapshot_sections,
}

_PAGES: dict[tuple[Kind, str], Page] = {
    (kind, name): page
    for kind in (Kind.VM, Kind.CONTAINER, Kind.TEMPLATE)
    for name, page in (
        ("disks", vm_devices.disk_sections),
        ("nets", vm_devices.nic_sections),
        ("devices", vm_devices.device_sections),
    )
}


def page(whole: Whole, tab: str, width: int) -> list[Strip]:
    """The lines of a tab that is a page of boxes. KeyError for one that is a list."""
    made = _SUMMARIES[whole.kind] if tab == "summary" else _PAGES[whole.kind, tab]
    return sheet.draw(made(whole), width, whole.look, protected=whole.protected)


def is_page(kind: Kind, tab: str) -> bool:
    """True for tabs that `page` draws."""
    return tab == "summary" or (kind, tab) in _PAGES
