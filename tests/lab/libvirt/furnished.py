"""A lab host that has firmware with secure boot and a TPM emulator, as far as libvirt can tell without starting one.

libvirt believes the descriptions of firmware in its configuration folder, and what `swtpm` prints of itself. Machines
with either can be defined there; they would not start.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from tests.lab.libvirt.daemon import LibvirtHost
from tests.lab.libvirt.isolation import give_away
from tests.lab.missing import program

_FEATURES = ["acpi-s3", "enrolled-keys", "requires-smm", "secure-boot", "verbose-dynamic"]


def furnished_host(name: str = "furnished") -> LibvirtHost:
    """Not started yet."""
    host = LibvirtHost(name, prefix=_with_programs)
    _install_swtpm(host.directory / "bin")
    _install_firmware(host.directory)
    give_away(host.directory)
    return host


def _with_programs(directory: Path) -> Sequence[str]:
    return [program("env"), f"PATH={directory}/bin:{os.environ.get('PATH', os.defpath)}"]


def _install_swtpm(folder: Path) -> None:
    folder.mkdir()
    for name in ("swtpm", "swtpm_setup", "swtpm_ioctl"):
        told = json.dumps({"type": name, "features": ["tpm-1.2", "tpm-2.0"], "version": "0.7.1"})
        file = folder / name
        file.write_text(f"#!/bin/sh\necho '{told}'\n")
        file.chmod(0o755)


def _install_firmware(directory: Path) -> None:
    folder = directory / "config/qemu/firmware"
    folder.mkdir(parents=True)
    code, variables = directory / "code.fd", directory / "vars.fd"
    for file in (code, variables):
        file.write_bytes(bytes(1024))
    described = {
        "description": "UEFI with secure boot",
        "interface-types": ["uefi"],
        "mapping": {
            "device": "flash",
            "executable": {"filename": str(code), "format": "raw"},
            "nvram-template": {"filename": str(variables), "format": "raw"},
        },
        "targets": [{"architecture": "x86_64", "machines": ["pc-q35-*"]}],
        "features": _FEATURES,
        "tags": [],
    }
    (folder / "40-secure-boot.json").write_text(json.dumps(described))
