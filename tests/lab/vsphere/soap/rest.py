"""The REST API below `/api`: sessions, and who serves which path. *vSphere Automation API 7.0 U2+*: plain JSON
without a `value`."""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

from pyVmomi import vim

if TYPE_CHECKING:
    from tests.lab.vsphere.soap.sessions import Session
    from tests.lab.vsphere.soap.vcenter import Vcenter

Answer = tuple[int, bytes, str, dict[str, str]]
HEADER = "vmware-api-session-id"
SIGN = re.compile(r'^SIGN token="([^"]+)"')


@dataclass
class Asked:
    """A request that is logged in."""

    vc: Vcenter
    session: Session
    path: list[str]
    """Parts below the route."""
    query: dict[str, str]
    words: dict[str, Any]


class Refused(Exception):
    """An error of the API: its type, status and words."""

    def __init__(self, kind: str, status: int, words: str) -> None:
        super().__init__(words)
        self.kind, self.status, self.words = kind, status, words


Route = Callable[[Asked], Any]
ROUTES: dict[tuple[str, str], Route] = {}


def route(method: str, path: str) -> Callable[[Route], Route]:
    """Register a function for a path; the longest that fits is taken."""

    def keep(handler: Route) -> Route:
        ROUTES[method, path] = handler
        return handler

    return keep


def not_found(what: str) -> Refused:
    return Refused("NOT_FOUND", 404, f"{what} was not found")


def begin_with(vc: Vcenter) -> None:
    vc.pathways["/api/"] = lambda command, path, body, headers: answer(vc, command, path, body, headers)


def answer(vc: Vcenter, command: str, path: str, body: bytes, headers: Any) -> Answer:
    """Serve one request under the site's lock."""
    with vc.site.lock:
        try:
            status, told = _served(vc, command, path, body, headers)
        except Refused as refused:
            message = {"id": f"vapi.{refused.kind.lower()}", "default_message": refused.words, "args": []}
            status, told = refused.status, {"error_type": refused.kind, "messages": [message]}
    return status, b"" if told is None else json.dumps(told).encode(), "application/json", {}


def _served(vc: Vcenter, command: str, path: str, body: bytes, headers: Any) -> tuple[int, Any]:
    parts = urlsplit(path)
    if parts.path == "/api/session" and command == "POST":
        return 201, _log_in(vc, headers)
    session = vc.sessions.of_cookie(headers.get(HEADER, ""))
    if session is None:
        raise Refused("UNAUTHENTICATED", 401, "This method requires authentication.")
    if parts.path == "/api/session":
        return _session(vc, command, session)
    try:
        words = json.loads(body) if body else {}
    except json.JSONDecodeError as error:
        raise Refused("INVALID_ARGUMENT", 400, "The body is no JSON.") from error
    found = [known for method, known in ROUTES if method == command and f"{parts.path}/".startswith(f"{known}/")]
    if not found:
        raise not_found(parts.path)
    chosen = max(found, key=len)
    rest = [unquote(part) for part in parts.path.removeprefix(chosen).split("/") if part]
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    told = ROUTES[command, chosen](Asked(vc, session, rest, query, words))
    return 204 if told is None else 201 if command == "POST" and "action" not in query else 200, told


def _log_in(vc: Vcenter, headers: Any) -> str:
    """By name and password, or by a bearer token from the STS (`SIGN token="…"`, gzip and base64)."""
    told = headers.get("Authorization", "")
    user, password = "", ""
    if told.startswith("Basic "):
        user, _, password = base64.b64decode(told.removeprefix("Basic ")).decode().partition(":")
        user = user if user and vc.sessions.passwords.get(user) == password else ""
    elif signed := SIGN.match(told):
        try:
            user = vc.tokens.user_of(gzip.decompress(base64.b64decode(signed[1])))
        except (vim.fault.InvalidLogin, OSError, ValueError):
            user = ""
    if not user:
        raise Refused("UNAUTHENTICATED", 401, "Authentication required.")
    return vc.sessions.begin(user, "127.0.0.1", headers.get("User-Agent", "")).cookie


def _session(vc: Vcenter, command: str, session: Session) -> tuple[int, Any]:
    if command == "DELETE":
        vc.sessions.end(session)
        return 204, None
    told = {
        "user": session.user,
        "created_time": session.login.isoformat(),
        "last_accessed_time": session.active.isoformat(),
    }
    return 200, told
