"""The GOVC_* variables of VMware's govc as a connection; their meaning is that of govc's own usage text."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

import msgspec

URL, USER, PASSWORD = "GOVC_URL", "GOVC_USERNAME", "GOVC_PASSWORD"


class Vcenter(msgspec.Struct, frozen=True, kw_only=True):
    """What the variables say."""

    uri: str
    settings: dict[str, object]
    """Further keys of the connection."""
    remarks: tuple[str, ...]
    """What they say and was not taken over, and why."""


def vcenter(environ: Mapping[str, str]) -> Vcenter | None:
    """The connection; None when GOVC_URL names no host. A password in the URL is never taken over."""
    said = environ.get(URL, "").strip()
    if not said:
        return None
    try:
        parts = urlsplit(said if "://" in said else f"https://{said}")
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if not host:
        return None
    user = environ.get(USER, "") or unquote(parts.username or "")
    address = f"[{host}]" if ":" in host else host
    remarks: list[str] = []
    settings: dict[str, object] = {"user": user}
    if environ.get(PASSWORD):
        settings["password"] = f"env:{PASSWORD}"
    elif parts.password is not None:
        remarks.append(f"the password in {URL} stays where it is; it is asked for when it is needed")
    if environ.get("GOVC_INSECURE", "").lower() in {"1", "true", "t"}:
        remarks.append("GOVC_INSECURE is not taken over: the certificate's fingerprint is asked about once instead")
    authorities = environ.get("GOVC_TLS_CA_CERTS", "")
    if authorities.startswith("/") and ":" not in authorities:
        settings["tls"] = f"ca:{authorities}"
    elif authorities:
        remarks.append("GOVC_TLS_CA_CERTS is not taken over: give one file with its full path as `tls`")
    if environ.get("GOVC_CERTIFICATE"):
        settings |= {"auth": "certificate", "cert": environ["GOVC_CERTIFICATE"]}
        settings["key"] = environ.get("GOVC_PRIVATE_KEY", "")
    tail = f":{port}" if port else ""
    return Vcenter(uri=f"vsphere://{address}{tail}", settings=settings, remarks=tuple(remarks))
