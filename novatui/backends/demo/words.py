"""Names and sizes that an operator would believe: services, tiers, guests, processors."""

from __future__ import annotations

import msgspec

from novatui.backends.demo.shapes import Load


class Tier(msgspec.Struct, frozen=True):
    """A kind of machine that every shop has."""

    name: str
    vcpus: tuple[int, ...]
    gib: tuple[int, ...]
    disk_gib: tuple[int, ...]
    load: Load
    windows: bool = False


MB = 1e6

TIERS: tuple[Tier, ...] = (
    Tier("db", (4, 8, 16), (16, 32, 64), (120, 500, 900), Load(34, 0.84, 24 * MB, 6 * MB)),
    Tier("web", (2, 4), (4, 8), (40, 60), Load(22, 0.52, 0.8 * MB, 18 * MB)),
    Tier("app", (2, 4, 8), (8, 16), (40, 80), Load(28, 0.63, 2 * MB, 5 * MB)),
    Tier("api", (2, 4), (4, 8), (30, 40), Load(25, 0.48, 0.5 * MB, 9 * MB)),
    Tier("cache", (2, 4), (16, 32), (20,), Load(12, 0.91, 0.2 * MB, 14 * MB)),
    Tier("mq", (2, 4), (4, 8), (60, 120), Load(18, 0.55, 9 * MB, 7 * MB)),
    Tier("batch", (4, 8), (8, 16, 32), (80, 200), Load(41, 0.58, 12 * MB, 2 * MB)),
    Tier("edge", (1, 2), (2, 4), (20,), Load(15, 0.35, 0.1 * MB, 26 * MB)),
    Tier("file", (2, 4), (8, 16), (500, 2000), Load(9, 0.72, 31 * MB, 29 * MB)),
    Tier("log", (4, 8), (16, 32), (500, 1000), Load(31, 0.77, 38 * MB, 11 * MB)),
    Tier("vdi", (2, 4), (4, 8), (60, 80), Load(14, 0.66, 1.5 * MB, 0.8 * MB), windows=True),
    Tier("rdsh", (8, 16), (32, 64), (120, 160), Load(46, 0.79, 6 * MB, 3 * MB), windows=True),
    Tier("ci", (4, 8), (8, 16), (80, 120), Load(38, 0.44, 15 * MB, 4 * MB)),
)
"""Every tier in the fleet. SCATTER must not divide their number times that of SERVICES."""

SERVICES: tuple[str, ...] = (
    "auth", "billing", "cart", "catalog", "chat", "claims", "cms", "crm", "dns", "docs",
    "erp", "fleet", "fraud", "geo", "git", "hr", "iam", "intra", "iot", "ledger",
    "ldap", "maps", "mes", "metrics", "news", "payroll", "portal", "pricing", "proxy", "push",
    "quotes", "risk", "scan", "search", "shop", "sso", "stock", "tickets", "tms", "wiki",
)  # fmt: skip

SCATTER = 389
"""Step through all pairs of tier and service, so that neighbours in the list are different machines."""

LINUX: tuple[str, ...] = ("debian12", "rhel9", "ubuntu24.04", "rocky9", "sles15", "debian13", "alma9")
WINDOWS: tuple[str, ...] = ("win2022", "win2019", "win2025", "win11")

PROCESSORS: tuple[tuple[str, int], ...] = (
    ("Intel(R) Xeon(R) Gold 6338 CPU @ 2.00GHz", 128),
    ("AMD EPYC 7543 32-Core Processor", 128),
    ("Intel(R) Xeon(R) Platinum 8358 CPU @ 2.60GHz", 128),
    ("AMD EPYC 9354 32-Core Processor", 128),
)

TEAMS: tuple[str, ...] = ("team-pay", "team-web", "team-data", "platform", "it-ops", "team-risk")
NOTES: tuple[str, ...] = (
    "Owner: {team}.",
    "Owner: {team}. Ask before reboot.",
    "Migrated from the old cluster, owner {team}.",
    "Do not snapshot: licence server. {team}",
)
PEOPLE: tuple[str, ...] = ("oncall", "ana", "jo", "ravi", "mira")

SNAPSHOT_NAMES: tuple[str, ...] = (
    "base-install", "pre-patch", "before-upgrade", "app-1.0", "exp-tuning", "before-resize", "weekly", "golden",
)  # fmt: skip

HOSTILE: tuple[str, ...] = (
    "vm[/]",
    "[red]x",
    "\x1b]0;PWNED\x07esc\x1b[2Jape",
    "n" * 300,
    "工作站-東京-數據庫",
    "\u202eschtaed-drow\u202c שרת",
    "party-\U0001f389\U0001f469\u200d\U0001f4bb",
    "two\nlines\ttab",
    "null\x00byte\x9bc1",
    "%s %n {0} $(id) `id` ; --help",
)
"""Names that try to break a careless screen, log or shell."""


def machine_name(number: int, seed: int) -> tuple[str, Tier]:
    """Name and tier of a machine by its number in the fleet; no two numbers share a name."""
    pairs = len(TIERS) * len(SERVICES)
    pair = (number * SCATTER + seed) % pairs
    tier = TIERS[pair % len(TIERS)]
    return f"{tier.name}-{SERVICES[pair // len(TIERS)]}-{number // pairs + 1:02d}", tier
