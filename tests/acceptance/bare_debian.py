"""A Debian 12 with nothing but python3 and make, in a chroot that reaches the package hosts as this machine does."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SUITE = "bookworm"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
PASSED_ON = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
NETWORK_FILES = ("etc/resolv.conf", "etc/hosts", "usr/local/share/ca-certificates")
APT_FILES = (
    "etc/apt/sources.list",
    "etc/apt/sources.list.d",
    "etc/apt/apt.conf.d",
    "etc/apt/preferences.d",
    "etc/apt/trusted.gpg",
    "etc/apt/trusted.gpg.d",
    "etc/apt/keyrings",
    "etc/apt/auth.conf",
    "etc/apt/auth.conf.d",
    "usr/share/keyrings",
)
BUNDLE = "/etc/certificates-of-the-host.pem"
PERSON = "someone"

ENTER = """
set -e
mount --bind "$1" "$1"
cd "$1"
mount -t proc proc proc
mount -t sysfs sysfs sys
mount --rbind /dev dev
pivot_root . .
umount --lazy .
exec chroot "${@:2}"
"""
"""Runs in namespaces of its own: the mounts and every process end with it, however it ends. The folder becomes the
root of a mount, as on a real machine, so that the tests can make namespaces below."""

LEFT_RUNNING = "== left running"
AFTERWARDS = f"""
status=$?
echo '{LEFT_RUNNING}'
for process in /proc/[0-9]*; do
    [ $process = /proc/1 ] || {{ tr '\\0' ' ' <$process/cmdline && echo; }} 2>/dev/null
done
exit $status
"""


@dataclass(frozen=True)
class Answer:
    """What a command did: its exit status, its words, and the processes it left behind."""

    status: int
    output: str
    left_running: list[str]


@dataclass(frozen=True)
class BareDebian:
    """The chroot, with the project's HEAD unpacked for root and for an ordinary user without sudo."""

    root: Path

    def command(self, line: str, *, user: str, environment: dict[str, str] | None = None) -> list[str]:
        """The command of this machine that runs a shell line in the chroot, in the user's checkout."""
        home = "/root" if user == "root" else f"/home/{user}"
        variables = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        variables |= index_environment()
        variables |= {"HOME": home, "USER": user, "PATH": PATH, "LANG": "C.UTF-8", "TERM": "xterm-256color"}
        given = [f"{name}={value}" for name, value in (variables | (environment or {})).items()]
        inside = ["env", "-i", *given, "bash", "-c", f"cd ~/novatui && {line}\n{AFTERWARDS}"]
        namespaces = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private"]
        return [
            *namespaces,
            *("bash", "-c", ENTER, "enter", str(self.root)),
            *(f"--userspec={user}:{user}", "--groups=", "."),
            *inside,
        ]

    def run(self, line: str, *, user: str, seconds: float, environment: dict[str, str] | None = None) -> Answer:
        answer = subprocess.run(
            self.command(line, user=user, environment=environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=seconds,
            check=False,
        )
        output, _, left = answer.stdout.decode("utf-8", "replace").partition(LEFT_RUNNING)
        return Answer(answer.returncode, output, left.strip().splitlines())


def reason_to_skip() -> str | None:
    """Why this machine cannot make the chroot, if it cannot."""
    if os.geteuid() != 0:
        return "a chroot needs root"
    absent = [name for name in ("debootstrap", "unshare", "git") if program(name) is None]
    if absent:
        return f"not installed: {' '.join(absent)}"
    inside = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, check=False)
    return "not a git checkout: there is no HEAD to unpack" if inside.returncode else None


def program(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:{PATH}")


@contextmanager
def bare_debian(folder: Path) -> Iterator[BareDebian]:
    """Unpack a fresh chroot below a folder, with this machine's way to the package hosts; remove it at the end."""
    root = folder / "debian"
    root.mkdir()
    try:
        subprocess.run(["tar", "--extract", "--file", minbase(), "--directory", root], check=True)
        if host_release() == SUITE:
            (root / "etc/apt/sources.list").unlink(missing_ok=True)
        for name in NETWORK_FILES + (APT_FILES if host_release() == SUITE else ()):
            copy_in(root, name)
        if bundle := host_certificates():
            shutil.copy(bundle, f"{root}{BUNDLE}")
        subprocess.run(["chroot", root, "useradd", "--create-home", PERSON], check=True, env={"PATH": PATH})
        unpack_head(root / "root" / "novatui")
        unpack_head(root / "home" / PERSON / "novatui")
        subprocess.run(["chroot", root, "chown", "-R", f"{PERSON}:", f"/home/{PERSON}"], check=True, env={"PATH": PATH})
        yield BareDebian(root)
    finally:
        shutil.rmtree(root)


def minbase() -> Path:
    """The archive of a minbase Debian with python3 and make; made once, kept in the checkout's cache."""
    archive = ROOT / ".cache" / f"debian-{SUITE}-minbase.tar"
    if archive.exists():
        return archive
    archive.parent.mkdir(exist_ok=True)
    made, part = archive.with_suffix(".made"), archive.with_suffix(".part")
    shutil.rmtree(made, ignore_errors=True)
    command = [program("debootstrap"), "--variant=minbase", "--include=python3,make", SUITE, made, *host_mirror()]
    subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["tar", "--create", "--file", part, "--directory", made, "."], check=True)
    shutil.rmtree(made)
    part.rename(archive)
    return archive


def host_mirror() -> list[str]:
    """Where this machine gets the suite's packages from, if it does."""
    command = ["apt-get", "indextargets", "--format", "$(REPO_URI)", f"Codename: {SUITE}", "Component: main"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    return answer.stdout.split()[:1]


def host_release() -> str:
    lines = Path("/etc/os-release").read_text().splitlines()
    return next((line.partition("=")[2] for line in lines if line.startswith("VERSION_CODENAME=")), "")


def host_certificates() -> str | None:
    """This machine's certificate bundle: the one its environment names, else the system's."""
    named = os.environ.get("SSL_CERT_FILE", "")
    return next((file for file in (named, "/etc/ssl/certs/ca-certificates.crt") if Path(file).is_file()), None)


def index_environment() -> dict[str, str]:
    """The package index this machine is configured for, as the set-up script finds it."""
    code = "from index import find_index; print(find_index().url or '')"
    answer = subprocess.run([sys.executable, "-c", code], cwd=ROOT / ".ci", capture_output=True, text=True, check=True)
    url = answer.stdout.strip()
    return {"UV_DEFAULT_INDEX": url} if url else {}


def copy_in(root: Path, name: str) -> None:
    source, target = Path("/", name), root / name
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)
    elif source.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)


def unpack_head(folder: Path) -> None:
    """The committed project, as a fresh clone would have it."""
    folder.mkdir(parents=True)
    archive = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, capture_output=True, check=True)
    subprocess.run(["tar", "--extract", "--directory", folder], input=archive.stdout, check=True)
