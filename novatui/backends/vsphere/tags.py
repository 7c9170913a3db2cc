"""Tags of objects: read by REST in the background, at a pace of their own, for SOAP does not tell them."""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from novatui.backends.driver import Sink
from novatui.backends.vsphere.inventory import Inventory
from novatui.backends.vsphere.rest import Rest
from novatui.backends.vsphere.session import Opened
from novatui.backends.vsphere.updates import Ref
from novatui.core.errors import Failure, NotFound, NotSupported, NovaError
from novatui.core.text import clean

log = logging.getLogger(__name__)

EVERY = 300.0
"""Seconds between two readings."""

ANEW = 12
"""So many readings after which names are asked for again: a tag keeps its id when it is renamed."""

BATCH = 100
"""Tags of one question for their objects."""

TAG, ASSOCIATION = "/cis/tagging/tag", "/cis/tagging/tag-association"


class Tags:
    """Reads on a thread of its own, from `follow` to `end`. A reading that fails is logged once and tried again."""

    def __init__(self, opened: Opened, sink: Sink, inventory: Inventory) -> None:
        self._sink = sink
        self._inventory = inventory
        self._rest = Rest(opened, sink)
        self._served = opened.content.about.apiType == "VirtualCenter"  # a lone host has none
        self._names: dict[str, str] = {}
        self._readings = 0
        self._failure: Failure | None = None
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def follow(self) -> None:
        """Read now, and again and again."""
        if self._served and self._thread is None:
            self._thread = threading.Thread(target=self._read_on, name="vsphere-tags", daemon=True)
            self._thread.start()

    def read(self) -> None:
        """Read them all and tell what has changed. NovaError when they cannot be read."""
        begun = self._sink.now()
        if self._readings % ANEW == 0:
            self._names.clear()
        self._readings += 1
        tagged: dict[Ref, list[str]] = defaultdict(list)
        for tag, refs in self._attached([str(one) for one in self._rest.get("ListTags", TAG) or ()]):
            name = self._name(tag) if refs else ""
            for ref in refs if name else ():
                tagged[ref].append(name)
        self._inventory.tag(begun, {ref: sorted(names) for ref, names in tagged.items()})

    def end(self) -> None:
        """Nothing is read any more."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join(5.0)

    def _read_on(self) -> None:
        while not self._ended.is_set():
            try:
                self.read()
                self._failure = None
            except NotSupported as error:
                log.info("no tags: %s", error.failure)
                break
            except NovaError as error:
                if error.failure != self._failure and not self._ended.is_set():
                    self._failure = error.failure
                    log.warning("tags cannot be read: %s", error.failure)
            except Exception:
                log.exception("tags cannot be read")
                break
            self._ended.wait(EVERY)
        self._rest.end()

    def _attached(self, tags: Sequence[str]) -> Iterator[tuple[str, list[Ref]]]:
        """Each tag with the objects that have it."""
        for at in range(0, len(tags), BATCH):
            asked = {"tag_ids": tags[at : at + BATCH]}
            told = self._rest.post("ListAttachedObjectsOnTags", ASSOCIATION, "list-attached-objects-on-tags", asked)
            for one in told or ():
                objects = one.get("object_ids") or ()
                yield str(one.get("tag_id")), [Ref(str(each.get("type")), str(each.get("id"))) for each in objects]

    def _name(self, tag: str) -> str:
        """Its name; empty when it was deleted meanwhile."""
        if tag not in self._names:
            try:
                told: Any = self._rest.get("GetTag", TAG, tag)
            except NotFound:
                return ""
            self._names[tag] = clean(str(told.get("name", "")))
        return self._names[tag]
