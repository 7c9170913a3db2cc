"""PropertyCollector: reading in pages, and waiting for updates from version to version."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from typing import Any

from pyVmomi import vmodl

from tests.lab.vsphere.soap import paths
from tests.lab.vsphere.soap.calling import Call, not_authenticated, serves
from tests.lab.vsphere.soap.selecting import Filter, Reading, Selection, content, reference
from tests.lab.vsphere.soap.wire import Raw

LONGEST_WAIT_S = 1800.0
"""ASSUMED: an idle wait without maxWaitSeconds answers nothing after so long."""


@dataclass
class Collector:
    """What one collector has told, and has still to tell."""

    filters: list[Filter] = field(default_factory=list)
    number: int = 0
    last: str = ""
    """The version that was told last."""
    answer: Raw | None = None
    """What came with it: sent again to who asks from the version before."""
    before: str = ""
    pending: list[tuple[Filter, str]] = field(default_factory=list)
    cancelled: int = 0


def collector_of(call: Call) -> Collector:
    """The default collector is one per session, as all clients of a session share it."""
    place = call.this if call.this.id != "propertyCollector" else None
    if place is not None:
        return place.private["collector"]
    assert call.session
    return call.vc.default_collectors.setdefault(call.session.key, Collector())


@serves("CreatePropertyCollector")
def _create(call: Call) -> Any:
    assert call.session
    made = call.site.add(Reading, f"session[{call.session.key}]{secrets.token_hex(8)}", filter=[])
    made.private["collector"] = Collector()
    call.session.owned.append(made)
    return made.ref


@serves("DestroyPropertyCollector")
def _destroy(call: Call) -> None:
    """*API*: "Destroys this PropertyCollector": its filters go too. ASSUMED: who waits in it gets RequestCanceled."""
    if call.this.id == "propertyCollector":
        raise vmodl.fault.NotSupported(msg="The default property collector cannot be destroyed.")
    collector = collector_of(call)
    collector.cancelled += 1
    for one in collector.filters:
        call.site.things.pop(one.thing.id, None)
    call.site.remove(call.this)


@serves("CreateFilter")
def _create_filter(call: Call) -> Any:
    """Updates carry the whole value of a path that was asked for, also where `partialUpdates` is set (allowed: a
    client has to take both; the product would send less)."""
    assert call.session
    selection = Selection(call.site, call.given.spec, call.request.version)
    facts = {"spec": call.given.spec, "partialUpdates": call.given.partialUpdates}
    made = call.site.add(Reading.Filter, f"session[{call.session.key}]{secrets.token_hex(8)}", **facts)
    made.private["collector"] = collector = collector_of(call)
    call.session.owned.append(made)
    collector.filters.append(Filter(made, selection))
    return made.ref


@serves("DestroyPropertyFilter")
def _destroy_filter(call: Call) -> None:
    collector = call.this.private["collector"]
    collector.filters = [one for one in collector.filters if one.thing is not call.this]
    collector.pending = [each for each in collector.pending if each[0].thing is not call.this]
    call.site.remove(call.this)


@serves("CancelWaitForUpdates")
def _cancel(call: Call) -> None:
    """*API*: who waits gets the fault RequestCanceled."""
    collector_of(call).cancelled += 1
    call.site.changed.notify_all()


@serves("WaitForUpdatesEx", "WaitForUpdates", "CheckForUpdates")
def _wait(call: Call) -> Raw | None:
    """*API, WaitForUpdatesEx*: version "" tells the whole state; `truncated` says that more is there at once;
    nothing comes back when maxWaitSeconds are over; InvalidCollectorVersion for a version that was not told last
    (or, as an answer may have been lost, the one before).
    """
    collector, options = collector_of(call), getattr(call.given, "options", None)
    again = _resume(collector, call.given.version or "")
    if again is not None:
        return again
    wait = options.maxWaitSeconds if options else None
    wait = 0 if call.request.name == "CheckForUpdates" else LONGEST_WAIT_S if wait is None else wait
    limit = (options.maxObjectUpdates if options else None) or 0
    deadline, cancelled = time.monotonic() + wait, collector.cancelled
    while not collector.pending:
        for one in collector.filters:
            collector.pending += [(one, text) for text in one.updates()]
        left = deadline - time.monotonic()
        if collector.pending or left <= 0:
            break
        call.site.changed.wait(left)
        _check_wait(call, collector, cancelled)
    if not collector.pending and collector.last:
        return None
    return _tell(collector, limit)


def _check_wait(call: Call, collector: Collector, cancelled: int) -> None:
    if call.session and not call.session.alive:
        raise not_authenticated(call.this)
    if collector.cancelled != cancelled:
        raise vmodl.fault.RequestCanceled(msg="The request was canceled by a client.")


def _resume(collector: Collector, version: str) -> Raw | None:
    """Get ready to tell what comes after a version; the last answer, if it is asked for again."""
    if not version:
        collector.pending.clear()
        collector.last, collector.answer = "", None
        for one in collector.filters:
            one.forget()
    elif version != collector.last:
        if collector.answer is None or version != collector.before:
            raise vmodl.query.InvalidCollectorVersion(
                msg=f"The collector's version is {collector.last}, not {version}."
            )
        return collector.answer
    return None


def _tell(collector: Collector, limit: int) -> Raw:
    told = collector.pending[:limit] if limit else collector.pending
    collector.pending = collector.pending[len(told) :]
    collector.number += 1
    collector.before, collector.last = collector.last, str(collector.number)
    sets: dict[int, tuple[Filter, list[str]]] = {}
    for one, text in told:
        sets.setdefault(id(one), (one, []))[1].append(text)
    written = "".join(
        f"<filterSet>{reference('filter', one.thing)}{''.join(texts)}</filterSet>" for one, texts in sets.values()
    )
    more = "<truncated>true</truncated>" if collector.pending else ""
    collector.answer = Raw(f"<returnval><version>{collector.last}</version>{written}{more}</returnval>")
    return collector.answer


@serves("RetrievePropertiesEx", "RetrieveProperties")
def _retrieve(call: Call) -> Raw | None:
    """*API, RetrieveOptions.maxObjects*: "the maximum number of ObjectContent … in a single result"; a token leads
    on."""
    found: dict[tuple[int, str], str] = {}
    tag = "objects" if call.request.name == "RetrievePropertiesEx" else "returnval"
    for number, spec in enumerate(call.given.specSet):
        selection = Selection(call.site, spec, call.request.version)
        for id, thing in selection.objects().items():
            found[number, id] = content(tag, thing, selection.values(thing))
    contents = list(found.values())
    if tag == "returnval":
        return Raw("".join(contents))
    options = call.given.options
    return _page(call, contents, (options.maxObjects if options else None) or 0) if contents else None


def _page(call: Call, contents: list[str], limit: int) -> Raw:
    assert call.session
    token = ""
    if limit and len(contents) > limit:
        token = secrets.token_hex(8)
        call.vc.pages[token] = (call.session.key, contents[limit:], limit)
    told = "".join(contents[:limit] if limit else contents)
    return Raw(f"<returnval>{f'<token>{token}</token>' if token else ''}{told}</returnval>")


@serves("ContinueRetrievePropertiesEx")
def _continue(call: Call) -> Raw:
    """*API*: a token is good once and in its own session; else InvalidArgument (ASSUMED: of `token`)."""
    assert call.session
    return _page(call, *_taken(call))


@serves("CancelRetrievePropertiesEx")
def _cancel_pages(call: Call) -> None:
    _taken(call)


def _taken(call: Call) -> tuple[list[str], int]:
    key, contents, limit = call.vc.pages.pop(call.given.token, ("", [], 0))
    if call.session is None or key != call.session.key:
        raise vmodl.fault.InvalidArgument(invalidProperty="token", msg="No such token.")
    return contents, limit


@serves("Fetch")
def _fetch(call: Call) -> Any:
    """How pyVmomi reads a lazy attribute. An unset property answers nothing."""
    paths.check(call.this.kind, call.given.prop)
    value = call.this.read(call.given.prop)
    return None if isinstance(value, paths.Absent) else value
