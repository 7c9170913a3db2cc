"""A throw-away certificate authority made with the openssl program: for labs that speak TLS."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.lab.missing import LabError, program

DAYS = "2"
NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


@dataclass(frozen=True)
class Certificate:
    """A certificate and its private key, both PEM."""

    certificate: Path
    key: Path

    def fingerprint(self) -> str:
        """SHA-256 of the DER form, lower-case hex without colons."""
        shown = _openssl("x509", "-in", str(self.certificate), "-noout", "-fingerprint", "-sha256")
        return shown.strip().rpartition("=")[2].replace(":", "").lower()


class Authority:
    """One certificate authority in a folder of its own."""

    def __init__(self, folder: Path, name: str = "NovaTUI lab authority") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.root = Certificate(folder / "ca.pem", folder / "ca-key.pem")
        extensions = ("basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign")
        self._request(self.root, name, extensions)

    def issue_server(self, stem: str, names: tuple[str, ...] = ("DNS:localhost", "IP:127.0.0.1")) -> Certificate:
        """A server certificate, by default for the loopback; `names` are subjectAltName entries."""
        return self._issue(stem, "localhost", "serverAuth", f"subjectAltName={','.join(names)}")

    def issue_expired(self, stem: str) -> Certificate:
        """A server certificate for the loopback whose time is over since yesterday."""
        issued = self.issue_server(stem)
        wish, names = self.folder / f"{stem}.csr", self.folder / f"{stem}.ext"
        names.write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        _openssl("req", "-new", "-key", str(issued.key), "-subj", "/CN=localhost", "-out", str(wish))
        signer = ("-CA", str(self.root.certificate), "-CAkey", str(self.root.key), "-CAcreateserial", "-days", "-1")
        _openssl("x509", "-req", "-in", str(wish), *signer, "-extfile", str(names), "-out", str(issued.certificate))
        return issued

    def issue_client(self, stem: str, common_name: str = "lab client") -> Certificate:
        return self._issue(stem, common_name, "clientAuth")

    def _issue(self, stem: str, common_name: str, usage: str, *more: str) -> Certificate:
        issued = Certificate(self.folder / f"{stem}.pem", self.folder / f"{stem}-key.pem")
        extensions = (
            "basicConstraints=critical,CA:FALSE",
            "keyUsage=critical,digitalSignature,keyEncipherment",
            f"extendedKeyUsage={usage}",
            *more,
        )
        signer = ("-CA", str(self.root.certificate), "-CAkey", str(self.root.key))
        self._request(issued, common_name, extensions, *signer)
        return issued

    def _request(self, target: Certificate, name: str, extensions: tuple[str, ...], *signer: str) -> None:
        # An empty configuration: openssl's own would add a second basicConstraints.
        bare = self.folder / "openssl.cnf"
        bare.write_text("[req]\ndistinguished_name = dn\n[dn]\n")
        added = [part for extension in extensions for part in ("-addext", extension)]
        _openssl(
            *("req", "-x509", "-config", str(bare), *NEW_KEY, "-days", DAYS, "-subj", f"/CN={name}"),
            *(*signer, *added, "-out", str(target.certificate), "-keyout", str(target.key)),
        )


def _openssl(*arguments: str) -> str:
    done = subprocess.run([program("openssl"), *arguments], capture_output=True, text=True)
    if done.returncode:
        raise LabError(f"openssl {arguments[0]} failed: {done.stderr.strip()}")
    return done.stdout
