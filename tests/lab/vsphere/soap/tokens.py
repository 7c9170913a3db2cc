"""SAML tokens: what the security token service gives out, and whether one that comes back is good.

The assertion has the shape of SAML 2.0. Its signature value is a code that only this server can make over who, how
and how long, in the place where the product has an RSA signature: a changed token is refused, but no client can
verify one.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import uuid
from datetime import UTC, datetime, timedelta

from pyVmomi import vim

SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
DSIG = "http://www.w3.org/2000/09/xmldsig#"
BEARER, HOLDER = "urn:oasis:names:tc:SAML:2.0:cm:bearer", "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key"
STAMP = "%Y-%m-%dT%H:%M:%S.000Z"
ASSERTION = re.compile(rb"<(?:\w+:)?Assertion[ >].*?</(?:\w+:)?Assertion>", re.DOTALL)
SIGNATURE = re.compile(rb"<(?:\w+:)?SignatureValue[^>]*>\s*([A-Za-z0-9+/=\s]+?)\s*<")
FIELDS = {
    "id": re.compile(rb'\bID="([^"]+)"'),
    "user": re.compile(rb"<(?:\w+:)?NameID[^>]*>([^<]+)<"),
    "until": re.compile(rb'<(?:\w+:)?Conditions[^>]*NotOnOrAfter="([^"]+)"'),
    "method": re.compile(rb'<(?:\w+:)?SubjectConfirmation [^>]*Method="([^"]+)"'),
}


class Tokens:
    """Issues and checks tokens."""

    def __init__(self, passwords: dict[str, str]) -> None:
        self.passwords = passwords
        self.longest_s = 30 * 86400.0
        """The longest lifetime that a token gets; a test makes it short."""
        self._secret = secrets.token_bytes(32)

    def issue(self, user: str, method: str, seconds: float) -> str:
        """A new assertion."""
        now = datetime.now(UTC)
        until = (now + timedelta(seconds=min(seconds, self.longest_s))).strftime(STAMP)
        id, begun = f"_{uuid.uuid4()}", now.strftime(STAMP)
        code = self._code(id, user, until, method)
        return (
            f'<saml2:Assertion xmlns:saml2="{SAML}" ID="{id}" IssueInstant="{begun}" Version="2.0">'
            '<saml2:Issuer Format="urn:oasis:names:tc:SAML:2.0:nameid-format:entity">https://localhost/websso/SAML2/Metadata'
            f'</saml2:Issuer><ds:Signature xmlns:ds="{DSIG}"><ds:SignedInfo><ds:CanonicalizationMethod '
            'Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/><ds:SignatureMethod '
            'Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/></ds:SignedInfo>'
            f"<ds:SignatureValue>{code}</ds:SignatureValue></ds:Signature>"
            f'<saml2:Subject><saml2:NameID Format="http://schemas.xmlsoap.org/claims/UPN">{user}</saml2:NameID>'
            f'<saml2:SubjectConfirmation Method="{method}"/></saml2:Subject>'
            f'<saml2:Conditions NotBefore="{begun}" NotOnOrAfter="{until}"/></saml2:Assertion>'
        )

    def user_of(self, security: bytes) -> str:
        """The account of a token in a SOAP header (or of a token alone); InvalidLogin when it is not ours, changed
        or over.

        A holder-of-key token needs the request signed besides: a second signature, outside of the assertion.
        """
        found = ASSERTION.search(security)
        token = found.group() if found else b""
        told = {name: matched[1].decode() for name, pattern in FIELDS.items() if (matched := pattern.search(token))}
        signed = SIGNATURE.search(token)
        if len(told) < len(FIELDS) or signed is None:
            raise vim.fault.InvalidLogin(msg="Cannot complete login: no valid token.")
        code = self._code(told["id"], told["user"], told["until"], told["method"])
        if not hmac.compare_digest(code, signed[1].decode()):
            raise vim.fault.InvalidLogin(msg="Cannot complete login: the token's signature is not valid.")
        if datetime.fromisoformat(told["until"].replace("Z", "+00:00")) <= datetime.now(UTC):
            raise vim.fault.InvalidLogin(msg="Cannot complete login: the token has expired.")
        if told["method"] == HOLDER and not SIGNATURE.search(security.replace(token, b"")):
            raise vim.fault.InvalidLogin(
                msg="Cannot complete login: the request of a holder-of-key token is not signed."
            )
        return told["user"]

    def _code(self, *parts: str) -> str:
        return base64.b64encode(hmac.new(self._secret, "\0".join(parts).encode(), hashlib.sha256).digest()).decode()
