"""Hosts side by side in words, as Markdown and as JSON: nothing is lost, and texts of products stay texts."""

from __future__ import annotations

import msgspec

from novatui.core.capabilities import Evidence
from novatui.core.hostdiff import HostDiff, diff
from novatui.core.hostprofile import Baseline, HostProfile, Item, Loss, Part, Section
from novatui.core.ids import ObjectRef
from novatui.core.states import Family, Kind
from novatui.engine.host_report import (
    baseline_page,
    entry_page,
    evidence_page,
    host_page,
    json_text,
    markdown_baselines,
    markdown_diff,
    plain_baselines,
    plain_diff,
)
from novatui.engine.host_words import baseline_lines, diff_lines
from novatui.engine.profiles import FamilyBaseline, HostLoss

ASKED = Evidence(kind="asked", call="virConnectGetCapabilities", at=1_790_000_000.0, ms=1.5, excerpt="<host>\n</host>")
NASTY = "net|<b>`x`\x1b[31m"


def host(name: str, *parts: Part) -> HostProfile:
    return HostProfile(
        host=f"host:{name}", name=name, conn=f"c {name}", family=Family.LIBVIRT, product="libvirt 9", parts=parts
    )


def compared() -> HostDiff:
    left = host(
        "kvm-03",
        Part(section=Section.FLAGS, items=(Item(name="aes"), Item(name="avx512f")), evidence=(ASKED,)),
        Part(section=Section.NETWORKS, items=(Item(name=NASTY, value="nat"), Item(name="prod", value="bridge br0"))),
        Part(section=Section.LIMITS, items=(Item(name="memory", value="64G", amount=64.0, beside="DDR5"),)),
    )
    right = host(
        "kvm-12",
        Part(section=Section.FLAGS, items=(Item(name="aes"),), evidence=(ASKED,)),
        Part(section=Section.NETWORKS, items=(Item(name="prod", value="bridge br1"),)),
        Part(section=Section.LIMITS, items=(Item(name="memory", value=None, reason="refused [3]"),)),
        Part(section=Section.STORAGE, reason="no such call [3]"),
    )
    return diff(left, right)


def test_json_says_everything_and_decodes() -> None:
    told = msgspec.json.decode(json_text(plain_diff(compared())))["diff"]
    assert told["left"]["ref"] == "c%20kvm-03:host:kvm-03"
    assert "at" not in told["left"]
    assert (told["different"], told["unknown"]) == (True, True)
    sections = {each["section"]: each for each in told["sections"]}
    assert list(sections) == [section.value for section in Section]
    flags = sections["flags"]
    assert (flags["answer"], flags["equal"]) == ("different", 1)
    assert [each["name"] for each in flags["only_left"]] == ["avx512f"]
    assert flags["evidence"]["left"][0]["call"] == "virConnectGetCapabilities"
    assert sections["networks"]["different"] == [{"name": "prod", "left": "bridge br0", "right": "bridge br1"}]
    assert sections["limits"]["unknown"] == [{"name": "memory", "reason": "kvm-12: refused [3]"}]
    assert sections["storage"]["answer"] == "unknown"
    assert sections["storage"]["reason"] == "kvm-03: it was not asked; kvm-12: no such call [3]"
    assert any(each["section"] == "flags" and each["names"] == ["avx512f"] for each in told["left_to_right"])
    assert not any(each["section"] == "flags" for each in told["right_to_left"])


def test_markdown_is_a_page_in_which_nothing_of_a_product_is_markup() -> None:
    page = markdown_diff(compared())
    assert page.startswith("# kvm-03 and kvm-12\n")
    assert "| avx512f | there | not there | only left |" in page
    assert "| aes |" not in page
    assert "| aes | there | there | equal |" in markdown_diff(compared(), wide=True)
    assert "| memory | 64G | not told | unknown: kvm-12: refused \\[3\\] |" in page
    assert "\x1b" not in page
    assert "<b>" not in page.replace("\\<b\\>", "")
    assert "- kvm-03: asked: virConnectGetCapabilities" in page


def test_lines_of_a_terminal_tell_what_differs_and_on_request_what_is_equal() -> None:
    short = list(diff_lines(compared(), wide=False, width=80))
    assert "processor flags: 1 only on kvm-03, 1 equal" in short
    assert "  only on kvm-03: avx512f" in short
    assert "  prod: bridge br0 | bridge br1" in short
    assert "  ? memory: kvm-12: refused [3]" in short
    assert "storage: not compared: kvm-03: it was not asked; kvm-12: no such call [3]" in short
    assert not [line for line in short if "aes" in line]
    assert "  equal: aes" in list(diff_lines(compared(), wide=True, width=80))
    assert all(len(line) <= 60 for line in diff_lines(compared(), wide=True, width=60) if " " in line.strip())


def test_pages_of_the_screen_tell_the_evidence_in_single_lines() -> None:
    told = compared()
    (flags,) = (section for section in told.sections if section.section is Section.FLAGS)
    page = list(evidence_page(flags, told.left, told.right))
    assert "  asked: virConnectGetCapabilities · 2026-09-21T14:13:20Z · 1.5 ms → <host> </host>" in page
    (limits,) = (section for section in told.sections if section.section is Section.LIMITS)
    assert "  nothing was asked" in list(evidence_page(limits, told.left, told.right))
    assert list(entry_page(limits.entries[0], told.left, told.right)) == [
        "memory: unknown",
        "  kvm-03: 64G",
        "    DDR5",
        "  kvm-12: not told",
        "    refused [3]",
        "  kvm-12: refused [3]",
    ]


def family() -> FamilyBaseline:
    hosts = (
        HostLoss(
            host=ObjectRef("a", Kind.HOST, "1"),
            name="kvm-03",
            loss=Loss(flags=("avx",), model="Genoa", evidence=(ASKED,)),
        ),
        HostLoss(host=ObjectRef("b", Kind.HOST, "2"), name="kvm-12", loss=Loss(flags=(), model="Milan")),
        HostLoss(host=ObjectRef("c", Kind.HOST, "3"), name="kvm-20", loss=Loss(reason="no answer")),
    )
    told = Baseline(
        model="EPYC-Milan",
        vendor="AMD",
        flags=("aes",),
        native="<cpu>\n</cpu>\n",
        native_format="xml",
        evidence=(ASKED,),
    )
    return FamilyBaseline(family=Family.LIBVIRT, baseline=told, hosts=hosts, asked="a")


def test_a_baseline_in_every_form() -> None:
    one = family()
    lines = list(baseline_lines([one], width=80))
    assert lines[:4] == [
        "libvirt: EPYC-Milan (AMD), 1 flag",
        "  kvm-03 (Genoa): loses 1: avx",
        "  kvm-12 (Milan): loses nothing",
        "  kvm-20: not known: no answer",
    ]
    (told,) = msgspec.json.decode(json_text(plain_baselines([one])))["baselines"]
    assert (told["model"], told["native"], told["native_format"]) == ("EPYC-Milan", "<cpu>\n</cpu>\n", "xml")
    assert [each.get("lost") for each in told["hosts"]] == [["avx"], [], None]
    assert told["hosts"][2]["reason"] == "no answer"
    page = markdown_baselines([one])
    assert "| kvm-03 | Genoa | loses 1: avx |" in page
    assert "    <cpu>" in page
    assert "loses 1: avx" in "\n".join(host_page(one.hosts[0]))
    assert "asked on a" in list(baseline_page(one))


def test_a_baseline_that_there_is_not_says_so_and_why() -> None:
    one = FamilyBaseline(
        family=Family.PROXMOX, baseline=Baseline(reason="CPU vendors do not match"), hosts=family().hosts[2:]
    )
    assert next(iter(baseline_lines([one], width=80))) == "proxmox: no common processor: CPU vendors do not match"
    (told,) = plain_baselines([one])["baselines"]
    assert "model" not in told
    assert "flags" not in told
    assert told["reason"] == "CPU vendors do not match"
