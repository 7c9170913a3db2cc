"""Requests of the vSphere Web Services API as text, and the HTTPS connection that carries them.

Only what is read in bulk goes this way, and is read while it arrives; all else is pyVmomi's, in the same session.
"""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar
from xml.sax.saxutils import escape, quoteattr

from novatui.backends.tls import CheckedContext
from novatui.backends.vsphere.endpoint import Endpoint
from novatui.backends.vsphere.updates import Broken, Fault, Reader, Ref, Update

PIECE = 65536
"""Bytes of an answer that are read at once."""

ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>{}</soapenv:Body></soapenv:Envelope>'
)


def element(name: str, text: str) -> str:
    """One element around a text."""
    return f"<{name}>{escape(text)}</{name}>"


def reference(name: str, ref: Ref) -> str:
    """One element around a reference."""
    return f"<{name} type={quoteattr(ref.type)}>{escape(ref.id)}</{name}>"


def call(method: str, this: Ref, *body: str) -> bytes:
    """The request of one method of one object."""
    return ENVELOPE.format(f'<{method} xmlns="urn:vim25">{reference("_this", this)}{"".join(body)}</{method}>').encode()


def property_set(type_: str, paths: Iterable[str]) -> str:
    """PropertySpec: which properties of which type."""
    return f"<propSet>{element('type', type_)}{''.join(element('pathSet', path) for path in paths)}</propSet>"


def members_of(holder: Ref, path: str = "view") -> str:
    """ObjectSpec: the objects that this property of a view, a host or a store refers to."""
    step = f"{element('type', holder.type)}{element('path', path)}<skip>false</skip>"
    return (
        f"<objectSet>{reference('obj', holder)}<skip>true</skip>"
        f'<selectSet xsi:type="TraversalSpec">{step}</selectSet></objectSet>'
    )


def just(ref: Ref) -> str:
    """ObjectSpec: this object."""
    return f"<objectSet>{reference('obj', ref)}<skip>false</skip></objectSet>"


class Taker(Protocol):
    """Reads one reply piece by piece. Broken when it is none; the fault is set when the server refused the call."""

    fault: Fault | None

    def feed(self, data: bytes) -> None: ...

    def close(self) -> None: ...


T = TypeVar("T", bound=Taker)


class Channel:
    """One HTTPS connection with the session's cookie: one request at a time, made anew when the server closed it.

    `end` may be called from any thread, and ends a request that waits.
    """

    def __init__(self, endpoint: Endpoint, context: CheckedContext, action: str, cookie: str, seconds: float) -> None:
        """`seconds`: longest silence of the server before the request is given up."""
        self._endpoint = endpoint
        self._context = context
        self._headers = {
            "Content-Type": "text/xml; charset=utf-8",
            "SOAPAction": f'"{action}"',
            "Cookie": cookie,
            "User-Agent": "novatui",
        }
        self._seconds = seconds
        self._turn = threading.Lock()
        self._http: http.client.HTTPSConnection | None = None
        self._ended = False

    def read(self, request: bytes, take: Callable[[Update], None], *, whole: bool = False) -> Reader:
        """Send a request that changes nothing; `take` gets the objects of the answer while it arrives, or `whole` the
        reader keeps the value that the method returns.

        The reader holds the fault if there is one. OSError, HTTPException or Broken when there is no whole answer.
        """
        return self.receive(request, Reader(take, whole=whole))

    def receive(self, request: bytes, reader: T) -> T:
        """The same, with a reader for this kind of answer."""
        with self._turn:
            response = self._send(request)
            refusal = None if response.status == 200 else Reader(_nothing)  # a SOAP fault comes with 500
            taker = refusal or reader
            try:
                while piece := response.read(PIECE):
                    taker.feed(piece)
                taker.close()
            except Broken:
                self._drop()
                if response.status not in (200, 500):
                    raise http.client.HTTPException(f"{response.status} {response.reason}") from None
                raise
            except BaseException:
                self._drop()
                raise
            if refusal is not None and refusal.fault is None:
                raise http.client.HTTPException(f"{response.status} {response.reason}")
            if refusal is not None:
                reader.fault = refusal.fault
            return reader

    def limit(self, seconds: float) -> None:
        """Another longest silence from the next request on."""
        self._seconds = seconds
        if self._http is not None and self._http.sock is not None:
            self._http.sock.settimeout(seconds)

    def _send(self, request: bytes) -> http.client.HTTPResponse:
        """A server may close a connection that rests; reading again on a new one does no harm."""
        rested = self._http is not None
        try:
            return self._exchange(request)
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            self._drop()
            if not rested or self._ended:
                raise
            return self._exchange(request)
        except BaseException:
            self._drop()
            raise

    def _exchange(self, request: bytes) -> http.client.HTTPResponse:
        if self._ended:
            raise ConnectionAbortedError("the connection was closed")
        if self._http is None:
            self._http = http.client.HTTPSConnection(
                self._endpoint.host, self._endpoint.port, timeout=self._seconds, context=self._context
            )
        self._http.request("POST", "/sdk", request, self._headers)
        return self._http.getresponse()

    def _drop(self) -> None:
        known, self._http = self._http, None
        if known is not None:
            known.close()

    def end(self) -> None:
        """Nothing is read any more."""
        self._ended = True
        known = self._http
        if known is not None and known.sock is not None:
            try:
                known.sock.shutdown(socket.SHUT_RDWR)  # wakes the thread that reads from it
            except OSError:
                return


def _nothing(_: Update) -> None:
    """A refusal tells of no object."""
