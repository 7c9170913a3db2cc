"""SAML tokens: what the security token service gives out, and whether one that comes back is good."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from pyVmomi import vim

NAME = re.compile(rb"<(?:\w+:)?NameID[^>]*>([^<]+)<")
EXPIRY = re.compile(rb'NotOnOrAfter="([^"]+)"')
SIGNED = re.compile(rb"<(?:\w+:)?SignatureValue[^>]*>\s*[A-Za-z0-9+/=\s]{16,}<")


class Tokens:
    """Whose token it is."""

    def __init__(self, passwords: dict[str, str]) -> None:
        self.passwords = passwords
        self.issued: set[str] = set()
        """Ids of assertions that were given out."""

    def user_of(self, security: bytes) -> str:
        """The account of a token in a SOAP header; InvalidLogin when it is not ours, unsigned or over."""
        name, expiry = NAME.search(security), EXPIRY.search(security)
        given = re.search(rb'\bID="([^"]+)"', security)
        known = given is not None and given[1].decode() in self.issued
        if not (name and expiry and known and SIGNED.search(security)):
            raise vim.fault.InvalidLogin(msg="Cannot complete login: the token is not valid.")
        if datetime.fromisoformat(expiry[1].decode().replace("Z", "+00:00")) < datetime.now(UTC):
            raise vim.fault.InvalidLogin(msg="Cannot complete login: the token has expired.")
        return name[1].decode()
