"""`ls can:…` lists what `caps` says, of machines as of hosts."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.program import Program

FLEET = ("-c", "demo://?vms=90&at=1790000000&seed=3")


@pytest.mark.parametrize("kind", ["host", "vm"])
def test_a_filter_finds_what_caps_tells(tmp_path: Path, kind: str) -> None:
    program = Program(tmp_path)
    refs = [one["ref"] for one in program.run("ls", *FLEET, "--kind", kind, "--json").json["objects"]]
    told = program.run("caps", *FLEET, "--json", *refs).json["facts"]
    for feature, answer in (("gpu_passthrough", "no"), ("tpm", "yes"), ("memory_encryption", "unknown")):
        meant = {one["ref"] for one in told if (one["feature"], one["value"]) == (feature, answer)}
        listed = program.run("ls", *FLEET, "--kind", kind, "--json", f"can:{feature}={answer}")
        assert (listed.code, listed.err) == (0, "")
        assert {one["ref"] for one in listed.json["objects"]} == meant
        assert meant
