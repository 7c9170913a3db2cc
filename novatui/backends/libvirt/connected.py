"""What exists of a libvirt connection while it is open: its link, its host, and the parts that read and change."""

from __future__ import annotations

from collections.abc import Callable

from novatui.backends.driver import Sink
from novatui.backends.libvirt import host as hosts
from novatui.backends.libvirt.changelinks import ChangeLinks
from novatui.backends.libvirt.details import Details
from novatui.backends.libvirt.devices import Devices
from novatui.backends.libvirt.disksizes import DiskSizes
from novatui.backends.libvirt.domains import Domains
from novatui.backends.libvirt.events import Subscriptions
from novatui.backends.libvirt.happenings import Happenings
from novatui.backends.libvirt.invoker import Invocations
from novatui.backends.libvirt.link import Link
from novatui.backends.libvirt.metrics import Metrics
from novatui.backends.libvirt.networks import Networks
from novatui.backends.libvirt.planning import Planning
from novatui.backends.libvirt.posture import Postures
from novatui.backends.libvirt.roster import Roster
from novatui.backends.libvirt.session import Opened, open_again, open_elsewhere
from novatui.backends.libvirt.snapshots import Snapshots
from novatui.backends.libvirt.storage import Storage
from novatui.backends.libvirt.tasks import Tasks
from novatui.backends.libvirt.traffic import Traffic
from novatui.backends.libvirt.usage import Usage
from novatui.core.connection import ConnectionSpec


class Parts:
    """What exists while a connection is open."""

    def __init__(self, opened: Opened, spec: ConnectionSpec, sink: Sink) -> None:
        link = self.link = opened.link
        self.host = hosts.identify(link)
        self.recognised = False
        self.roster = Roster()
        self.networks = Networks(link, self.host, sink)
        self.storage = Storage(link, self.host, sink)
        sizes = DiskSizes(link, self.storage, sink)
        self.domains = Domains(link, self.host, self.roster, self.networks, sizes, sink)
        self.snapshots = Snapshots(link, sink)
        self.devices = Devices(link, self.host, self.roster, sink)
        self.metrics = Metrics(link, self.host, self.roster, sink)
        alone = opened.address.driver == "test" or opened.address.transport == "embed"
        self.changes = ChangeLinks(link, None if alone else lambda: open_again(spec, opened.credentials, sink))
        self.tasks = Tasks(link, self.changes, self.host, self.roster, sink)
        self.details = Details(
            link,
            self.host,
            self.networks,
            self.storage,
            self.snapshots,
            self.devices,
            Traffic(link, self.host, self.roster, sink),
            Usage(link, self.roster),
        )
        self.happenings = Happenings(
            self.roster,
            self.domains,
            self.networks,
            self.storage,
            self.devices,
            sink,
            on_job=self.tasks.on_event,
        )
        self.subscriptions = Subscriptions(link, self.happenings.handle, self.host.name)
        self.reach: Callable[[str], Link] = lambda uri: open_elsewhere(spec, uri, sink)
        self.invocations = Invocations(self.changes, self.tasks.follower, self.reach)
        checked = opened.tls is None or opened.tls.trust != "insecure"
        self.postures = Postures(link, self.host, opened.address.transport, unchecked=not checked)
        self.planning = Planning(link, spec.name)

    def refresh_machine(self, uuid: str) -> None:
        """Read a machine, its snapshots and who holds which device again."""
        self.domains.refresh(uuid)
        self.snapshots.follow(uuid)
        self.devices.look_again()
