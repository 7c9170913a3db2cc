"""Making a libvirt connection: address, credentials, keepalive, and what the host says of itself."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any, TypeVar

import msgspec

from novatui.backends.driver import Sink
from novatui.backends.libvirt import tls
from novatui.backends.libvirt.errors import explain_open
from novatui.backends.libvirt.library import libvirt, start_event_loop
from novatui.backends.libvirt.link import CallSink, Link, timed
from novatui.backends.libvirt.uris import Address, resolve
from novatui.core.connection import ConnectionSpec, TlsInfo
from novatui.core.errors import Conflict, Failure, NovaError, Unreachable

_AUTHNAME, _PASSPHRASE, _ECHO_PROMPT, _NOECHO_PROMPT = 2, 5, 6, 7
"""virConnectCredentialType."""

_ELSEWHERE = ("tls_ca", "tls_pin", "tls_min", "tls_insecure", "keyfile")
"""Options of a connection that hold for another host, too."""

T = TypeVar("T")

_opening = threading.Lock()
_embed_root: str | None = None
_others_open = False


class Opened:
    """An open connection and how it was made."""

    def __init__(self, link: Link, address: Address, tls_info: TlsInfo | None, credentials: Credentials) -> None:
        self.link = link
        self.address = address
        self.tls = tls_info
        self.credentials = credentials


def open_session(spec: ConnectionSpec, secrets: Mapping[str, str], sink: Sink) -> Opened:
    """Connect. NovaError says why it cannot be done."""
    start_event_loop()
    with ExitStack() as files:
        pki = _step("tls", sink, lambda: files.enter_context(tls.pki_folder(spec.options)))
        address = _step("resolve", sink, lambda: resolve(spec, pki=pki))
        _step("connect", sink, lambda: _claim_process(address))
        _resolve_name(address, sink)
        tls_info = _check_tls(spec, address, sink)
        credentials = Credentials(spec.options, secrets, sink)
        conn = _open(address, credentials, sink, readonly=_is_readonly(spec))
    return Opened(_guarded(conn, sink, spec), address, tls_info, credentials)


def open_again(spec: ConnectionSpec, credentials: Credentials, sink: Sink) -> Link:
    """Another connection like one that is open: no step of it is told, and nobody is asked again."""
    with tls.pki_folder(spec.options) as pki:
        address = resolve(spec, pki=pki)
        conn = _connect(address, credentials, sink, readonly=_is_readonly(spec))
    return _guarded(conn, sink, spec)


def open_elsewhere(spec: ConnectionSpec, uri: str, sink: Sink) -> Link:
    """A connection to another host, for one call that takes two. Nothing that is secret here is shown there."""
    there = msgspec.structs.replace(
        spec, uri=uri, options={name: spec.options[name] for name in _ELSEWHERE if name in spec.options}
    )
    aside = Aside(sink)
    with tls.pki_folder(there.options) as pki:
        address = resolve(there, pki=pki)
        conn = _connect(address, Credentials(there.options, {}, aside), aside, readonly=False)
    return _guarded(conn, aside, there)


class Aside:
    """The sink for a connection beside the one that is told of: its end is that of the call that uses it."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    def call(self, name: str) -> None:
        """A native call is about to go out."""
        self._sink.call(name)

    def ask(self, topic: str, text: str, *, secret: bool) -> str | None:
        """Ask a person."""
        return self._sink.ask(topic, text, secret=secret)

    def lost(self, failure: Failure) -> None:
        """Whoever uses it sees that by the failure of the call."""


def _guarded(conn: libvirt.virConnect, sink: CallSink, spec: ConnectionSpec) -> Link:
    link = Link(conn, sink, spec.uri)
    link.guard()
    return link


def _is_readonly(spec: ConnectionSpec) -> bool:
    return spec.options.get("readonly") == "socket"


def _step(name: str, sink: Sink, body: Callable[[], T]) -> T:
    """Do it; a failure is told as that of this step."""
    try:
        return body()
    except NovaError as error:
        sink.step(name, False, 0.0, error.failure.message)
        raise


def _claim_process(address: Address) -> None:
    """An embedded QEMU driver serves one root for the life of its process, and disturbs other qemu connections."""
    global _embed_root, _others_open
    with _opening:
        if address.transport == "embed":
            root = address.query["root"]
            if _others_open or (_embed_root is not None and _embed_root != root):
                raise Conflict(
                    "an embedded QEMU needs a worker process of its own",
                    meaning="this process already serves other libvirt connections",
                    hint="let fewer connections share a worker",
                    subject=_embed_root or "",
                )
            _embed_root = root
        elif address.driver == "qemu":
            if _embed_root is not None:
                raise Conflict(
                    "this worker process belongs to an embedded QEMU",
                    meaning="other qemu connections would misbehave beside it",
                    hint="let fewer connections share a worker",
                    subject=_embed_root,
                )
            _others_open = True


def _resolve_name(address: Address, sink: Sink) -> None:
    """The first step, told apart where libvirt would do it by itself; ssh has names of its own."""
    if address.transport not in {"tcp", "tls"}:
        sink.step("resolve", None, 0.0)
        return
    try:
        found, ms = timed(lambda: socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM))
    except OSError as error:
        sink.step("resolve", False, 0.0, str(error))
        raise Unreachable(
            f"the name {address.host} is not known", native=str(error), hint="check the spelling and the DNS"
        ) from None
    sink.step("resolve", True, ms, ", ".join(dict.fromkeys(str(entry[4][0]) for entry in found)))


def _check_tls(spec: ConnectionSpec, address: Address, sink: Sink) -> TlsInfo | None:
    """What a handshake of our own shows: libvirt does not tell version or certificate of its connection."""
    if address.transport != "tls":
        return None
    info, ms = _step("tls", sink, lambda: timed(lambda: tls.look(address, spec.options)))
    sink.step("tls", True if info.version else None, ms, info.version)
    return info


def _open(address: Address, credentials: Credentials, sink: Sink, *, readonly: bool) -> libvirt.virConnect:
    try:
        conn, ms = timed(lambda: _connect(address, credentials, sink, readonly=readonly))
    except NovaError as error:
        sink.step("connect", False, 0.0, error.failure.native)
        raise
    sink.step("connect", True, ms, address.endpoint)
    sink.step("auth", None, 0.0)
    return conn


def _connect(address: Address, credentials: Credentials, sink: CallSink, *, readonly: bool) -> libvirt.virConnect:
    request = [list(credentials.kinds), credentials.answer, None]
    sink.call("openAuth")
    try:
        return libvirt.openAuth(address.uri, request, libvirt.VIR_CONNECT_RO if readonly else 0)
    except libvirt.libvirtError as error:
        raise explain_open(error, address) from None


class Credentials:
    """Answers libvirt's questions for a user name and a password (SASL) from the secrets, else from a person.

    A person is asked each question once: further connections are given the same answers.
    """

    kinds = (_AUTHNAME, _PASSPHRASE, _ECHO_PROMPT, _NOECHO_PROMPT)

    def __init__(self, options: Mapping[str, str], secrets: Mapping[str, str], sink: CallSink) -> None:
        self.options = options
        self.secrets = secrets
        self.sink = sink
        self._told: dict[str, str | None] = {}

    def answer(self, questions: list[list[Any]], _opaque: object) -> int:
        """Fill in each question's fifth place. -1: not answered, which fails the connection."""
        for question in questions:
            kind, prompt = question[0], str(question[1] or "")
            answer = self._answer_to(kind, prompt)
            if answer is None:
                return -1
            question[4] = answer
        return 0

    def _answer_to(self, kind: int, prompt: str) -> str | None:
        if kind in {_AUTHNAME, _ECHO_PROMPT}:
            return self.options.get("user") or self._ask("user", prompt, secret=False)
        return self.secrets.get("password") or self._ask("password", prompt, secret=True)

    def _ask(self, topic: str, prompt: str, *, secret: bool) -> str | None:
        if prompt not in self._told:
            self._told[prompt] = self.sink.ask(topic, prompt, secret=secret)
        return self._told[prompt]
