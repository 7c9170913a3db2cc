"""`novatui cluster`: what the balancer of a cluster recommends, carried out or dismissed."""

from __future__ import annotations

from argparse import Namespace

from novatui.cli.changing import change


def cluster(options: Namespace) -> int:
    """Plan it, ask, and carry it out."""
    return change(options, f"cluster.{options.action}", [options.cluster], {"recommendation": options.recommendation})
