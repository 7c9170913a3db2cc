"""Wire names of the vSphere API's methods that change nothing, as they are said to the sink. Any other takes a run.

What only belongs to our own session is among them: logging in, collectors, filters and views of ours.
"""

from __future__ import annotations

_SESSION = (
    "RetrieveServiceContent", "Login", "LoginByToken", "IssueToken", "Logout", "CurrentTime", "SessionIsActive",
)  # fmt: skip

_COLLECTING = (
    "CreatePropertyCollector", "DestroyPropertyCollector", "CreateFilter", "DestroyPropertyFilter",
    "CreateContainerView", "DestroyView", "WaitForUpdatesEx", "CancelWaitForUpdates",
    "RetrievePropertiesEx", "ContinueRetrievePropertiesEx",
    "CreateCollectorForEvents", "CreateCollectorForTasks", "SetCollectorPageSize", "DestroyCollector", "ReadNextEvents",
    "ReadNextTasks", "ReadPreviousEvents", "ReadPreviousTasks", "QueryEvents",
)  # fmt: skip

_MEASURING = (
    "QueryPerf", "QueryPerfComposite", "QueryPerfCounter", "QueryPerfCounterByLevel", "QueryPerfProviderSummary",
    "QueryAvailablePerfMetric",
)  # fmt: skip

_RIGHTS = (
    "HasPrivilegeOnEntities",
    "HasUserPrivilegeOnEntities",
    "FetchUserPrivilegeOnEntities",
    "RetrieveRolePermissions",
)

_POSSIBLE = (
    "QueryConfigOption", "QueryConfigOptionDescriptor", "QueryConfigOptionEx", "QueryConfigTarget",
    "QueryOptions", "ListKmsClusters",
    "CheckCompatibility_Task", "CheckMigrate_Task", "CheckRelocate_Task", "CheckPowerOn_Task", "CheckVmConfig_Task",
    "QueryVMotionCompatibility", "QueryVMotionCompatibilityEx_Task", "ValidateMigration",
    "RecommendHostsForVm", "RecommendDatastores", "PlaceVm", "ClusterEnterMaintenanceMode",
    "CheckConfigureEvcMode_Task", "RetrieveDasAdvancedRuntimeInfo", "QueryConnectionInfo",
    "QueryTpmAttestationReport", "QueryNetworkHint", "QueryDvsCompatibleHostSpec",
)  # fmt: skip
"""What could be done: the server answers, some of it by a task, and does nothing."""

_LOOKING = (
    "GetAlarm", "GetAlarmState", "FindByUuid", "FindByInventoryPath", "SearchDatastore_Task",
    "SearchDatastoreSubFolders_Task", "QueryUnownedFiles", "VsanQueryVcClusterHealthSummary",
)  # fmt: skip

_PICTURES = ("GetScreen", "GetDatastoreFile")

_REST = ("CreateRestSession", "ListTags", "GetTag", "ListAttachedObjectsOnTags")

READING = frozenset((*_PICTURES, *_REST, *_SESSION, *_COLLECTING, *_MEASURING, *_RIGHTS, *_POSSIBLE, *_LOOKING))
"""`Invoker.READING` of the vSphere driver. A name that is missing here is refused, never let through."""
