"""Where packages come from: the index and the certificates of this machine, and fetching with urllib."""

from __future__ import annotations

import base64
import configparser
import contextlib
import json
import os
import re
import ssl
import tomllib
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from html import unescape
from pathlib import Path

from report import SetupError

INDEX_VARIABLES = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL")
CERTIFICATE_VARIABLES = ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
SIMPLE_API = "application/vnd.pypi.simple.v1+json, text/html;q=0.5"
ATTEMPTS = 3


@dataclass(frozen=True)
class Index:
    """A simple package index (PEP 503, PEP 691); without an address the public one that uv.lock names."""

    url: str | None

    def environment(self) -> dict[str, str]:
        return {"UV_DEFAULT_INDEX": self.url} if self.url else {}

    def file_url(self, project: str, filename: str) -> str:
        """The address of one file of a project; SetupError when the index does not list it."""
        page = f"{(self.url or '').rstrip('/')}/{project}/"
        body = fetch(page, headers={"Accept": SIMPLE_API}).decode("utf-8", "replace")
        for name, address in listed_files(body):
            if name == filename:
                return with_credentials_of(page, urllib.parse.urljoin(page, address))
        raise SetupError(f"the package index does not list {filename}.")


@dataclass(frozen=True)
class Trust:
    """The TLS certificates of this machine: a bundle somebody named, or the system's store if it has any."""

    bundle: str | None
    system: bool

    @property
    def known(self) -> bool:
        return self.system or self.bundle is not None

    def environment(self) -> dict[str, str]:
        if self.bundle:
            return {"SSL_CERT_FILE": self.bundle}
        asked = {"UV_SYSTEM_CERTS", "UV_NATIVE_TLS"} & os.environ.keys()
        return {"UV_SYSTEM_CERTS": "true"} if self.system and not asked else {}

    def advice(self) -> str:
        if self.known:
            return ""
        return (
            "\nsetup: TLS certificates are missing on this machine. As root, once:"
            "\nsetup:   apt-get install --no-install-recommends ca-certificates"
        )


def find_index() -> Index:
    """The index named by uv's or pip's environment variables, else by their configuration files."""
    named = [os.environ[name] for name in INDEX_VARIABLES if os.environ.get(name)]
    return Index((named or [*uv_settings(), *pip_settings("index-url"), None])[0])


def trust() -> Trust:
    named = [os.environ[name] for name in CERTIFICATE_VARIABLES if os.environ.get(name)]
    bundles = [path for path in [*named, *pip_settings("cert")] if Path(path).is_file()]
    return Trust(bundles[0] if bundles else None, system_store_has_certificates())


def system_store_has_certificates() -> bool:
    paths = ssl.get_default_verify_paths()
    with contextlib.suppress(OSError):
        return bool(paths.cafile) or bool(paths.capath and os.listdir(paths.capath))
    return False


def pip_settings(key: str) -> list[str]:
    """Values of a [global] or [install] key in pip's configuration files, the one that wins first."""
    home = Path.home()
    files = [
        os.environ.get("PIP_CONFIG_FILE", ""),
        home / ".config/pip/pip.conf",
        home / ".pip/pip.conf",
        "/etc/pip.conf",
        "/etc/xdg/pip/pip.conf",
    ]
    found = []
    for file in files:
        parser = configparser.RawConfigParser()
        with contextlib.suppress(OSError, configparser.Error):
            parser.read(file)
        found += [parser.get(section, key) for section in ("install", "global") if parser.has_option(section, key)]
    return found


def uv_settings() -> list[str]:
    """Default indexes in uv's own configuration files, the user's before the system's."""
    found = []
    for file in (Path.home() / ".config/uv/uv.toml", Path("/etc/uv/uv.toml")):
        with contextlib.suppress(OSError, tomllib.TOMLDecodeError):
            settings = tomllib.loads(file.read_text())
            found += [index["url"] for index in settings.get("index", []) if index.get("default")]
            found += [settings["index-url"]] if "index-url" in settings else []
    return found


def listed_files(body: str) -> list[tuple[str, str]]:
    """(file name, address) pairs of a project's page, in either of the two forms an index answers with."""
    with contextlib.suppress(json.JSONDecodeError):
        return [(file["filename"], file["url"]) for file in json.loads(body)["files"]]
    anchors = re.findall(r"""<a\b[^>]*?href=["']([^"']+)["'][^>]*>\s*([^<]+?)\s*</a>""", body, re.IGNORECASE)
    return [(unescape(name), unescape(address)) for address, name in anchors]


def fetch(url: str, *, headers: dict[str, str] | None = None, checked_by_hash: bool = False) -> bytes:
    """The body behind an address, a few times over; SetupError says which host did not answer and how.

    With `checked_by_hash` the caller compares the body with a hash it holds already, so a machine without
    any TLS certificates may fetch it unverified.
    """
    parts = urllib.parse.urlsplit(url)
    plain = urllib.parse.urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    request = urllib.request.Request(plain, headers=headers or {})
    if parts.username:
        pair = f"{urllib.parse.unquote(parts.username)}:{urllib.parse.unquote(parts.password or '')}"
        request.add_unredirected_header("Authorization", "Basic " + base64.b64encode(pair.encode()).decode())
    context = tls_context(verify=trust().known or not checked_by_hash or bool(parts.username))
    for attempt in range(ATTEMPTS):
        try:
            with urllib.request.urlopen(request, timeout=60, context=context) as answer:
                return answer.read()
        except OSError as error:
            if attempt == ATTEMPTS - 1 or isinstance(error, urllib.error.HTTPError):
                raise SetupError(f"{parts.hostname} did not answer: {error}{trust().advice()}") from error
    raise AssertionError("unreachable")


def tls_context(*, verify: bool) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=trust().bundle)
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def with_credentials_of(page: str, url: str) -> str:
    """The file's address with the user and password of its index page, if both are on one host."""
    ours, theirs = urllib.parse.urlsplit(page), urllib.parse.urlsplit(url)
    if not ours.username or theirs.username or ours.hostname != theirs.hostname:
        return url
    return urllib.parse.urlunsplit(theirs._replace(netloc=f"{ours.netloc.rpartition('@')[0]}@{theirs.netloc}"))
