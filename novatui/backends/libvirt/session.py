"""Making a libvirt connection: address, credentials, keepalive, and what the host says of itself."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any, TypeVar

from novatui.backends.driver import Sink
from novatui.backends.libvirt import tls
from novatui.backends.libvirt.errors import explain_open
from novatui.backends.libvirt.library import libvirt, start_event_loop
from novatui.backends.libvirt.link import Link, timed
from novatui.backends.libvirt.uris import Address, resolve
from novatui.core.connection import ConnectionSpec, TlsInfo
from novatui.core.errors import Conflict, NovaError, Unreachable

_AUTHNAME, _PASSPHRASE, _ECHO_PROMPT, _NOECHO_PROMPT = 2, 5, 6, 7
"""virConnectCredentialType."""

T = TypeVar("T")

_opening = threading.Lock()
_embed_root: str | None = None
_others_open = False


class Opened:
    """An open connection and how it was made."""

    def __init__(self, link: Link, address: Address, tls_info: TlsInfo | None) -> None:
        self.link = link
        self.address = address
        self.tls = tls_info


def open_session(spec: ConnectionSpec, secrets: Mapping[str, str], sink: Sink) -> Opened:
    """Connect. NovaError says why it cannot be done."""
    start_event_loop()
    with ExitStack() as files:
        pki = _step("tls", sink, lambda: files.enter_context(tls.pki_folder(spec.options)))
        address = _step("resolve", sink, lambda: resolve(spec, pki=pki))
        _step("connect", sink, lambda: _claim_process(address))
        _resolve_name(address, sink)
        tls_info = _check_tls(spec, address, sink)
        readonly = spec.options.get("readonly") == "socket"
        conn = _open(address, Credentials(spec.options, secrets, sink), sink, readonly=readonly)
    link = Link(conn, sink, spec.uri)
    link.guard()
    return Opened(link, address, tls_info)


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
    request = [list(credentials.kinds), credentials.answer, None]
    flags = libvirt.VIR_CONNECT_RO if readonly else 0
    sink.call("openAuth")
    try:
        conn, ms = timed(lambda: libvirt.openAuth(address.uri, request, flags))
    except libvirt.libvirtError as error:
        explained = explain_open(error, address)
        sink.step("connect", False, 0.0, explained.failure.native)
        raise explained from None
    sink.step("connect", True, ms, address.endpoint)
    sink.step("auth", None, 0.0)
    return conn


class Credentials:
    """Answers libvirt's questions for a user name and a password (SASL) from the secrets, else from a person."""

    kinds = (_AUTHNAME, _PASSPHRASE, _ECHO_PROMPT, _NOECHO_PROMPT)

    def __init__(self, options: Mapping[str, str], secrets: Mapping[str, str], sink: Sink) -> None:
        self.options = options
        self.secrets = secrets
        self.sink = sink

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
            return self.options.get("user") or self.sink.ask("user", prompt, secret=False)
        return self.secrets.get("password") or self.sink.ask("password", prompt, secret=True)
