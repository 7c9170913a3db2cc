"""A picture of the screen of a machine: by `/screen`, which leaves nothing; else by a file that is taken away again.

`https://HOST/screen?id=ID` answers with a PNG where a server has it. CreateScreenshot_Task writes one beside the
machine's disks and returns its datastore path; `/folder/…?dcPath=&dsName=` fetches it (vSphere Web Services SDK
Programming Guide, "Accessing Datastore Files"). All of it goes over our own TLS with the session's cookie.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

from novatui.backends.driver import Sink
from novatui.backends.vsphere.changes import Changes
from novatui.backends.vsphere.fields import refs, words
from novatui.backends.vsphere.inventory import Inventory
from novatui.backends.vsphere.planning import Subject
from novatui.backends.vsphere.session import Opened
from novatui.backends.vsphere.updates import Ref
from novatui.backends.vsphere.web import Web
from novatui.core.consoles import MOST, PNG, Picture
from novatui.core.errors import BackendFault, Denied, NotFound, NovaError
from novatui.core.text import clean

TAKE = "CreateScreenshot_Task"
REMOVE = "DeleteDatastoreFile_Task"

DEPTH = 64
"""Folders above a datacenter at most."""


class Pictures:
    """Takes pictures in one session."""

    def __init__(self, opened: Opened, sink: Sink, changes: Changes, inventory: Inventory) -> None:
        self._opened = opened
        self._sink = sink
        self._changes = changes
        self._inventory = inventory

    def take(self, key: str, *, files: bool) -> Picture:
        """See `ConsoleAccess.picture`."""
        planning = self._changes.planning
        subject = planning.screen(key)
        planning.check(subject, planning.call(1, TAKE, subject.ref))
        web = Web(self._opened.endpoint, self._opened.context)
        try:
            status, body = self._get(web, "GetScreen", f"/screen?id={quote(subject.ref.id)}")
            if status == 200 and body.startswith(PNG):
                return Picture(data=_of_size(body), taken_by="GET /screen")
            if not files:
                raise Denied(
                    f"{self._opened.endpoint} shows no screen without writing a file",
                    meaning=f"GET /screen answered HTTP {status}; {TAKE} writes to the datastore, and nothing may be"
                    " changed here now",
                    hint="unlock the connection, or open it without `ro`",
                    subject=TAKE,
                )
            return self._by_file(web, subject)
        finally:
            web.end()

    def _by_file(self, web: Web, subject: Subject) -> Picture:
        """The file goes away again whether or not it could be fetched."""
        planning = self._changes.planning
        datacenter = self._datacenter(subject)
        path = str(self._changes.invoke(planning.call(1, TAKE, subject.ref), {}).get("", ""))
        store, bracket, file = path.removeprefix("[").partition("] ")
        if not bracket:
            raise BackendFault(f"{TAKE} told no file", native=clean(path))
        try:
            data = self._fetch(web, store, file, datacenter)
        except NovaError as error:
            left = self._remove(path, datacenter)
            raise BackendFault(
                f"the picture was taken, and could not be fetched: {error.failure.message}",
                meaning=f"left on the datastore: {left}" if left else "nothing of it is left on the datastore",
                native=error.failure.native,
                subject=path,
            ) from None
        return Picture(data=data, taken_by=TAKE, left=self._remove(path, datacenter))

    def _fetch(self, web: Web, store: str, file: str, datacenter: Ref) -> bytes:
        asked = urlencode({"dcPath": self._path(datacenter), "dsName": store}, quote_via=quote)
        status, body = self._get(web, "GetDatastoreFile", f"/folder/{quote(file)}?{asked}")
        if status != 200:
            raise BackendFault(f"the server answered HTTP {status} for it")
        if not body.startswith(PNG):
            raise BackendFault("it is no PNG")
        return _of_size(body)

    def _remove(self, path: str, datacenter: Ref) -> str:
        """Take the file away; where and why it is still there, empty when it is gone."""
        call = self._changes.planning.call(
            1, REMOVE, Ref("FileManager", self._opened.content.fileManager._moId), name=path, datacenter=datacenter
        )
        try:
            self._changes.invoke(call, {})
        except NotFound:
            return ""
        except NovaError as error:
            return f"{clean(path)}: {error.failure.message}"
        return ""

    def _datacenter(self, subject: Subject) -> Ref:
        """Where the file's datastore is. A machine of a vApp lies in no folder, and its host still does."""
        places: list[Any] = [subject.ref, *refs(subject.values, "runtime.host")]
        found = next(filter(None, map(self._inventory.datacenter_of, places)), None)
        if found is None:
            raise NotFound(f"nobody tells which datacenter {subject.name} is in", subject=subject.key)
        return found

    def _path(self, datacenter: Ref) -> str:
        """`dcPath`: names from below the root folder down, as the server has them (`/` in a name is `%2f`)."""
        names: list[str] = []
        at: Ref | None = datacenter
        for _ in range(DEPTH):
            if at is None:
                break
            told = self._changes.planning.asking.of(at, ("name", "parent")).values
            above = next(iter(refs(told, "parent")), None)
            if above is not None:
                names.append(words(told.get("name")))
            at = above
        return "/".join(reversed(names))

    def _get(self, web: Web, name: str, path: str) -> tuple[int, bytes]:
        self._sink.call(name)
        return web.ask("GET", path, None, {"Cookie": (self._opened.stub.cookie or "").partition(";")[0]})


def _of_size(picture: bytes) -> bytes:
    if len(picture) > MOST:
        raise BackendFault(f"the picture has {len(picture):,} bytes, and {MOST:,} are the most that are taken")
    return picture
