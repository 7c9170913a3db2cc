"""The REST interface of a vCenter: a session of its own, and questions in JSON.

Spoken is `/api` (vSphere Automation API, 7.0 U2 and later), else `/rest`, its forerunner, which wraps every answer in a
field `value`, writes `~action` and puts `id:` before ids.
"""

from __future__ import annotations

import base64
import gzip
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from novatui.backends.driver import Sink
from novatui.backends.vsphere.session import Opened
from novatui.backends.vsphere.web import Web
from novatui.core.errors import AuthFailed, BackendFault, Denied, NotFound, NotSupported
from novatui.core.text import clean

SESSION = "vmware-api-session-id"


class Dialect(msgspec.Struct, frozen=True):
    """How one of the two is written."""

    root: str
    session: str
    action: str
    before_id: str
    wrapped: bool


API = Dialect(root="/api", session="/api/session", action="action", before_id="", wrapped=False)
REST = Dialect(
    root="/rest/com/vmware", session="/rest/com/vmware/cis/session", action="~action", before_id="id:", wrapped=True
)


class Rest:
    """Logs in with what opened the SOAP session, when it is asked first. Belongs to one thread."""

    def __init__(self, opened: Opened, sink: Sink) -> None:
        self._opened = opened
        self._sink = sink
        self._web = Web(opened.endpoint, opened.context)
        self._dialect: Dialect | None = None
        self._session = ""

    def get(self, name: str, path: str, one: str = "") -> Any:
        """What lies at this path, or `one` of it by its id. `name`: what the call is called."""
        return self._ask(name, "GET", path, one, "", None)

    def post(self, name: str, path: str, action: str, asked: Any) -> Any:
        """The answer to a question that takes a body and changes nothing."""
        return self._ask(name, "POST", path, "", action, asked)

    def end(self) -> None:
        """Log out and close; a server that is gone does not matter."""
        try:
            if self._session and self._dialect is not None:
                self._web.ask("DELETE", self._dialect.session, None, {SESSION: self._session})
        except Exception:  # noqa: BLE001 - it ends here, however
            return
        finally:
            self._web.end()

    def _ask(self, name: str, method: str, path: str, one: str, action: str, asked: Any) -> Any:
        fresh = not self._session
        if fresh:
            self._log_in()
        status, answer = self._exchange(name, method, path, one, action, asked)
        if status == 401 and not fresh:  # it rested too long, or somebody has ended it
            self._log_in()
            status, answer = self._exchange(name, method, path, one, action, asked)
        if status != 200:
            raise _refused(status, answer)
        return self._value(answer)

    def _exchange(self, name: str, method: str, path: str, one: str, action: str, asked: Any) -> tuple[int, bytes]:
        dialect = self._dialect or API
        where = f"{dialect.root}{path}"
        if one:
            where += f"/{dialect.before_id}{quote(one, safe=':')}"
        if action:
            where += f"?{urlencode({dialect.action: action}, safe='~')}"
        body = None if asked is None else msgspec.json.encode(asked)
        self._sink.call(name)
        headers = {SESSION: self._session, "Content-Type": "application/json", "Accept": "application/json"}
        return self._web.ask(method, where, body, headers)

    def _log_in(self) -> None:
        headers = {"Authorization": _authorization(self._opened), "Accept": "application/json"}
        for dialect in (self._dialect,) if self._dialect else (API, REST):
            self._sink.call("CreateRestSession")
            status, answer = self._web.ask("POST", dialect.session, b"", headers)
            if status in (200, 201):
                self._dialect = dialect
                self._session = str(self._value(answer))
                return
            if status not in (404, 405, 501):
                raise _refused(status, answer)
        raise NotSupported("this server has no REST interface")

    def _value(self, answer: bytes) -> Any:
        try:
            value = msgspec.json.decode(answer) if answer else None
        except msgspec.DecodeError as error:
            raise BackendFault("the server's answer is no JSON", native=clean(str(error))) from None
        if self._dialect is not None and self._dialect.wrapped:
            return value.get("value") if isinstance(value, dict) else None
        return value


def _authorization(opened: Opened) -> str:
    """Account and password, or the bearer token as the Automation API wants it: compressed, in base64."""
    if opened.account is not None:
        return "Basic " + base64.b64encode(":".join(opened.account).encode()).decode()
    token = base64.b64encode(gzip.compress(opened.token.encode())).decode()
    return f'SIGN token="{token}"'


def _refused(status: int, answer: bytes) -> Exception:
    native = f"HTTP {status} {clean(answer[:300].decode(errors='replace'))}".strip()
    if status == 401:
        return AuthFailed("the REST interface of the server refused the account", native=native)
    if status == 403:
        return Denied("the account may not read this", native=native)
    if status == 404:
        return NotFound("it does not exist any more", native=native)
    return BackendFault(f"the REST interface of the server answered HTTP {status}", native=native)
