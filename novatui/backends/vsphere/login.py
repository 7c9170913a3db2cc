"""Logging in: by account and password, by a token that is given, or by one that the server gives out for them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from novatui.backends.driver import Sink
from novatui.backends.vsphere import sts
from novatui.backends.vsphere.errors import from_exception
from novatui.backends.vsphere.web import Web
from novatui.core.errors import AuthFailed, NotSupported
from novatui.core.text import clean

if TYPE_CHECKING:
    from novatui.backends.vsphere.session import Opened

UNKNOWN_WAYS = frozenset({"certificate", "session"})
"""Ways that the configuration has words for and this driver does not go yet."""


def log_in(opened: Opened, auth: str, secrets: Mapping[str, str], sink: Sink) -> None:
    """`auth` as the configuration says it. AuthFailed and others say why it cannot be done."""
    begun = time.monotonic()
    try:
        sink.call("RetrieveServiceContent")
        opened.content = opened.service.RetrieveContent()
        if auth in UNKNOWN_WAYS:
            raise NotSupported(f"vSphere is not logged in to by {auth} yet", hint='auth = "password" or "token"')
        session = _session(opened, auth, secrets, sink)
        opened.user = clean(session.userName or opened.endpoint.user)
    except Exception as error:  # noqa: BLE001 - pyVmomi raises anything
        explained = from_exception(error)
        sink.step("auth", False, (time.monotonic() - begun) * 1000, explained.failure.message)
        raise explained from None
    sink.step("auth", True, (time.monotonic() - begun) * 1000, opened.user)


def _session(opened: Opened, auth: str, secrets: Mapping[str, str], sink: Sink) -> Any:
    secret = secrets.get("password")
    token = sts.given(secret) if secret and auth in ("token", "auto") else None
    if token is not None:
        return _by_token(opened, token, sink)
    user = opened.endpoint.user or sink.ask("user", f"Account for {opened.endpoint}", secret=False)
    password = secret or sink.ask("password", f"Password of {user or '?'}", secret=True)
    if not user or not password:
        raise AuthFailed("no account or no password was given", hint="set user and password of the connection")
    if auth == "token":
        return _by_token(opened, _issued(opened, user, password, sink), sink)
    sink.call("Login")
    session = opened.content.sessionManager.Login(userName=user, password=password, locale=None)
    opened.account = (user, password)
    return session


def _issued(opened: Opened, user: str, password: str, sink: Sink) -> str:
    begun = time.monotonic()
    web = Web(opened.endpoint, opened.context)
    try:
        sink.call("IssueToken")
        token = sts.issue(web, user, password)
    finally:
        web.end()
    sink.step("token", True, (time.monotonic() - begun) * 1000, "a SAML token from the server")
    return token


def _by_token(opened: Opened, token: str, sink: Sink) -> Any:
    """The token stands in the header of this one call (SessionManager.LoginByToken)."""
    sink.call("LoginByToken")
    opened.stub.samlToken = token
    try:
        session = opened.content.sessionManager.LoginByToken()
    finally:
        opened.stub.samlToken = None
    opened.token = token
    return session
