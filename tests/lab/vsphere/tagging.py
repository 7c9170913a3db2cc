"""Tags of a vCenter simulator as another administrator makes them: by REST, without any code of the console."""

from __future__ import annotations

import base64
import http.client
import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.lab.missing import LabError
from tests.lab.vsphere.simulated import Vcsim

ROOT = "/rest/com/vmware/cis"


class Tagger:
    """A session of its own."""

    def __init__(self, link: http.client.HTTPSConnection, authorization: str) -> None:
        self._link = link
        self._headers = {"Authorization": authorization}
        session = self._ask("POST", "/session", None)
        self._headers = {"vmware-api-session-id": session, "Content-Type": "application/json"}
        name = f"stage {id(self)}"
        spec = {"name": name, "description": "", "cardinality": "MULTIPLE", "associable_types": []}
        self._category = self._ask("POST", "/tagging/category", {"create_spec": spec})

    def make(self, name: str) -> str:
        """A tag more; its id."""
        spec = {"create_spec": {"name": name, "description": "", "category_id": self._category}}
        return str(self._ask("POST", "/tagging/tag", spec))

    def attach(self, tag: str, kind: str, reference: str) -> None:
        self._association(tag, "attach", kind, reference)

    def detach(self, tag: str, kind: str, reference: str) -> None:
        self._association(tag, "detach", kind, reference)

    def rename(self, tag: str, name: str) -> None:
        self._ask("PATCH", f"/tagging/tag/id:{tag}", {"update_spec": {"name": name}})

    def delete(self, tag: str) -> None:
        self._ask("DELETE", f"/tagging/tag/id:{tag}", None)

    def _association(self, tag: str, action: str, kind: str, reference: str) -> None:
        place = f"/tagging/tag-association/id:{tag}?~action={action}"
        self._ask("POST", place, {"object_id": {"type": kind, "id": reference}})

    def _ask(self, method: str, path: str, body: Any) -> Any:
        self._link.request(method, ROOT + path, None if body is None else json.dumps(body), self._headers)
        answer = self._link.getresponse()
        data = answer.read()
        if answer.status != 200:
            raise LabError(f"{method} {path}: HTTP {answer.status} {data[:200]!r}")
        return json.loads(data).get("value") if data else None


@contextmanager
def tagger_of(server: Vcsim) -> Iterator[Tagger]:
    context = ssl.create_default_context(cafile=str(server.authority.root.certificate))
    link = http.client.HTTPSConnection("localhost", server.port, timeout=30, context=context)
    try:
        yield Tagger(link, "Basic " + base64.b64encode(f"{server.user}:{server.password}".encode()).decode())
    finally:
        link.close()
