"""The security token service at `/sts/STSService`: WS-Trust 1.3, Issue, with a password or a signed request.

A request with a UsernameToken gets a bearer token (or, with the key type PublicKey, one for the holder of the key).
A request that is signed with a certificate gets a holder-of-key token of the administrator: solution users are not
kept apart here (ASSUMED).
"""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.lab.vsphere.soap.control import steers
from tests.lab.vsphere.soap.tokens import BEARER, HOLDER, SIGNATURE
from tests.lab.vsphere.soap.wire import escaped

if TYPE_CHECKING:
    from tests.lab.vsphere.soap.vcenter import Vcenter

TRUST = "http://docs.oasis-open.org/ws-sx/ws-trust/200512"
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
USER = re.compile(r"<(?:\w+:)?Username(?:\s[^>]*)?>([^<]*)<")
PASSWORD = re.compile(r"<(?:\w+:)?Password(?:\s[^>]*)?>([^<]*)<")
EXPIRES = re.compile(r"<(?:\w+:)?Lifetime>.*?<(?:\w+:)?Expires[^>]*>([^<]+)<", re.DOTALL)
HEADER_EXPIRES = re.compile(r"<(?:\w+:)?Timestamp.*?<(?:\w+:)?Expires[^>]*>([^<]+)<", re.DOTALL)
DEFAULT_S = 300.0
Answer = tuple[int, bytes, str, dict[str, str]]


def begin_with(vc: Vcenter) -> None:
    vc.pathways["/sts/STSService"] = lambda command, path, body, headers: answer(vc, body)


def answer(vc: Vcenter, body: bytes) -> Answer:
    """A RequestSecurityTokenResponse, or a SOAP fault with the standard's code."""
    text = body.decode("utf-8", "replace")
    if "RequestSecurityToken" not in text:
        return _fault("ns0:InvalidRequest", "The request is no RequestSecurityToken.")
    stamp = HEADER_EXPIRES.search(text)
    if stamp and _moment(stamp[1]) <= datetime.now(UTC):
        return _fault("ns0:ExpiredData", "The request has expired.")
    user = _user(vc, text)
    if not user:
        return _fault("ns0:FailedAuthentication", "Invalid credentials")
    asked = EXPIRES.search(text)
    seconds = (_moment(asked[1]) - datetime.now(UTC)).total_seconds() if asked else DEFAULT_S
    method = HOLDER if f"{TRUST}/PublicKey" in text else BEARER
    token = vc.tokens.issue(user, method, seconds)
    told = (
        f'<S:Envelope xmlns:S="{ENVELOPE}"><S:Body><RequestSecurityTokenResponseCollection xmlns="{TRUST}">'
        "<RequestSecurityTokenResponse><TokenType>urn:oasis:names:tc:SAML:2.0:assertion</TokenType>"
        f"<RequestedSecurityToken>{token}</RequestedSecurityToken></RequestSecurityTokenResponse>"
        "</RequestSecurityTokenResponseCollection></S:Body></S:Envelope>"
    )
    return 200, told.encode(), "text/xml; charset=utf-8", {}


def _user(vc: Vcenter, text: str) -> str:
    name, password = USER.search(text), PASSWORD.search(text)
    if name and password:
        user = html.unescape(name[1])
        return user if vc.tokens.passwords.get(user) == html.unescape(password[1]) else ""
    signed = "BinarySecurityToken" in text and SIGNATURE.search(text.encode())
    return next(iter(vc.tokens.passwords)) if signed else ""


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.strip().replace("Z", "+00:00"))


def _fault(code: str, words: str) -> Answer:
    told = (
        f'<S:Envelope xmlns:S="{ENVELOPE}"><S:Body><S:Fault xmlns:ns0="{TRUST}"><faultcode>{code}</faultcode>'
        f"<faultstring>{escaped(words)}</faultstring></S:Fault></S:Body></S:Envelope>"
    )
    return 500, told.encode(), "text/xml; charset=utf-8", {}


@steers
def token_lifetime(vc: Vcenter, seconds: float) -> None:
    """The longest that new tokens are good for."""
    vc.tokens.longest_s = seconds


@steers
def issue_token(vc: Vcenter, user: str, seconds: float = 300, holder: bool = False) -> Any:
    """A token as the service would give it; a negative lifetime has expired already."""
    return vc.tokens.issue(user, HOLDER if holder else BEARER, seconds)
