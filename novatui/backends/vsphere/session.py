"""A session at a vCenter or ESXi host: name, connection, certificate, version, login; and what the server is.

pyVmomi's own SmartConnect is not used: its version probe ignores pins, and it keeps one session in a global. The stub
is made with our context, by which every connection of its pool is checked (see `backends.tls`).
"""

from __future__ import annotations

import http.client
import socket
import ssl
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pyVmomi import VmomiSupport, vim
from pyVmomi.SoapAdapter import SoapStubAdapter

from novatui.backends.driver import Sink
from novatui.backends.tls import CheckedContext, Trust, context_for, told_by
from novatui.backends.vsphere.endpoint import Endpoint, endpoint_of
from novatui.backends.vsphere.errors import from_exception, unserved
from novatui.backends.vsphere.login import log_in
from novatui.backends.vsphere.soap import Channel
from novatui.backends.vsphere.updates import Ref
from novatui.core.connection import ConnectionInfo, ConnectionSpec, TlsInfo
from novatui.core.errors import BackendFault, NotSupported, NovaError, Timeout, Unreachable
from novatui.core.text import clean

CONNECT_S = 15.0
CALL_S = 90.0
"""Longest silence of a call: pyVmomi's default waits for ever."""

WAIT_S = 30
"""Seconds at most that the server holds a wait for updates when nothing happens."""

PATIENCE_S = 15.0
"""Seconds of silence beyond the wait after which a server hangs, unless the connection's `call_timeout` says others."""

POOL = 8
OLDEST = "6.5"
"""The oldest version of the API that this driver was written for."""

T = TypeVar("T")


class Opened:
    """A session, and ways to speak in it."""

    def __init__(self, endpoint: Endpoint, context: CheckedContext, tls: TlsInfo, stub: SoapStubAdapter) -> None:
        self.endpoint = endpoint
        self.context = context
        self.tls = tls
        self.stub = stub
        self.service = vim.ServiceInstance("ServiceInstance", stub)
        self.content: Any = None
        self.user = ""
        self.account: tuple[str, str] | None = None
        """Account and password, where they opened the session: what else the server serves asks for them again."""
        self.token = ""
        """The SAML token, where that opened it."""
        self.patience = PATIENCE_S

    def channel(self, seconds: float = CALL_S) -> Channel:
        """One more connection in this session, for answers that are read while they arrive."""
        action = f"urn:{VmomiSupport.GetVersionNamespace(self.stub.version)}"
        return Channel(self.endpoint, self.context, action, self.stub.cookie or "", seconds)

    @property
    def collector(self) -> Ref:
        """The session's PropertyCollector; loops make their own."""
        return Ref("PropertyCollector", self.content.propertyCollector._moId)

    def close(self) -> None:
        """Log out; a server that is gone does not matter."""
        try:
            if self.content is not None:
                self.content.sessionManager.Logout()
        except Exception:  # noqa: BLE001 - it ends here, however
            return
        finally:
            self.stub.DropConnections()


def open_session(spec: ConnectionSpec, secrets: Mapping[str, str], sink: Sink) -> Opened:
    """Connect and log in. NovaError says why it cannot be done, and the steps say how far it came."""
    endpoint = _step(sink, "resolve", lambda: _resolve(spec, sink))
    trust = Trust.from_options(spec.options)
    context = _step(sink, "tls", lambda: context_for(trust))
    tls, version = _handshake(endpoint, context, trust, sink)
    stub = SoapStubAdapter(
        host=endpoint.host,
        port=endpoint.port,
        path="/sdk",
        version=version,
        sslContext=context,
        poolSize=POOL,
        httpConnectionTimeout=CALL_S,
    )
    opened = Opened(endpoint, context, tls, stub)
    opened.patience = _seconds(spec.options.get("call_timeout")) or PATIENCE_S
    try:
        log_in(opened, spec.options.get("auth") or "auto", secrets, sink)
    except BaseException:
        opened.close()
        raise
    return opened


def info_of(opened: Opened, sink: Sink) -> ConnectionInfo:
    """What the server says of itself, and of what the account may do."""
    about = opened.content.about
    return ConnectionInfo(
        product=clean(f"{about.name} {about.version}"),  # its full name tells the build too, and that is long
        version=clean(about.version or ""),
        endpoint=str(opened.endpoint),
        hostname=opened.endpoint.host,
        user=opened.user,
        privileges=_privileges(opened, sink),
        transport="https",
        tls=opened.tls,
        period=20.0,
        pushes=True,
    )


def _privileges(opened: Opened, sink: Sink) -> str:
    """How many privileges the account has at the top; it may have others below. Empty when the server does not say."""
    sink.call("FetchUserPrivilegeOnEntities")
    try:
        (top,) = opened.content.authorizationManager.FetchUserPrivilegeOnEntities(
            entities=[opened.content.rootFolder], userName=opened.user
        )
    except Exception:  # noqa: BLE001 - pyVmomi raises anything; nothing depends on it
        return ""
    return f"{len(top.privileges)} at the top"


def _seconds(text: str | None) -> float | None:
    """A number of seconds; None when it is not given, or is none."""
    try:
        seconds = float(text or "nan")
    except ValueError:
        return None
    return seconds if 0 < seconds < float("inf") else None


def _resolve(spec: ConnectionSpec, sink: Sink) -> Endpoint:
    endpoint = endpoint_of(spec)
    begun = time.monotonic()
    try:
        found = socket.getaddrinfo(endpoint.host, endpoint.port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise Unreachable(
            f"the name {endpoint.host} is not known", native=str(error), hint="check the spelling and the DNS"
        ) from None
    addresses = ", ".join(dict.fromkeys(str(entry[4][0]) for entry in found))
    sink.step("resolve", True, _ms(begun), addresses)
    return endpoint


def _handshake(endpoint: Endpoint, context: CheckedContext, trust: Trust, sink: Sink) -> tuple[TlsInfo, str]:
    """Connection, certificate, and the newest version of the API that both sides speak."""
    begun = time.monotonic()
    http_ = http.client.HTTPSConnection(endpoint.host, endpoint.port, timeout=CONNECT_S, context=context)
    try:
        plain = socket.create_connection((endpoint.host, endpoint.port), CONNECT_S)
    except OSError as error:
        sink.step("connect", False, _ms(begun), str(error))
        raise _no_connection(endpoint, error) from None
    sink.step("connect", True, _ms(begun), str(endpoint))
    begun = time.monotonic()
    try:
        link = context.wrap_socket(plain, server_hostname=endpoint.host)
    except NovaError as error:
        sink.step("tls", False, _ms(begun), error.failure.message)
        raise
    except OSError as error:
        plain.close()
        sink.step("tls", False, _ms(begun), str(error))
        raise _no_tls(endpoint, error) from None
    told = told_by(link, trust)
    sink.step("tls", True, _ms(begun), told.version)
    http_.sock = link
    try:
        return told, _version(http_)
    except (OSError, http.client.HTTPException) as error:
        raise from_exception(error) from None
    finally:
        http_.close()


def _version(http_: http.client.HTTPSConnection) -> str:
    """As the server lists its versions at /sdk/vimServiceVersions.xml (vSphere Web Services SDK Programming Guide)."""
    http_.request("GET", "/sdk/vimServiceVersions.xml")
    response = http_.getresponse()
    body = response.read()
    if response.status >= 500:
        raise unserved(f"{response.status} {response.reason}")
    if response.status != 200:
        raise NotSupported(
            "this server speaks no vSphere API",
            meaning=f"it answers HTTP {response.status} where a vCenter or ESXi host lists its versions",
        )
    for version in _offered(body):
        known = VmomiSupport.versionMap.get(f"vim25/{version}")
        if known is not None:
            return known
    raise NotSupported("this server's version of the vSphere API is not known", hint=f"it needs {OLDEST} or newer")


def _offered(body: bytes) -> list[str]:
    """Versions of the name space urn:vim25, the newest first."""
    try:
        root = ElementTree.fromstring(body)  # noqa: S314 - expat of Python 3.11 bounds expansion; a few hundred bytes
    except ElementTree.ParseError as error:
        raise BackendFault("the server's list of versions cannot be read", native=str(error)) from None
    for space in root.iter("namespace"):
        if space.findtext("name") == "urn:vim25":
            newest = space.findtext("version", "")
            return [newest, *(each.text or "" for each in space.iter("version") if each.text != newest)]
    return []


def _no_connection(endpoint: Endpoint, error: OSError) -> NovaError:
    if isinstance(error, TimeoutError):
        return Timeout(f"{endpoint} did not answer within {CONNECT_S:.0f} s", native=str(error))
    return Unreachable(f"{endpoint} cannot be reached", native=str(error), hint="check address, port and firewall")


def _no_tls(endpoint: Endpoint, error: OSError) -> NovaError:
    if isinstance(error, ssl.SSLError):
        return Unreachable(
            f"{endpoint} speaks no TLS that is accepted here",
            native=str(error),
            hint="see tls_min of the connection, and whether the port is the right one",
        )
    return _no_connection(endpoint, error)


def _step(sink: Sink, name: str, body: Callable[[], T]) -> T:
    try:
        return body()
    except NovaError as error:
        sink.step(name, False, 0.0, error.failure.message)
        raise


def _ms(begun: float) -> float:
    return (time.monotonic() - begun) * 1000
