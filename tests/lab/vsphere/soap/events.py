"""EventManager: what happened, newest last, and collectors that page through it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyVmomi import vim

from tests.lab.vsphere.soap.calling import Call, serves
from tests.lab.vsphere.soap.state import Thing

if TYPE_CHECKING:
    from tests.lab.vsphere.soap.vcenter import Vcenter

KEPT = 5000
PAGE = 10


class Events:
    """The log."""

    def __init__(self, vc: Vcenter) -> None:
        self.vc = vc
        self.log: list[Any] = []
        self.manager = vc.site.add(
            vim.event.EventManager,
            "EventManager",
            maxCollector=32,
            latestEvent=lambda: self.log[-1] if self.log else None,
        )

    def tell(self, kind: Any, text: str, *, thing: Thing | None = None, user: str = "", **more: Any) -> None:
        """Log an event; an event with a machine names its host and datacenter too."""
        key = self.vc.site.number("event")
        event = kind(
            key=key,
            chainId=key,
            createdTime=self.vc.site.now(),
            userName=user,
            fullFormattedMessage=text,
            **self._arguments(thing),
            **more,
        )
        self.log.append(event)
        del self.log[:-KEPT]
        self.vc.site.touch(self.manager)

    def _arguments(self, thing: Thing | None) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if thing is None:
            return found
        if thing.is_a(vim.VirtualMachine):
            found["vm"] = vim.event.VmEventArgument(vm=thing.ref, name=thing.name)
            host = self.vc.site.things.get(thing.facts["runtime"].host._moId) if thing.facts["runtime"].host else None
        else:
            host = thing if thing.is_a(vim.HostSystem) else None
        if host:
            found["host"] = vim.event.HostEventArgument(host=host.ref, name=host.name)
        for above in self.vc.above(thing):
            if above.is_a(vim.Datacenter):
                found["datacenter"] = vim.event.DatacenterEventArgument(datacenter=above.ref, name=above.name)
            if above.is_a(vim.ComputeResource):
                found["computeResource"] = vim.event.ComputeResourceEventArgument(
                    computeResource=above.ref, name=above.name
                )
        return found

    def fitting(self, spec: Any) -> list[Any]:
        """Events that a filter lets through, oldest first; its categories and tags are not looked at."""
        return [event for event in self.log if self._fits(event, spec)]

    def _fits(self, event: Any, spec: Any) -> bool:
        if spec.type and not isinstance(event, tuple(spec.type)):
            return False
        if spec.eventTypeId and not {type(event)._wsdlName, type(event).__name__} & set(spec.eventTypeId):
            return False
        if spec.eventChainId and event.chainId != spec.eventChainId:
            return False
        if spec.time and spec.time.beginTime and event.createdTime < spec.time.beginTime:
            return False
        if spec.time and spec.time.endTime and event.createdTime > spec.time.endTime:
            return False
        if spec.userName and spec.userName.userList and event.userName not in spec.userName.userList:
            return False
        return spec.entity is None or self._concerns(event, spec.entity)

    def _concerns(self, event: Any, wanted: Any) -> bool:
        named = [getattr(event, name) for name in ("vm", "host", "computeResource", "datacenter", "ds", "net")]
        refs = [
            getattr(one, name)
            for one in named
            if one
            for name in vars(one)
            if isinstance(getattr(one, name), vim.ManagedEntity)
        ]
        if wanted.recursion == "self":
            return bool(refs) and refs[0] == wanted.entity
        start = self.vc.site.things.get(wanted.entity._moId)
        return wanted.entity in refs or (
            start is not None and start.id == self.vc.root.id and wanted.recursion != "self"
        )


@serves("QueryEvents")
def _query(call: Call) -> Any:
    return call.vc.events.fitting(call.given.filter)[-1000:]


@serves("CreateCollectorForEvents")
def _collector(call: Call) -> Any:
    """*API, EventHistoryCollector*: `latestPage` is the newest page, newest first; reading goes from a position."""
    assert call.session
    spec = call.given.filter

    def page() -> list[Any]:
        return list(reversed(call.vc.events.fitting(spec)))[: made.private["size"]]

    made = call.site.add(vim.event.EventHistoryCollector, filter=spec, latestPage=page, initialized=True)
    made.private |= {"size": PAGE, "at": 0, "spec": spec}
    call.session.owned.append(made)
    return made.ref


@serves("SetCollectorPageSize")
def _page_size(call: Call) -> None:
    call.this.private["size"] = call.given.maxCount
    call.site.touch(call.this)


@serves("ResetCollector")
def _reset(call: Call) -> None:
    """*API*: "Moves the 'scrollable view' to the item immediately preceding the 'viewable latest page'"."""
    size = len(call.vc.events.fitting(call.this.private["spec"])) if "spec" in call.this.private else 0
    call.this.private["at"] = max(0, size - call.this.private["size"])


@serves("RewindCollector")
def _rewind(call: Call) -> None:
    call.this.private["at"] = 0


@serves("ReadNextEvents")
def _next(call: Call) -> Any:
    found = call.vc.events.fitting(call.this.private["spec"])
    at = call.this.private["at"]
    call.this.private["at"] = min(len(found), at + call.given.maxCount)
    return found[at : at + call.given.maxCount]


@serves("ReadPreviousEvents")
def _previous(call: Call) -> Any:
    found = call.vc.events.fitting(call.this.private["spec"])
    at = call.this.private["at"]
    call.this.private["at"] = max(0, at - call.given.maxCount)
    return found[max(0, at - call.given.maxCount) : at]


@serves("DestroyCollector")
def _destroy(call: Call) -> None:
    call.site.remove(call.this)
