"""A vCenter out of made answers, for probes: each answer can be edited, each call and each property can fail."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from novatui.backends.vsphere import questions
from novatui.backends.vsphere.asking import Told
from novatui.backends.vsphere.probing import Probing
from novatui.backends.vsphere.questions import Questions
from novatui.backends.vsphere.updates import Ref
from novatui.core.capabilities import Fact
from novatui.core.errors import BackendFault, NotFound
from novatui.core.ids import key
from novatui.core.states import Kind

HOST = Ref("HostSystem", "host-12")
VM = Ref("VirtualMachine", "vm-7")
CLUSTER = Ref("ClusterComputeResource", "domain-c8")
STORES = [Ref("Datastore", "datastore-1"), Ref("Datastore", "datastore-2")]
HOST_SCOPE, VM_SCOPE = key(Kind.HOST, HOST.id), key(Kind.VM, VM.id)

GPU, NIC = "0000:3b:00.0", "0000:5e:00.0"
FLAT = "VirtualDiskFlatVer2BackingInfo"
BROKEN = BackendFault("it broke", code="SystemError", native="it broke")


def device(kind: str, number: int, **fields: Any) -> dict[str, Any]:
    return {"_type": kind, "key": str(number), "deviceInfo": {"label": f"{kind} {number}"}} | fields


WORLD: dict[Ref, dict[str, Any]] = {
    Ref("ServiceInstance", "ServiceInstance"): {
        "content.about.apiType": "VirtualCenter",
        "content.about.apiVersion": "8.0.3.0",
        "content.cryptoManager": Ref("CryptoManagerKmip", "CryptoManager"),
        "content.eventManager": Ref("EventManager", "EventManager"),
    },
    Ref("EventManager", "EventManager"): {"maxCollector": 1000},
    Ref("LicenseManager", "licences"): {"licenses": [{"editionKey": "esx.enterprisePlus", "licenseKey": "SECRET"}]},
    HOST: {
        "name": "esx-01",
        "parent": CLUSTER,
        "datastore": STORES,
        "overallStatus": "green",
        "capability.vmotionSupported": True,
        "capability.storageVMotionSupported": True,
        "capability.vmotionWithStorageVMotionSupported": True,
        "capability.nestedHVSupported": True,
        "config.virtualNicManagerInfo.netConfig": [
            {"nicType": "management", "selectedVnic": "management.key-vmk0"},
            {
                "nicType": "vmotion",
                "candidateVnic": [{"key": "vmotion.key-vmk1", "device": "vmk1"}],
                "selectedVnic": "vmotion.key-vmk1",
            },
        ],
        "config.pciPassthruInfo": [
            {"_type": "HostPciPassthruInfo", "id": GPU, "passthruCapable": "true", "passthruActive": "true"},
            {
                "_type": "HostSriovInfo", "id": NIC, "sriovCapable": "true", "sriovActive": "true",
                "numVirtualFunction": "8", "maxVirtualFunctionSupported": "64",
            },
        ],
        "config.sharedPassthruGpuTypes": [],
        "config.network.proxySwitch": [{"dvsName": "dvs-a", "ensEnabled": "true"}],
        "config.offloadCapabilities.csumOffload": True,
        "config.offloadCapabilities.tcpSegmentation": True,
        "configManager.advancedOption": Ref("OptionManager", "EsxHostAdvSettings-12"),
        "hardware.pciDevice": [
            {"id": GPU, "classId": str(0x0302), "deviceName": "Tesla T4"},
            {"id": NIC, "classId": str(0x0200), "deviceName": "ConnectX-6"},
        ],
        "hardware.numaInfo.numNodes": 2,
        "hardware.sevInfo.sevState": "working",
    },
    CLUSTER: {
        "environmentBrowser": Ref("EnvironmentBrowser", "envbrowser-8"),
        "configurationEx.drsConfig.enabled": True,
        "configurationEx.drsConfig.defaultVmBehavior": "fullyAutomated",
    },
    STORES[0]: {"name": "vmfs", "capability.perFileThinProvisioningSupported": True},
    STORES[1]: {"name": "nfs", "capability.perFileThinProvisioningSupported": True},
    VM: {
        "name": "web-1",
        "overallStatus": "yellow",
        "disabledMethod": ["PowerOnVM_Task"],
        "runtime.host": HOST,
        "runtime.powerState": "poweredOn",
        "runtime.connectionState": "connected",
        "guest.toolsRunningStatus": "guestToolsRunning",
        "config.hardware.device": [
            device("ParaVirtualSCSIController", 1000, busNumber="0", sharedBus="noSharing"),
            device(
                "VirtualDisk", 2000, controllerKey="1000", unitNumber="0",
                backing={"_type": FLAT, "thinProvisioned": "true", "diskMode": "persistent"},
            ),
            device("VirtualVmxnet3", 4000),
            device("VirtualTPM", 11000),
            device("VirtualNVMEController", 31000),
        ],
        "config.hardware.numCPU": 4,
        "config.hardware.memoryMB": 8192,
        "config.hotPlugMemoryLimit": 65536,
        "config.extraConfig": [
            {"key": "numa.nodeAffinity", "value": "1"},
            {"key": "guestinfo.userdata", "value": "SECRET"},
        ],
        "config.firmware": "efi",
        "config.bootOptions.efiSecureBootEnabled": True,
        "config.cpuHotAddEnabled": True,
        "config.memoryHotAddEnabled": True,
        "config.changeTrackingEnabled": True,
        "config.nestedHVEnabled": True,
        "config.cpuAffinity": {"affinitySet": ["2", "3"]},
        "config.memoryAllocation.reservation": 0,
        "config.memoryReservationLockedToMax": False,
        "config.sevEnabled": True,
        "capability.snapshotOperationsSupported": True,
        "capability.memorySnapshotsSupported": True,
        "capability.changeTrackingSupported": True,
    },
}  # fmt: skip


def guest(name: str, **flags: bool) -> dict[str, str]:
    return {"id": name} | {flag: str(value).lower() for flag, value in flags.items()}


ABLE = {"supportsCpuHotAdd": True, "supportsMemoryHotAdd": True, "supportsSecureBoot": True, "supportsTPM20": True}

ANSWERS: dict[str, list[Any]] = {
    "QueryConfigOptionEx": [
        {
            "version": "vmx-21",
            "guestOSDescriptor": [guest("otherGuest64"), guest("rhel8_64Guest", **ABLE)],
            "hardwareOptions": {
                "virtualDeviceOption": [{"_type": "VirtualVmxnet3Option"}, {"_type": "VirtualNVMEControllerOption"}]
            },
            "capabilities": {
                "snapshotOperationsSupported": "true",
                "memorySnapshotsSupported": "true",
                "changeTrackingSupported": "true",
            },
        }
    ],
    "QueryOptions": [
        {"key": "Mem.CtlMaxPercent", "value": 65},
        {"key": "Mem.AllocGuestLargePage", "value": 1},
        {"key": "Mem.MemZipEnable", "value": 1},
        {"key": "Mem.ShareScanGHz", "value": 4},
        {"key": "Mem.ShareForceSalting", "value": 2},
    ],
    "QueryPerfProviderSummary": [{"currentSupported": "true", "summarySupported": "true", "refreshRate": "20"}],
    "ListKmsClusters": [{"clusterId": {"id": "native-keys"}}],
}


class MadeServer:
    """Stands in for `Asking`: what it is asked is counted."""

    def __init__(self) -> None:
        self.world = copy.deepcopy(WORLD)
        self.answers_ = copy.deepcopy(ANSWERS)
        self.granted = True
        self.broken: set[str] = set()
        self.unread: dict[str, str] = {}
        self.counts: Counter[str] = Counter()

    def hosts(self) -> list[Ref]:
        """As the inventory answers."""
        return [HOST]

    def each(self, refs: Sequence[Ref], paths: Sequence[str]) -> list[Told]:
        self._go("RetrievePropertiesEx")
        if missing := [ref for ref in refs if ref not in self.world]:
            raise NotFound("it does not exist any more", subject=missing[0].id, code="ManagedObjectNotFound")
        return [
            Told(
                ref,
                {path: value for path, value in self.world[ref].items() if path in paths and path not in self.unread},
                {path: kind for path, kind in self.unread.items() if path in paths},
            )
            for ref in refs
        ]

    def answers(self, method: str, this: Ref, *body: str) -> list[Any]:
        self._go(method)
        if method == "HasUserPrivilegeOnEntities":
            wanted = [part.partition("<")[0] for part in "".join(body).split("<privId>")[1:]]
            given = str(self.granted).lower()
            return [{"privAvailability": [{"privId": name, "isGranted": given} for name in wanted]}]
        return self.answers_[method]

    def end(self) -> None:
        return

    def probe(self, scope: str) -> dict[str, Fact]:
        """What a probe of this server says."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(questions, "Asking", lambda *_: self)
            return {fact.feature: fact for fact in Probing(Questions(self._opened(), self), self).probe(scope)}  # type: ignore[arg-type]

    def refs(self, keys: Sequence[str]) -> dict[str, Ref | None]:
        """As the inventory answers."""
        return {each: HOST if each == HOST_SCOPE else None for each in keys}

    def _opened(self) -> Any:
        managed = {
            "licenseManager": "licences",
            "authorizationManager": "AuthorizationManager",
            "rootFolder": "group-d1",
            "perfManager": "PerfMgr",
        }
        content = SimpleNamespace(**{name: SimpleNamespace(_moId=id_) for name, id_ in managed.items()})
        return SimpleNamespace(
            content=content, user="operator", stub=SimpleNamespace(version=self.spoken), collector=None
        )

    spoken = "vim.version.v8_0_3_0"

    def _go(self, call: str) -> None:
        self.counts[call] += 1
        if call in self.broken:
            raise BROKEN
