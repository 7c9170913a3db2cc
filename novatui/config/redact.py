"""Takes every known secret, in every usual encoding, out of text that is logged, bundled or shown."""

from __future__ import annotations

import base64
import logging
import re
import threading
from collections.abc import Mapping
from urllib.parse import quote, quote_plus

MASK = "«secret»"
"""What stands in a secret's place."""

_SHORTEST_ENCODED = 4
"""Characters that an encoded form needs before it is looked for: shorter base64 would hit ordinary words."""


class Redactor:
    """Knows the secrets of this process. Adding is safe from any thread; redacting takes no lock."""

    def __init__(self) -> None:
        self._forms: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        self._lock = threading.Lock()

    def add(self, secret: str) -> None:
        """Know this secret from now on, also percent-encoded, base64, and as JSON, XML or Python write it."""
        if not secret:
            return
        with self._lock:
            self._forms |= encodings(secret)
            longest_first = sorted(self._forms, key=lambda form: (-len(form), form))
            self._pattern = re.compile("|".join(map(re.escape, longest_first)))

    def redact(self, text: str) -> str:
        """The text with «secret» for each known secret in it."""
        pattern = self._pattern
        return pattern.sub(MASK, text) if pattern else text


class RedactingFormatter(logging.Formatter):
    """Log formatter that redacts the finished line: message, arguments, traceback and stack."""

    def __init__(self, redactor: Redactor, fmt: str | None = None) -> None:
        super().__init__(fmt)
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        return self._redactor.redact(super().format(record))


def encodings(secret: str) -> set[str]:
    """The forms in which a secret may turn up in a request, a log or a dump."""
    import json  # only where there are secrets: the first frame does not wait for it

    xml = _xml(secret)
    plain_json = json.dumps(secret, ensure_ascii=False)[1:-1]
    ascii_json = json.dumps(secret)[1:-1]
    forms = {
        secret,
        xml,
        _xml(secret, {'"': "&quot;", "'": "&apos;"}),
        _xml(secret, {'"': "&quot;"}),
        _xml(secret, {'"': "&#34;", "'": "&#39;"}),
        _xml(secret, {'"': "&quot;", "'": "&#x27;"}),
        plain_json,
        ascii_json,
        plain_json.replace("/", "\\/"),
        ascii_json.replace("/", "\\/"),
        repr(secret)[1:-1],
    }
    data = secret.encode("utf-8", "surrogatepass")
    for encoded in (
        quote(data, safe=""),
        quote(data),
        quote(data, safe="!$&'()*+,;=:@-._~"),
        quote_plus(data),
    ):
        forms |= {encoded, _lower_escapes(encoded)}
    forms |= {form for form in _base64_forms(data) if len(form) >= _SHORTEST_ENCODED}
    return {form for form in forms if form}


def _xml(text: str, quotes: Mapping[str, str] | None = None) -> str:
    """The text as XML writes it (xml.sax.saxutils does the same, and loads an HTTP client to do so)."""
    entities = {"&": "&amp;", "<": "&lt;", ">": "&gt;", **(quotes or {})}
    return text.translate(str.maketrans(entities))


def _lower_escapes(encoded: str) -> str:
    return re.sub("%[0-9A-F]{2}", lambda match: match.group().lower(), encoded)


def _base64_forms(data: bytes) -> set[str]:
    """Base64 of the secret, whole and as it looks inside longer data (`user:secret`), at each of three alignments."""
    forms: set[str] = set()
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        forms |= {encode(data).decode(), encode(data).decode().rstrip("=")}
        for before in range(3):
            padded = encode(b"\0" * before + data).decode().rstrip("=")
            # Characters that also carry bits of a neighbouring byte differ from text to text.
            first = (before * 8 + 5) // 6
            last = (before + len(data)) * 8 // 6
            forms.add(padded[first:last])
    return forms
