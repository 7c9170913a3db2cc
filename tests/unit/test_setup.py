"""The set-up scripts in .ci: which index, which certificates, which uv, which packages, and a .venv that was moved."""

from __future__ import annotations

import base64
import functools
import hashlib
import http.server
import importlib
import io
import json
import sys
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

from tests.lab.missing import PACKAGES

ROOT = Path(__file__).resolve().parents[2]
ON_EVERY_DEBIAN = {"apt", "coreutils", "dpkg", "gzip", "hostname", "tar", "util-linux"}
SCRIPTS = ("report", "index", "uvwheel", "debian", "bootstrap")
PROGRAM = b"#!/bin/sh\necho uv 9.9.9\n"
WHEEL_NAME = "uv-9.9.9-py3-none-manylinux_2_17_x86_64.whl"


@dataclass(frozen=True)
class Scripts:
    index: ModuleType
    uvwheel: ModuleType
    debian: ModuleType
    bootstrap: ModuleType
    report: ModuleType


@pytest.fixture
def scripts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Scripts]:
    """The scripts as the Makefile starts them, on a machine that configures nothing."""
    monkeypatch.syspath_prepend(str(ROOT / ".ci"))
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL", "PIP_CONFIG_FILE", "PIP_CERT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    yield Scripts(**{name: importlib.import_module(name) for name in SCRIPTS})
    for name in SCRIPTS:
        sys.modules.pop(name, None)


def wheel() -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        archive.writestr("uv/__init__.py", "")
        archive.writestr("uv-9.9.9.data/scripts/uv", PROGRAM)
    return body.getvalue()


def lock_for(body: bytes, url: str = f"https://nowhere.invalid/{WHEEL_NAME}") -> str:
    digest = hashlib.sha256(body).hexdigest()
    return f'[[package]]\nname = "uv"\nversion = "9.9.9"\nwheels = [{{ url = "{url}", hash = "sha256:{digest}" }}]\n'


class SimpleIndex(http.server.BaseHTTPRequestHandler):
    """A package index with one wheel, answering in HTML (PEP 503) or JSON (PEP 691), to one user if it names one."""

    def __init__(self, *args: object, form: str, body: bytes, user: str | None) -> None:
        self.form, self.body, self.user = form, body, user
        super().__init__(*args)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        wanted = "Basic " + base64.b64encode((self.user or "").encode()).decode()
        if self.user and self.headers.get("Authorization") != wanted:
            self.send_error(401)
        elif self.path == "/simple/uv/":
            self.answer(self.page().encode())
        elif self.path == f"/files/{WHEEL_NAME}":
            self.answer(self.body)
        else:
            self.send_error(404)

    def page(self) -> str:
        if self.form == "json":
            return json.dumps({"files": [{"filename": WHEEL_NAME, "url": f"../../files/{WHEEL_NAME}"}]})
        anchor = f'<a href="../../files/{WHEEL_NAME}#sha256=x" data-requires-python="&gt;=3.8">{WHEEL_NAME}</a>'
        return f"<!DOCTYPE html><html><body><h1>uv</h1>\n{anchor}<br/>\n</body></html>"

    def answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def serve() -> Iterator[object]:
    servers = []

    def start(form: str = "json", body: bytes = b"", user: str | None = None) -> str:
        handler = functools.partial(SimpleIndex, form=form, body=body, user=user)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        who = f"{user}@" if user else ""
        return f"http://{who}127.0.0.1:{server.server_port}/simple"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(("form", "user"), [("json", None), ("html", None), ("json", "al:s3c"), ("html", "al:s3c")])
def test_uv_comes_from_the_configured_index(scripts, serve, monkeypatch, tmp_path, form, user) -> None:
    body = wheel()
    (tmp_path / "uv.lock").write_text(lock_for(body))
    monkeypatch.setenv("UV_DEFAULT_INDEX", serve(form, body, user))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.setattr("platform.libc_ver", lambda: ("glibc", "2.36"))
    program = scripts.uvwheel.ensure_uv(tmp_path, tmp_path / "cache")
    assert program.read_bytes() == PROGRAM
    assert scripts.uvwheel.version_of(str(program)) == (9, 9, 9)


def test_a_file_that_uv_lock_does_not_pin_is_refused(scripts, serve, monkeypatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", serve(body=wheel() + b"changed"))
    (pinned,) = scripts.uvwheel.pinned_wheels(lock_for(wheel()))
    with pytest.raises(scripts.report.SetupError, match="SHA-256"):
        scripts.uvwheel.download(pinned)


def test_an_index_without_the_file_is_named_as_the_cause(scripts, serve, monkeypatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", serve())
    with pytest.raises(scripts.report.SetupError, match=r"does not list uv-1\.whl"):
        scripts.index.find_index().file_url("uv", "uv-1.whl")


def test_a_host_that_refuses_is_named(scripts, serve) -> None:
    with pytest.raises(scripts.report.SetupError, match=r"127\.0\.0\.1 did not answer.*401"):
        scripts.index.fetch(serve(user="al:s3c").replace("al:s3c@", "") + "/uv/")


def test_an_old_uv_on_the_path_is_passed_over(scripts, serve, monkeypatch, tmp_path) -> None:
    old = tmp_path / "bin" / "uv"
    old.parent.mkdir()
    old.write_text("#!/bin/sh\necho uv 0.1.0\n")
    old.chmod(0o755)
    body = wheel()
    (tmp_path / "uv.lock").write_text(lock_for(body))
    monkeypatch.setenv("PATH", f"{old.parent}")
    monkeypatch.setenv("UV_DEFAULT_INDEX", serve(body=body))
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.setattr("platform.libc_ver", lambda: ("glibc", "2.36"))
    assert scripts.uvwheel.ensure_uv(tmp_path, tmp_path / "cache") != old
    old.write_text("#!/bin/sh\necho uv 0.13.0\n")
    assert scripts.uvwheel.ensure_uv(tmp_path, tmp_path / "cache") == old


def test_the_lock_pins_a_uv_for_every_usual_linux(scripts) -> None:
    wheels = scripts.uvwheel.pinned_wheels((ROOT / "uv.lock").read_text())
    for machine in ("x86_64", "aarch64"):
        for libc, family in (("glibc", "manylinux"), ("", "musllinux")):
            chosen = scripts.uvwheel.choose(wheels, machine, libc or "musl")
            assert machine in chosen.filename
            assert family in chosen.filename
    with pytest.raises(scripts.report.SetupError, match="vax"):
        scripts.uvwheel.choose(wheels, "vax", "glibc")


def test_index_precedence(scripts, monkeypatch, tmp_path) -> None:
    pip = tmp_path / "pip.conf"
    pip.write_text("[global]\nindex-url = http://pip.invalid/simple\ncert = " + str(pip))
    monkeypatch.setenv("PIP_CONFIG_FILE", str(pip))
    assert scripts.index.find_index().url == "http://pip.invalid/simple"
    uv = tmp_path / "home" / ".config" / "uv" / "uv.toml"
    uv.parent.mkdir(parents=True)
    uv.write_text('[[index]]\nurl = "http://extra.invalid"\n[[index]]\nurl = "http://uv.invalid"\ndefault = true\n')
    assert scripts.index.find_index().url == "http://uv.invalid"
    monkeypatch.setenv("PIP_INDEX_URL", "http://env.invalid")
    assert scripts.index.find_index().environment() == {"UV_DEFAULT_INDEX": "http://env.invalid"}


def test_certificates_named_for_pip_serve_uv_too(scripts, monkeypatch, tmp_path) -> None:
    for name in scripts.index.CERTIFICATE_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    bundle = tmp_path / "ca.pem"
    monkeypatch.setenv("PIP_CERT", str(bundle))
    assert scripts.index.trust().bundle != str(bundle), "a bundle that is not there is no bundle"
    bundle.write_text("")
    assert scripts.index.trust().environment() == {"SSL_CERT_FILE": str(bundle)}


def test_missing_certificates_are_said_with_the_command(scripts) -> None:
    assert "install --no-install-recommends ca-certificates" in scripts.index.Trust(None, system=False).advice()
    assert scripts.index.Trust(None, system=True).advice() == ""


def test_missing_packages_are_named_once_and_set_up_goes_on(scripts, monkeypatch, capsys) -> None:
    absent = scripts.debian.Package("cpio", lambda: False)
    present = scripts.debian.Package("tmux", lambda: True)
    monkeypatch.setattr(scripts.debian, "LAB", (absent, present))
    monkeypatch.setattr(scripts.debian, "LIBVIRT_BUILD", ())
    monkeypatch.setattr(scripts.debian, "can_install", lambda: False)
    scripts.debian.install_for_tests()
    said = capsys.readouterr().out
    assert "apt-get install --no-install-recommends cpio\n" in said
    assert "tmux" not in said


def test_what_the_labs_look_for_is_installed(scripts) -> None:
    names = {package.name for package in scripts.debian.LIBVIRT_BUILD + scripts.debian.LAB}
    assert set(PACKAGES.values()) - ON_EVERY_DEBIAN - names == set()


def test_services_are_held_down_only_while_packages_install(scripts, monkeypatch, tmp_path) -> None:
    policy = tmp_path / "policy-rc.d"
    monkeypatch.setattr(scripts.debian, "POLICY", policy)
    with scripts.debian.services_stay_down():
        assert policy.read_text().endswith("exit 101\n")
    assert not policy.exists()
    policy.write_text("the machine's own")
    with scripts.debian.services_stay_down():
        assert policy.read_text() == "the machine's own"
    assert policy.exists()


@pytest.fixture
def venv(scripts, monkeypatch, tmp_path) -> Path:
    """A .venv as the set-up would leave it in a checkout."""
    folder = tmp_path / "checkout" / ".venv"
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").symlink_to(sys.executable)
    (folder / "bin" / "novatui").write_text(f"#!{folder}/bin/python\n")
    monkeypatch.setattr(scripts.bootstrap, "VENV", folder)
    return folder


def test_a_venv_is_filled_up_to_its_stamp(scripts, venv) -> None:
    assert not scripts.bootstrap.is_filled("demo", "key")
    scripts.bootstrap.stamp("dev").write_text("key")
    assert scripts.bootstrap.is_filled("demo", "key")
    assert scripts.bootstrap.is_filled("dev", "key")
    assert not scripts.bootstrap.is_filled("dev+libvirt", "key")
    assert not scripts.bootstrap.is_filled("dev", "another key")


def test_a_moved_venv_is_not_trusted(scripts, venv, monkeypatch) -> None:
    scripts.bootstrap.stamp("dev").write_text("key")
    moved = venv.parent.parent / "elsewhere"
    venv.parent.rename(moved)
    monkeypatch.setattr(scripts.bootstrap, "VENV", moved / ".venv")
    assert not scripts.bootstrap.is_filled("dev", "key")


def test_a_venv_whose_python_is_gone_is_not_trusted(scripts, venv) -> None:
    scripts.bootstrap.stamp("dev").write_text("key")
    assert scripts.bootstrap.is_filled("dev", "key")
    (venv / "bin" / "python").unlink()
    (venv / "bin" / "python").symlink_to("/nonexistent/python3")
    assert not scripts.bootstrap.is_filled("dev", "key")
