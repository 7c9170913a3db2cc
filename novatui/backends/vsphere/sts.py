"""A SAML token for an account and its password, from the security token service of a vCenter.

A bearer token by WS-Trust 1.3 (OASIS), RequestSecurityToken with a UsernameToken in the WS-Security header. The
assertion is taken from the answer byte for byte: its signature is over what the service wrote.
"""

from __future__ import annotations

import base64
import binascii
import secrets
import time
from xml.parsers import expat
from xml.sax.saxutils import escape

from novatui.backends.vsphere.web import Web
from novatui.core.errors import AuthFailed, BackendFault, NotSupported
from novatui.core.text import clean

PATHS = ("/sts/STSService", "/sts/STSService/vsphere.local")
"""Where it is served; older ones want the name of the domain."""

ISSUE = "http://docs.oasis-open.org/ws-sx/ws-trust/200512/RST/Issue"
LIFETIME = 3600.0
"""Seconds that a token is asked for: it is used once, and the session that it opens does not end with it."""

REQUEST = """<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"
 xmlns:wsse="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
 xmlns:wsu="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
 xmlns:wst="http://docs.oasis-open.org/ws-sx/ws-trust/200512">
<soapenv:Header><wsse:Security>
<wsu:Timestamp wsu:Id="{id}"><wsu:Created>{now}</wsu:Created><wsu:Expires>{soon}</wsu:Expires></wsu:Timestamp>
<wsse:UsernameToken><wsse:Username>{user}</wsse:Username><wsse:Password>{password}</wsse:Password></wsse:UsernameToken>
</wsse:Security></soapenv:Header>
<soapenv:Body><wst:RequestSecurityToken>
<wst:TokenType>urn:oasis:names:tc:SAML:2.0:assertion</wst:TokenType>
<wst:RequestType>http://docs.oasis-open.org/ws-sx/ws-trust/200512/Issue</wst:RequestType>
<wst:Lifetime><wsu:Created>{now}</wsu:Created><wsu:Expires>{later}</wsu:Expires></wst:Lifetime>
<wst:Renewing Allow="false" OK="false"/><wst:Delegatable>false</wst:Delegatable>
<wst:KeyType>http://docs.oasis-open.org/ws-sx/ws-trust/200512/Bearer</wst:KeyType>
<wst:SignatureAlgorithm>http://www.w3.org/2001/04/xmldsig-more#rsa-sha256</wst:SignatureAlgorithm>
</wst:RequestSecurityToken></soapenv:Body></soapenv:Envelope>"""


def issue(web: Web, user: str, password: str) -> str:
    """A token as XML. AuthFailed when the service refuses them, NotSupported when the server has no such service."""
    now = time.time()
    body = REQUEST.format(
        id=f"_{secrets.token_hex(16)}",
        now=_moment(now),
        soon=_moment(now + 300),
        later=_moment(now + LIFETIME),
        user=escape(user),
        password=escape(password),
    ).encode()
    headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": ISSUE}
    for path in PATHS:
        status, answer = web.ask("POST", path, body, headers)
        if status != 404:
            return _token(status, answer)
    raise NotSupported("this server gives out no tokens", hint='auth = "password"')


def given(secret: str) -> str | None:
    """The token that somebody gives as a secret: XML, or that in base64; None when it is neither."""
    text = secret.strip()
    if not text.startswith("<"):
        try:
            text = base64.b64decode(text, validate=True).decode().strip()
        except (binascii.Error, ValueError):
            return None
    if not text.startswith("<") or "Assertion" not in text:
        return None
    return _Cut(text.encode()).assertion or None


def _token(status: int, answer: bytes) -> str:
    found = _Cut(answer)
    if found.assertion:
        return found.assertion
    if found.refusal:
        raise AuthFailed(
            "the token service refused the account or its password",
            hint="if both are right: are the clocks of this machine and of the server the same?",
            native=clean(found.refusal),
        )
    raise BackendFault(f"the token service answered HTTP {status} and no token")


class _Cut:
    """The assertion of a document, as it stands there, and the reason of a fault."""

    def __init__(self, data: bytes) -> None:
        self.assertion = ""
        self.refusal = ""
        self._begin = -1
        self._depth = 0
        self._text: list[str] = []
        self._data = data
        parser = self._parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text.append
        parser.EntityDeclHandler = _no_entities
        try:
            parser.Parse(data, True)
        except expat.ExpatError as error:
            raise BackendFault("the token cannot be read", native=f"no XML: {error}") from None

    def _start(self, tag: str, _: dict[str, str]) -> None:
        self._text.clear()
        if tag.rpartition(":")[2] == "Assertion":
            if self._depth == 0:
                self._begin = self._parser.CurrentByteIndex
            self._depth += 1

    def _end(self, tag: str) -> None:
        name = tag.rpartition(":")[2]
        if name == "Assertion":
            self._depth -= 1
            if self._depth == 0 and not self.assertion:
                end = self._data.index(b">", self._parser.CurrentByteIndex) + 1
                self.assertion = self._data[self._begin : end].decode()
        elif name == "faultstring":
            self.refusal = "".join(self._text)
        self._text.clear()


def _moment(epoch: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(epoch))


def _no_entities(*_: object) -> None:
    raise BackendFault("the token declares an entity: it is not read")
