"""One HTTPS request with its whole answer, for what a vCenter serves beside SOAP's own path."""

from __future__ import annotations

import http.client
from collections.abc import Mapping

from novatui.backends.tls import CheckedContext
from novatui.backends.vsphere.endpoint import Endpoint
from novatui.backends.vsphere.errors import from_exception
from novatui.core.errors import BackendFault

SECONDS = 30.0
"""Longest silence of the server."""

MOST = 64 * 1024 * 1024
"""Bytes of an answer that are read; more is no answer to any question of ours."""


class Web:
    """A connection that is made anew where the server closed it. Belongs to one thread at a time."""

    def __init__(self, endpoint: Endpoint, context: CheckedContext) -> None:
        self._endpoint = endpoint
        self._context = context
        self._http: http.client.HTTPSConnection | None = None

    def ask(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> tuple[int, bytes]:
        """Status and body of the answer. NovaError when there is none."""
        rested = self._http is not None
        try:
            try:
                return self._exchange(method, path, body, headers)
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                if not rested:
                    raise
                self.end()
                return self._exchange(method, path, body, headers)
        except Exception as error:  # noqa: BLE001 - sockets raise several
            self.end()
            raise from_exception(error) from None

    def end(self) -> None:
        """Close it."""
        known, self._http = self._http, None
        if known is not None:
            known.close()

    def _exchange(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> tuple[int, bytes]:
        if self._http is None:
            self._http = http.client.HTTPSConnection(
                self._endpoint.host, self._endpoint.port, timeout=SECONDS, context=self._context
            )
        self._http.request(method, path, body, {"User-Agent": "novatui", **headers})
        response = self._http.getresponse()
        data = response.read(MOST + 1)
        if len(data) > MOST:
            raise BackendFault("the server's answer is longer than any should be")
        return response.status, data
