"""The simulated product as a whole: its service objects, and the parts that serve them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from pyVmomi import vim, vmodl

from tests.conformance.world import World
from tests.lab.vsphere.soap.agenda import Agenda
from tests.lab.vsphere.soap.collecting import Collector
from tests.lab.vsphere.soap.events import Events
from tests.lab.vsphere.soap.faults import Rules
from tests.lab.vsphere.soap.rights import Rights
from tests.lab.vsphere.soap.sessions import Sessions
from tests.lab.vsphere.soap.state import Site, Thing
from tests.lab.vsphere.soap.tasks import Tasks
from tests.lab.vsphere.soap.tokens import Tokens

Pathway = Callable[[str, str, bytes, Any], tuple[int, bytes, str, dict[str, str]]]
"""Method, path with its query, body, headers of the request → status, body, content type, headers of the answer."""

API_VERSION = "8.0.3.0"
OLDER = (
    "8.0.2.0",
    "8.0.1.0",
    "8.0.0.0",
    "7.0.3.0",
    "7.0.2.0",
    "7.0.1.0",
    "7.0.0.0",
    "6.9.1",
    "6.7.3",
    "6.7.2",
    "6.7.1",
    "6.7",
    "6.5",
)
INSTANCE = "5eedcafe-0000-4000-8000-0000000000vc".replace("vc", "01")
ADMINISTRATOR = "administrator@vsphere.local"
VIEWER = "viewer@vsphere.local"
OPERATOR = "operator@vsphere.local"


@dataclass
class Settings:
    """How it is started."""

    password: str
    """Of all its users."""
    idle_s: float = 1800.0
    pace: float = 1.0
    estate: bool = False
    """Whether there is a third datacenter beside the seeded world, with a cluster of three hosts to move machines
    in."""
    machines: int = 0
    """How many plain machines more the estate has."""
    max_query_metrics: int = 256


@dataclass
class Vcenter:
    """State, parts, and what is remembered across calls."""

    settings: Settings
    site: Site = field(default_factory=Site)
    default_collectors: dict[str, Collector] = field(default_factory=dict)
    pages: dict[str, tuple[str, list[str], int]] = field(default_factory=dict)
    """Rest of a reading by its token: whose, what, and the size of a page."""
    log: list[dict[str, Any]] = field(default_factory=list)
    """Calls as they came."""
    pathways: dict[str, Pathway] = field(default_factory=dict)
    """Who serves which other paths of the listener."""
    world: World | None = None
    assumed: Counter[str] = field(default_factory=Counter)
    """Calls of methods of whose answers not all is known, by method."""
    files: dict[tuple[str, str], bytes] = field(default_factory=dict)
    tickets: list[str] = field(default_factory=list)
    """For screens of machines, in the order in which they were given out."""
    clone_tickets: dict[str, Any] = field(default_factory=dict)
    """For sessions, with the session that each is of."""
    """Files of datastores that can be fetched, by store and path."""

    def __post_init__(self) -> None:
        with self.site.lock:
            self._build()

    def _build(self) -> None:
        site = self.site
        site.pace = self.settings.pace
        self.rules = Rules()
        self.root = site.add(
            vim.Folder,
            "group-d1",
            name="Datacenters",
            childType=kinds("Folder", "Datacenter"),
            childEntity=[],
            overallStatus="green",
            alarmActionsEnabled=True,
        )
        self.agenda = Agenda(site)
        self.rights = Rights(self)
        users = (ADMINISTRATOR, VIEWER, OPERATOR)
        self.rights.granted |= {(ADMINISTRATOR, "group-d1"): -1, (VIEWER, "group-d1"): -2, (OPERATOR, "group-d1"): 1001}
        self.sessions = Sessions(site, dict.fromkeys(users, self.settings.password), self.settings.idle_s)
        self.tokens = Tokens(self.sessions.passwords)
        self.events = Events(self)
        self.tasks = Tasks(self)
        self.view_manager = site.add(vim.view.ViewManager, "ViewManager", viewList=[])
        self._managers()

    def _managers(self) -> None:
        site = self.site
        site.add(
            vim.SessionManager,
            "SessionManager",
            sessionList=self.sessions.listed,
            currentSession=self.sessions.mine,
            message="",
            messageLocaleList=["en"],
            supportedLocaleList=["en"],
            defaultLocale="en",
        )
        site.add(vmodl.query.PropertyCollector, "propertyCollector", filter=[])
        for kind, id in MANAGERS.items():
            site.add(kind, id)
        site.add(
            vim.option.OptionManager,
            "VpxSettings",
            setting=[
                vim.option.OptionValue(key="VirtualCenter.InstanceName", value="simulated"),
                vim.option.OptionValue(
                    key="config.vpxd.stats.maxQueryMetrics", value=str(self.settings.max_query_metrics)
                ),
            ],
            supportedOption=[],
        )
        site.add(
            vim.CustomFieldsManager,
            "CustomFieldsManager",
            field=[
                vim.CustomFieldsManager.FieldDef(key=101, name="Title", type=str, managedObjectType=vim.VirtualMachine)
            ],
        )
        content = self._content()
        site.add(
            vim.ServiceInstance,
            "ServiceInstance",
            content=content,
            serverClock=site.now,
            capability=vim.Capability(
                provisioningSupported=True, multiHostSupported=True, userShellAccessSupported=False
            ),
        )

    def _content(self) -> Any:
        things = self.site.things
        service = list(MANAGERS.items())
        content = vim.ServiceInstanceContent(about=about(), rootFolder=self.root.ref)
        for info in content._GetPropertyList():
            found = next((id for kind, id in service if info.type is kind), None)
            found = found or next(
                (t.id for t in things.values() if type(t.ref) is info.type and info.name != "rootFolder"), None
            )
            if found and info.name not in ("about", "rootFolder"):
                setattr(content, info.name, info.type(found))
        return content

    def above(self, thing: Thing) -> Iterator[Thing]:
        """Parents, nearest first; of what is no entity, such as a browser, whose it is and the parents of that."""
        owner = thing.private.get("of")
        if isinstance(owner, Thing):
            yield owner
            thing = owner
        seen = 0
        while (ref := thing.facts.get("parent") or thing.facts.get("parentVApp")) is not None and seen < 50:
            thing = self.site.things[ref._moId]
            seen += 1
            yield thing


MANAGERS: dict[Any, str] = {
    vim.alarm.AlarmManager: "AlarmManager",
    vim.PerformanceManager: "PerfMgr",
    vim.SearchIndex: "SearchIndex",
    vim.FileManager: "FileManager",
    vim.VirtualDiskManager: "virtualDiskManager",
    vim.dvs.DistributedVirtualSwitchManager: "DVSManager",
    vim.vm.check.ProvisioningChecker: "ProvChecker",
    vim.vm.check.CompatibilityChecker: "CompatChecker",
    vim.LicenseManager: "LicenseManager",
    vim.StorageResourceManager: "StorageResourceManager",
}


def kinds(*names: str) -> list[Any]:
    """Types by their wire names."""
    return [getattr(vim, name) for name in names]


def about() -> vim.AboutInfo:
    """What a vCenter 8.0 Update 3 says of itself; the vendor says that this is none."""
    return vim.AboutInfo(
        name="VMware vCenter Server",
        fullName="VMware vCenter Server 8.0.3 build-24022515 (simulated)",
        vendor="Simulated for tests",
        version="8.0.3",
        patchLevel="00300",
        build="24022515",
        localeVersion="INTL",
        localeBuild="000",
        osType="linux-x64",
        productLineId="vpx",
        apiType="VirtualCenter",
        apiVersion=API_VERSION,
        instanceUuid=INSTANCE,
        licenseProductName="VMware VirtualCenter Server",
        licenseProductVersion="8.0",
    )


def versions() -> str:
    """vimServiceVersions.xml: which API versions are served."""
    older = "".join(f"<version>{one}</version>" for one in OLDER)
    return (
        '<?xml version="1.0" encoding="UTF-8" ?>\n<namespaces version="1.0"><namespace><name>urn:vim25</name>'
        f"<version>{API_VERSION}</version><priorVersions>{older}</priorVersions></namespace></namespaces>"
    )
