"""Where the policy is, apart from what reads it: most machines have none, and then nothing of that is needed."""

from __future__ import annotations

from pathlib import Path

POLICY_FILE = Path("/etc/novatui/policy.toml")
