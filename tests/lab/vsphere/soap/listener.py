"""HTTPS on loopback: connections, their certificates, gzip, and which path goes to which part."""

from __future__ import annotations

import gzip
import http.server
import re
import socket
import ssl
import sys
import threading
import time
import traceback
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

from pyVmomi import vim, vmodl

from tests.lab.vsphere.soap.calling import Call, carry_out, not_authenticated
from tests.lab.vsphere.soap.faults import Rule
from tests.lab.vsphere.soap.sessions import COOKIE
from tests.lab.vsphere.soap.vcenter import Vcenter, versions
from tests.lab.vsphere.soap.wire import NEWEST, NotSoap, Request, fault_reply, parse, reply

GZIP_FROM = 1400
REMEMBERED = 5000
XML = "text/xml; charset=utf-8"
READING = re.compile(
    r"^(Retrieve|Continue|Wait|Check|Query|Create(Container|List)View|CreatePropertyCollector|CreateFilter|"
    r"Destroy(View|Property|Collector)|Cancel(Wait|Retrieve)|Login|Logout|SessionIs|CurrentTime|Fetch|Has|Find|Read|"
    r"CreateCollector|(Set|Reset|Rewind)Collector|ModifyListView|Recommend|Search|GetAlarm|Estimate|Acquire.*Ticket)"
)


class Dropped(Exception):
    """The connection is to be closed without an answer."""


class Listener(http.server.ThreadingHTTPServer):
    """Serves until `shutdown`."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, vc: Vcenter, port: int, certificate: Path, key: Path) -> None:
        self.vc = vc
        self.contexts = [_context(certificate, key)]
        self.other: tuple[int, ssl.SSLContext] | None = None
        """From which connection on another certificate is shown."""
        self.connections = 0
        self.open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), Conversation)

    def present_from(self, connection: int, certificate: Path, key: Path) -> None:
        """Show another certificate from the n-th new connection on, counted from now."""
        self.other = (self.connections + connection, _context(certificate, key))

    def present_again(self) -> None:
        self.other = None

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        self.connections += 1
        wrong = self.other is not None and self.connections >= self.other[0]
        context = self.other[1] if wrong and self.other else self.contexts[0]
        try:
            request.settimeout(60)
            secured = context.wrap_socket(request, server_side=True)
            secured.settimeout(None)
        except OSError:
            self.shutdown_request(request)
            return
        self.open.add(secured)
        try:
            super().process_request_thread(secured, client_address)
        finally:
            self.open.discard(secured)

    def break_connections(self) -> int:
        """Cut every connection that is open."""
        cut = list(self.open)
        for one in cut:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
        return len(cut)

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception() if hasattr(sys, "exception") else sys.exc_info()[1], OSError):
            traceback.print_exc()


def _context(certificate: Path, key: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


class Conversation(http.server.BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: Listener  # type: ignore[assignment]
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:
        """The log of calls is the Vcenter's."""

    def do_GET(self) -> None:
        self._serve(b"")

    def do_DELETE(self) -> None:
        self._serve(self._body())

    def do_PATCH(self) -> None:
        self._serve(self._body())

    def do_POST(self) -> None:
        self._serve(self._body())

    def _body(self) -> bytes:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        return gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body

    def _serve(self, body: bytes) -> None:
        path = self.path.partition("?")[0]
        try:
            if path == "/sdk/vimServiceVersions.xml":
                self._answer(200, versions().encode(), XML, {})
            elif self.command == "POST" and path in ("/sdk", "/sdk/", "/vsanHealth"):
                self._soap(body)
            else:
                self._other(path, body)
        except (Dropped, OSError):
            self.close_connection = True

    def _other(self, path: str, body: bytes) -> None:
        rule = self._before(f"{self.command} {path}", "")
        for prefix, serve in self.server.vc.pathways.items():
            if path.startswith(prefix):
                status, answer, kind, headers = serve(self.command, self.path, body, self.headers)
                self._after(rule, status, answer, kind, headers)
                return
        self._answer(404, b"Not Found", "text/plain", {})

    # --- SOAP -------------------------------------------------------------------------------------------------------

    def _soap(self, body: bytes) -> None:
        headers: dict[str, str] = {}
        try:
            request = parse(body, self.headers.get("SOAPAction", ""))
        except NotSoap as error:
            fault = vmodl.fault.InvalidRequest(msg=str(error))
            self._answer(500, fault_reply(fault, NEWEST).encode(), XML, headers)
            return
        rule = self._before(request.name, request.this._moId)
        try:
            if rule and rule.do == "fault":
                raise rule.fault()
            status, text = 200, reply(request, self._carried_out(request, body, headers))
        except vmodl.MethodFault as fault:
            status, text = 500, fault_reply(fault, request.version)
        except Exception as error:  # noqa: BLE001 - a bug of the simulator is told to the test, as the fault that a server has
            traceback.print_exc()
            fault = vmodl.fault.SystemError(reason=repr(error), msg=f"simulator: {error!r} in {request.name}")
            status, text = 500, fault_reply(fault, request.version)
        self._after(rule, status, text.encode("utf-8", "replace"), XML, headers)

    def _carried_out(self, request: Request, body: bytes, headers: dict[str, str]) -> Any:
        vc = self.server.vc
        with vc.site.lock:
            session = vc.sessions.of_cookie(self._cookie())
            anonymous = (
                getattr(request.method, "privId", None) == "System.Anonymous" or request.this._moId == "ServiceInstance"
            )
            if session is None and not anonymous and request.this._moId not in vc.site.things:
                raise vim.fault.NotAuthenticated(
                    object=request.this, privilegeId="System.View", msg="The session is not authenticated."
                )
            call = Call(
                vc,
                vc.site.find(request.this),
                request.given,
                request,
                session,
                self.client_address[0],
                self.headers.get("User-Agent", ""),
                headers,
            )
            vc.log.append(
                {
                    "number": vc.site.number("call"),
                    "method": request.name,
                    "this": request.this._moId,
                    "user": call.user,
                    "changes": READING.match(request.name) is None,
                    "session": session.key if session else "",
                    "request": body.decode("utf-8", "replace") if request.name not in ("Login", "LoginByToken") else "",
                }
            )
            del vc.log[:-REMEMBERED]
            answer = carry_out(call)
            if session is not None and not session.alive and request.name != "Logout":
                raise not_authenticated(call.this)
            return answer

    def _cookie(self) -> str:
        try:
            cookies = SimpleCookie(self.headers.get("Cookie", ""))
        except Exception:  # noqa: BLE001 - a cookie that is none is no session
            return ""
        return cookies[COOKIE].value if COOKIE in cookies else ""

    # --- planted faults, answers ------------------------------------------------------------------------------------

    def _before(self, method: str, this: str) -> Rule | None:
        rules = self.server.vc.rules
        rule = rules.strike(method, this)
        if rule is None:
            return None
        if rule.do == "delay":
            time.sleep(rule.seconds)
        elif rule.do == "drop":
            raise Dropped
        elif rule.do == "hang":
            rules.released.wait()
            raise Dropped
        elif rule.do == "status":
            page = rule.text or "<html><body>503 Service Unavailable (Failed to connect to endpoint)</body></html>"
            self._answer(rule.status, page.encode(), "text/html", {"Connection": "close"})
            raise Dropped
        return rule

    def _after(self, rule: Rule | None, status: int, body: bytes, kind: str, headers: dict[str, str]) -> None:
        if rule and rule.do == "lose":
            raise Dropped
        if rule and rule.do == "replace":
            body = body.replace(rule.old.encode(), rule.new.encode())
        if rule and rule.do == "break":
            body = body[: body.rindex(b"<", 0, max(len(body) // 2, 60)) + 2]
        self._answer(status, body, kind, headers)

    def _answer(self, status: int, body: bytes, kind: str, headers: dict[str, str]) -> None:
        if "gzip" in self.headers.get("Accept-Encoding", "") and len(body) > GZIP_FROM:
            body = gzip.compress(body, 1)
            headers = headers | {"Content-Encoding": "gzip"}
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def serve(listener: http.server.HTTPServer, name: str) -> threading.Thread:
    """Serve in a thread of its own."""
    thread = threading.Thread(target=lambda: listener.serve_forever(poll_interval=0.05), name=name, daemon=True)
    thread.start()
    return thread
