"""Targets: what each URI means, and clear words for those that mean nothing."""

from __future__ import annotations

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from novatui.config.targets import (
    EXAMPLES,
    Target,
    is_uri,
    mask_uri,
    parse_target,
    parse_via,
    short_name,
)
from novatui.core.states import Family


@pytest.mark.parametrize(
    ("uri", "scheme", "transport", "host", "path"),
    [
        ("qemu:///system", "qemu", "", "", "/system"),
        ("qemu:///session", "qemu", "", "", "/session"),
        ("qemu://kvm1/system", "qemu", "", "kvm1", "/system"),
        (
            "qemu+ssh://root@kvm1.example.org:2222/system?keyfile=/k&no_verify=1",
            "qemu",
            "ssh",
            "kvm1.example.org",
            "/system",
        ),
        ("qemu+unix:///system?socket=/run/libvirt/virtqemud-sock", "qemu", "unix", "", "/system"),
        ("qemu+tls://kvm1/system?pkipath=/etc/pki/kvm1", "qemu", "tls", "kvm1", "/system"),
        ("qemu+tcp://[fd00::1]:16509/session", "qemu", "tcp", "fd00::1", "/session"),
        ("qemu+ext:///system?command=/usr/bin/reach", "qemu", "ext", "", "/system"),
        ("qemu:///embed?root=/var/lib/embed", "qemu", "", "", "/embed"),
        ("test:///default", "test", "", "", "/default"),
        ("test:///srv/host.xml", "test", "", "", "/srv/host.xml"),
        ("test+unix:///default?socket=/run/a.sock", "test", "unix", "", "/default"),
        ("xen:///system", "xen", "", "", "/system"),
        ("xen:///", "xen", "", "", "/"),
        ("xen+ssh://root@dom0/system", "xen", "ssh", "dom0", "/system"),
        ("lxc:///system", "lxc", "", "", "/system"),
        ("ch:///session", "ch", "", "", "/session"),
        ("vbox:///session", "vbox", "", "", "/session"),
    ],
)
def test_libvirt_uris_are_taken_as_libvirt_writes_them(
    uri: str, scheme: str, transport: str, host: str, path: str
) -> None:
    target = parse_target(uri)
    assert target.uri == uri
    assert (target.driver, target.family) == ("libvirt", Family.LIBVIRT)
    assert (target.scheme, target.transport, target.host, target.path) == (scheme, transport, host, path)


def test_parameters_are_decoded() -> None:
    target = parse_target("qemu+unix:///system?socket=/run/a%20b")
    assert target.param("socket") == "/run/a b"
    assert target.param("keyfile", "none") == "none"


@pytest.mark.parametrize(
    ("uri", "canonical", "family"),
    [
        ("kvm:///system", "qemu:///system", Family.LIBVIRT),
        ("kvm+ssh://root@kvm1/system", "qemu+ssh://root@kvm1/system", Family.LIBVIRT),
        ("vc://root@vc1", "vsphere://root@vc1", Family.VSPHERE),
        ("ESX://root@esx1/", "vsphere://root@esx1", Family.VSPHERE),
        ("hv://admin@hv1:5985", "hyperv://admin@hv1:5985", Family.HYPERV),
        ("xen://root@pool", "xcpng://root@pool", Family.XCPNG),
        ("xapi://root@pool:8443", "xcpng://root@pool:8443", Family.XCPNG),
        ("pve://root@pam!tok@pve1:8006", "proxmox://root@pam!tok@pve1:8006", Family.PROXMOX),
        ("vsphere://administrator%40vsphere.local@vc1", "vsphere://administrator@vsphere.local@vc1", Family.VSPHERE),
        ("hyperv://CORP%5Cadmin@hv1", "hyperv://CORP%5Cadmin@hv1", Family.HYPERV),
        ("demo://", "demo://", None),
        ("demo://?vms=0500&family=pve", "demo://?vms=500&family=proxmox", Family.PROXMOX),
    ],
)
def test_aliases_become_canonical(uri: str, canonical: str, family: Family | None) -> None:
    target = parse_target(uri)
    assert (target.uri, target.family) == (canonical, family)
    assert parse_target(target.uri) == target


def test_a_proxmox_account_is_taken_apart() -> None:
    target = parse_target("proxmox://monitor@pve!novatui@pve1")
    assert (target.user, target.token, target.host, target.endpoint) == ("monitor@pve", "novatui", "pve1", "pve1:8006")


@pytest.mark.parametrize(
    ("uri", "endpoint"),
    [
        ("vsphere://u@vc1", "vc1:443"),
        ("hyperv://u@[fd00::1]", "[fd00::1]:5986"),
        ("qemu+ssh://kvm1/system", "kvm1"),
        ("qemu+ssh://kvm1:22/system", "kvm1:22"),
        ("qemu:///system", ""),
    ],
)
def test_the_endpoint_names_the_port_that_is_used(uri: str, endpoint: str) -> None:
    assert parse_target(uri).endpoint == endpoint


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("prod", "is not a target URI"),
        ("root@kvm1", "is not a target URI"),
        ("qemy:///system", "did you mean `qemu://`"),
        ("vshpere://u@h", "did you mean `vsphere://`"),
        ("https://pve1:8006", "unknown kind of target `https`"),
        ("qemu:///", "does not say which daemon"),
        ("qemu://kvm1", "does not say which daemon"),
        ("qemu:///sytem", "did you mean `/system`"),
        ("qemu+ssh:///system", "names no host"),
        ("qemu+unix://kvm1/system", "takes no host"),
        ("qemu+shs://kvm1/system", "did you mean `qemu+ssh://`"),
        ("qemu+libssh2://kvm1/system", "use qemu+ssh://"),
        ("qemu+ext:///system", "needs a command"),
        ("qemu:///embed", "needs a folder of its own"),
        ("qemu:///embed?root=relative", "full path for `root`"),
        ("qemu+ssh://kvm1/embed?root=/r", "neither transport nor host"),
        ("qemu+unix:///system?sockte=/x", "did you mean `socket`"),
        ("qemu+ssh://-oProxyCommand=x@kvm1/system", "begins with a dash"),
        ("qemu+ssh://-oProxyCommand/system", "no valid host name"),
        ("test:///", "needs a host description"),
        ("vsphere://", "names no host"),
        ("vsphere://root@vc1/sdk", "something after the host"),
        ("vsphere+ssh://root@vc1", "is not offered"),
        ("vsphere://root@vc1:0", "no valid port"),
        ("vsphere://root@vc1:65536", "no valid port"),
        ("vsphere://root@vc1:", "no valid port"),
        ("vsphere://root@:443", "a port but no host"),
        ("vsphere://@vc1", "no readable user"),
        ("vsphere://root@fd00::1", "write [fd00::1]"),
        ("vsphere://root@[fd00::zz]", "no valid IPv6"),
        ("vsphere://root@vc 1", "spaces or control characters"),
        ("vsphere://root@vc1\x1b[2J", "spaces or control characters"),
        ("proxmox://root@pve1", "needs the user's realm"),
        ("proxmox://root@pam!@pve1", "names no token"),
        ("demo://host", "takes parameters only"),
        ("demo://?vms=0", "a whole number from 1"),
        ("demo://?vms=-5", "a whole number from 1"),
        ("demo://?vms=9999999999", "a whole number from 1"),
        ("demo://?vm=5", "did you mean `vms`"),
        ("demo://?family=docker", "cannot take `docker` for `family`"),
    ],
)
def test_a_wrong_uri_is_told_in_clear_words(uri: str, words: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse_target(uri)
    assert words in str(caught.value)
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize("family", sorted(EXAMPLES))
def test_the_examples_are_right(family: str) -> None:
    for shown in EXAMPLES[family].split(" or "):
        if family == "via":
            assert str(parse_via(shown)) == shown
        else:
            target = parse_target(shown)
            assert target.driver == family
            assert target.uri == shown


PASSWORDS = [
    "hunter2",
    "hun@ter2",
    "hun/ter2",
    "hun#ter2",
    "hun?ter2",
    "hun:ter2",
    "hun%40ter2",
    "@hunter2@",
    "h/u@n:ter2",
]


@pytest.mark.parametrize("password", PASSWORDS)
@pytest.mark.parametrize(
    "form", ["vsphere://root:{}@vc1", "qemu+tcp://root:{}@kvm1/system", "proxmox://root@pam!t:{}@pve1"]
)
def test_a_password_in_a_uri_is_refused_and_not_repeated(form: str, password: str) -> None:
    uri = form.format(password)
    with pytest.raises(ValueError) as caught:
        parse_target(uri)
    assert "ter2" not in str(caught.value)
    assert password not in mask_uri(uri)


def test_a_password_in_a_uri_gets_the_hint_how_to_give_it() -> None:
    with pytest.raises(ValueError, match=r"holds a password; give it apart: .*keyring:SERVICE/USER.*--password-from"):
        parse_target("vsphere://root:hunter2@vc1")
    with pytest.raises(ValueError, match="holds a secret") as caught:
        parse_target("qemu:///system?Password=hunter2")
    assert "hunter2" not in str(caught.value)


NAMES = st.from_regex(r"[a-z0-9]([a-z0-9.-]{0,10}[a-z0-9])?", fullmatch=True)
HOSTS = NAMES | st.ip_addresses().map(lambda ip: f"[{ip}]" if ip.version == 6 else str(ip))
USERS = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=12)
PORTS = st.none() | st.integers(1, 65535)


@given(
    family=st.sampled_from([Family.VSPHERE, Family.HYPERV, Family.XCPNG]),
    user=st.just("") | USERS,
    host=HOSTS,
    port=PORTS,
)
@example(family=Family.VSPHERE, user="@", host="h", port=None)
def test_any_account_and_host_survives_the_round_trip(family: Family, user: str, host: str, port: int | None) -> None:
    from urllib.parse import quote

    userinfo = f"{quote(user, safe='')}@" if user else ""
    target = parse_target(f"{family}://{userinfo}{host}{f':{port}' if port else ''}")
    assert (target.user, target.host, target.port) == (user, host.strip("[]"), port)
    assert parse_target(target.uri) == target
    assert parse_target(str(target)) == target


@given(st.text(max_size=40) | st.text("qemu+ssh:/@?#[]!.ptvxd=&", max_size=40))
def test_any_text_is_read_the_same_twice_or_refused(text: str) -> None:
    try:
        target = parse_target(text)
    except ValueError:
        return
    assert parse_target(target.uri) == target


@given(st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=6, max_size=20))
def test_no_part_of_a_password_survives_masking(password: str) -> None:
    assume(password not in "vsphere://root:***@vc1")
    assert password not in mask_uri(f"vsphere://root:{password}@vc1")


@pytest.mark.parametrize(
    ("uri", "name"),
    [
        ("qemu:///system", "qemu-system"),
        ("qemu+unix:///session?socket=/run/x", "qemu-session"),
        ("qemu+ssh://root@kvm1.example.org/system", "kvm1"),
        ("qemu+tcp://10.0.0.5/system", "10.0.0.5"),
        ("qemu+tcp://[fd00::1]/system", "fd00-1"),
        ("qemu:///embed?root=/r", "qemu-embed"),
        ("test:///default", "test-default"),
        ("test:///srv/lab one.xml".replace(" ", "%20"), "test-lab-20one"),
        ("vsphere://u@vc1.example.org", "vc1"),
        ("demo://", "demo"),
        ("demo://?family=hv", "demo-hyperv"),
    ],
)
def test_a_bare_uri_gets_a_readable_name(uri: str, name: str) -> None:
    assert short_name(parse_target(uri)) == name


def test_names_stay_unique() -> None:
    taken: list[str] = []
    for _ in range(4):
        taken.append(short_name(parse_target("vsphere://u@vc1.example.org:444"), taken))
    assert taken == ["vc1", "vc1.example.org", "vc1.example.org-444", "vc1-2"]


@pytest.mark.parametrize(
    "text", ["ssh://jump", "ssh://me@jump.lan:2222", "ssh://me@[fd00::1]", "ssh://jump?novatui=~/a%20b/novatui"]
)
def test_a_way_through_ssh_survives_the_round_trip(text: str) -> None:
    assert str(parse_via(text)) == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("jump", "is not a target URI"),
        ("http://jump", "is not a way to another machine"),
        ("ssh://", "names no host"),
        ("ssh://me:pw@jump", "holds a password"),
        ("ssh://jump/path", "something after the host"),
        ("ssh://jump?key=x", "something after the host"),
        ("ssh://jump?novatui=novatui", "needs a full path for `novatui`"),
        ("ssh://-oProxyCommand=x@jump", "begins with a dash"),
    ],
)
def test_a_wrong_way_is_told_in_clear_words(text: str, words: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse_via(text)
    assert words in str(caught.value)


def test_names_and_uris_are_told_apart() -> None:
    assert is_uri("demo://")
    assert not is_uri("prod:1")


def test_a_target_shows_as_its_uri() -> None:
    assert str(Target(uri="demo://", driver="demo", family=None, scheme="demo")) == "demo://"
