"""The questions of one probe: each asked once, when the first feature wants it, and shared by all that need it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

from novatui.backends.found import Unanswered
from novatui.backends.vsphere.fields import each, number, refs, truth, words
from novatui.backends.vsphere.questions import Asked, Questions, Read, short
from novatui.backends.vsphere.soap import element, reference
from novatui.backends.vsphere.updates import Ref
from novatui.core.capabilities import Evidence
from novatui.core.once import once

SERVICE = ("content.about.apiType", "content.about.apiVersion", "content.cryptoManager", "content.eventManager")

HOST = (
    "name", "parent", "datastore", "overallStatus", "capability.vmotionSupported",
    "capability.storageVMotionSupported", "capability.vmotionWithStorageVMotionSupported",
    "capability.nestedHVSupported", "config.virtualNicManagerInfo.netConfig", "config.pciPassthruInfo",
    "config.sharedPassthruGpuTypes", "config.network.proxySwitch", "config.offloadCapabilities.csumOffload",
    "config.offloadCapabilities.tcpSegmentation", "configManager.advancedOption", "hardware.pciDevice",
    "hardware.numaInfo.numNodes", "hardware.sevInfo.sevState", "hardware.tdxInfo.tdxState",
)  # fmt: skip

CLUSTER = ("environmentBrowser", "configurationEx.drsConfig.enabled", "configurationEx.drsConfig.defaultVmBehavior")
LONE = ("environmentBrowser",)
STORE = ("name", "summary.type", "summary.accessible", "capability.perFileThinProvisioningSupported")

POWER = (
    "VirtualMachine.Interact.PowerOn", "VirtualMachine.Interact.PowerOff", "VirtualMachine.Interact.Reset",
    "VirtualMachine.Interact.Suspend",
)  # fmt: skip
MAKING = ("VirtualMachine.Inventory.Create", "VirtualMachine.Inventory.Delete")

GUESTS = ("otherGuest64", "rhel8_64Guest", "ubuntu64Guest", "windows9_64Guest", "windows2019srv_64Guest")
"""Guest systems that stand for all (VirtualMachineGuestOsIdentifier): the answer about all of them is huge."""

VCENTER = "VirtualCenter"
"""AboutInfo.apiType of a vCenter; that of a host alone is HostAgent."""

FREE = "esxBasic"
"""Edition key of the free licence, under which the API lets nobody change anything (RestrictedVersion)."""


class Survey:
    """What one probe asks of the server, its hosts and what they stand in."""

    patience = 10.0
    """Seconds for questions that go to each host alone: after that a large vCenter is told in part, which is said."""

    def __init__(self, questions: Questions, hosts: Iterable[Ref]) -> None:
        self.questions = questions
        self._refs = list(hosts)
        self._until = time.monotonic() + self.patience
        self._kept: dict[tuple[str, str], Any] = {}

    @property
    def is_of_one(self) -> bool:
        """One host is asked about."""
        return len(self._refs) == 1

    # --- the server

    @once
    def service(self) -> Read:
        """ServiceInstance: what the server is."""
        return self._one(Ref("ServiceInstance", "ServiceInstance"), SERVICE)

    @once
    def licences(self) -> Read:
        """Licences of the server; their keys are never quoted."""
        return self._one(Ref("LicenseManager", self.questions.opened.content.licenseManager._moId), ("licenses",))

    @once
    def event_manager(self) -> Read:
        """How the server tells events."""
        return self._one(self.service.set("content.eventManager"), ("maxCollector",))

    @once
    def keys(self) -> Asked:
        """Key providers, by ListKmsClusters (vSphere API 7.0)."""
        manager = self.service.get("content.cryptoManager")
        if manager is None:
            raise Unanswered("the server names no manager of keys", self.service.quote("content.cryptoManager"))
        return self.questions.ask(
            "ListKmsClusters",
            manager,
            "includeKmsServers = false",
            element("includeKmsServers", "false"),
            shown=lambda found: ", ".join(words(one, "clusterId.id") for one in found) or "none",
        )

    @property
    def root(self) -> Ref:
        """The root folder."""
        return Ref("Folder", self.questions.opened.content.rootFolder._moId)

    @property
    def is_vcenter(self) -> bool:
        """A host alone has no other to move machines to."""
        return self.service.set("content.about.apiType") == VCENTER

    def rights(self, entity: Ref, privileges: tuple[str, ...]) -> tuple[frozenset[str], Evidence]:
        """Those of the privileges that this account has on an entity."""

        opened = self.questions.opened
        manager = Ref("AuthorizationManager", opened.content.authorizationManager._moId)
        asked: Asked = self.kept(
            "rights",
            entity.id,
            lambda: self.questions.ask(
                "HasUserPrivilegeOnEntities",
                manager,
                f"{entity.id}, {opened.user}, {', '.join(privileges)}",
                reference("entities", entity),
                element("userName", opened.user),
                *(element("privId", name) for name in privileges),
                shown=lambda found: ", ".join(
                    f"{name}: {short(given)}" for name, given in _availability(found).items()
                ),
            ),
        )
        granted = frozenset(name for name, given in _availability(asked.need()).items() if given)
        return granted, asked.evidence

    # --- hosts and what they stand in

    @once
    def hosts(self) -> dict[Ref, Read]:
        """Properties of all hosts that are asked about."""
        return self.questions.read(self._refs, HOST)

    @once
    def computes(self) -> dict[Ref, Read]:
        """Clusters of theirs, and what is around a lone host."""
        above = {parent for read in self.hosts.values() if isinstance(parent := read.values.get("parent"), Ref)}
        found: dict[Ref, Read] = {}
        for type_, paths in (("ClusterComputeResource", CLUSTER), ("ComputeResource", LONE)):
            found |= self.questions.read(sorted(ref for ref in above if ref.type == type_), paths)
        return found

    @once
    def stores(self) -> dict[Ref, Read]:
        """Datastores that they reach."""
        reached = {ref for read in self.hosts.values() for ref in refs(read.values, "datastore")}
        return self.questions.read(sorted(reached), STORE)

    def kept(self, what: str, of: str, ask: Callable[[], Any]) -> Any:
        """The answer to a question that was asked of this object before, or it is asked now."""
        if (what, of) not in self._kept:
            self._kept[what, of] = ask()
        return self._kept[what, of]

    def each_host(self, what: str, host: Ref, ask: Callable[[], Asked]) -> Asked:
        """The same for a question that goes to one host, as long as there is time."""
        if (what, host.id) not in self._kept and time.monotonic() > self._until:
            raise Unanswered(f"it was not asked any more: the others took {self.patience:.0f} s")
        return self.kept(what, host.id, ask)

    def _one(self, ref: Ref, paths: tuple[str, ...]) -> Read:
        return self.questions.read([ref], paths)[ref]


class HostAnswers:
    """What is told of one host."""

    def __init__(self, survey: Survey, ref: Ref) -> None:
        self.survey = survey
        self.ref = ref
        self.read = survey.hosts[ref]

    @property
    def name(self) -> str:
        """As people call it."""
        return words(self.read.values, "name") or self.ref.id

    @property
    def compute(self) -> Read:
        """The cluster that it is in, or what is around a lone one."""
        above = self.read.set("parent")
        found = self.survey.computes.get(above)
        if found is None:
            raise Unanswered("what the host stands in is not told", self.read.quote("parent"))
        return found

    @property
    def stores(self) -> list[Read]:
        """Datastores that it reaches."""
        found = (self.survey.stores[ref] for ref in refs(self.read.get("datastore"), ""))
        return [read for read in found if not read.is_gone]

    def config_option(self) -> tuple[Asked, dict[str, Any]]:
        """What machines on it can be like (VirtualMachineConfigOption). Where several hosts are asked about, what
        machines in their cluster can be like stands for each of them: an answer is large."""
        browser: Ref = self.compute.set("environmentBrowser")
        survey, questions = self.survey, self.survey.questions
        host = (reference("host", self.ref),) if survey.is_of_one else ()
        asked: Asked = survey.kept(
            "config",
            browser.id,
            lambda: questions.ask(
                "QueryConfigOptionEx",
                browser,
                f"{f'host = {self.ref.id}, ' if host else ''}guestId = {', '.join(GUESTS)}",
                f"<spec>{''.join((*host, *(element('guestId', guest) for guest in GUESTS)))}</spec>",
                shown=lambda found: ", ".join(f"version {words(one, 'version')}" for one in found),
            ),
        )
        option: dict[str, Any] = next(iter(asked.need()), {})
        return asked, option

    def option(self, name: str) -> tuple[int | None, Asked]:
        """Value of an advanced option of its memory: `Mem.MemZipEnable`."""
        manager: Ref = self.read.set("configManager.advancedOption")
        questions = self.survey.questions
        asked = self.survey.each_host(
            "options",
            self.ref,
            lambda: questions.ask(
                "QueryOptions",
                manager,
                "Mem.",
                element("name", "Mem."),
                shown=lambda found: f"{len(found)} options",
            ),
        )
        for one in asked.need():
            if words(one, "key") == name:
                return number(one, "value"), asked
        raise Unanswered(f"the host has no option {name}", asked.quote(f"no {name} of {len(asked.value)} options"))

    def provider(self) -> Asked:
        """What of load is measured on it (PerfProviderSummary)."""
        return provider(self.survey, self.ref)

    @once
    def devices(self) -> list[dict[str, Any]]:
        """Its PCI devices, each with what passthrough says of it under `passthrough`."""
        standing = {words(one, "id"): one for one in each(self.read.get("config.pciPassthruInfo"))}
        return [
            one | {"passthrough": standing.get(words(one, "id"), {})}
            for one in each(self.read.set("hardware.pciDevice"))
        ]


def provider(survey: Survey, ref: Ref) -> Asked:
    """What of the load of a host or a machine is measured."""
    questions = survey.questions
    manager = Ref("PerformanceManager", questions.opened.content.perfManager._moId)
    fields = ("currentSupported", "summarySupported", "refreshRate")
    return survey.each_host(
        "load",
        ref,
        lambda: questions.ask(
            "QueryPerfProviderSummary",
            manager,
            ref.id,
            reference("entity", ref),
            shown=lambda found: "; ".join(f"{name} = {words(one, name)}" for one in found for name in fields),
        ),
    )


def _availability(found: list[Any]) -> dict[str, bool]:
    """EntityPrivilege: what of each privilege is granted."""
    return {
        words(one, "privId"): truth(one, "isGranted") is True
        for being in found
        for one in each(being, "privAvailability")
    }
