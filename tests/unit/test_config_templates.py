"""Forms of connections: the address that the fields make, and the fields that an address fills."""

from __future__ import annotations

import pytest

from novatui.config.errors import ConfigError
from novatui.config.targets import parse_target
from novatui.config.templates import ANY, SSH, TEMPLATES, Template, filled
from novatui.core.states import Family

BY_FAMILY = {one.family: one for one in TEMPLATES if one.family is not Family.LIBVIRT}


@pytest.mark.parametrize(
    ("template", "values", "uri"),
    [
        (SSH, {"host": "kvm1"}, "qemu+ssh://kvm1/system"),
        (SSH, {"host": " kvm1:2222 ", "user": "root"}, "qemu+ssh://root@kvm1:2222/system"),
        (SSH, {"host": "kvm1", "user": "ann@corp"}, "qemu+ssh://ann%40corp@kvm1/system"),
        (SSH, {"host": "[2001:db8::1]"}, "qemu+ssh://[2001:db8::1]/system"),
        (BY_FAMILY[Family.PROXMOX], {"host": "pve1", "user": "root@pam"}, "proxmox://pve1"),
        (ANY, {"uri": "test:///default"}, "test:///default"),
    ],
)
def test_the_fields_make_an_address(template: Template, values: dict[str, str], uri: str) -> None:
    one = template.draft(values)
    assert one.settings["uri"] == uri
    assert one.connection().uri.uri == parse_target(uri).uri


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_form_can_be_filled_in(template: Template) -> None:
    values = {"uri": "qemu:///system", "host": "h.example.org", "user": "ann@x", "name": "n", "group": "g", "ro": "Yes"}
    one = template.draft({field.key: values.get(field.key, "") for field in template.fields})
    made = one.connection()
    assert (one.name, made.group, made.ro) == ("n", "g", True)
    assert all(field.hint and field.label for field in template.fields)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, "the host is missing"),
        ({"host": "a b"}, "spaces"),
        ({"host": "h", "user": "u", "password": "hunter2"}, "would be the secret itself"),
        ({"host": "h", "user": "u@x", "name": "taken"}, "there is a connection `taken` already"),
        ({"host": "h"}, "`user` is missing"),
    ],
)
def test_what_is_wrong_is_told(values: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        BY_FAMILY[Family.PROXMOX].draft(values, taken={"taken"})
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("uri", "template", "values"),
    [
        ("qemu+ssh://root@kvm1:2222/system", SSH, {"host": "kvm1:2222", "user": "root"}),
        ("qemu+ssh://[2001:db8::1]/system", SSH, {"host": "[2001:db8::1]", "user": ""}),
        ("qemu:///system", ANY, {"uri": "qemu:///system"}),
        ("qemu+ssh://kvm1/session", ANY, {"uri": "qemu+ssh://kvm1/session"}),
        ("qemu+ssh://kvm1/system?keyfile=/k", ANY, {"uri": "qemu+ssh://kvm1/system?keyfile=/k"}),
        ("proxmox://m@pve!t@h:8006", BY_FAMILY[Family.PROXMOX], {"host": "h", "user": "m@pve!t"}),
    ],
)
def test_an_address_fills_its_form(uri: str, template: Template, values: dict[str, str]) -> None:
    assert filled(uri) == (template, values)
