"""The profile of the one host of a libvirt connection."""

from __future__ import annotations

import time

from novatui.backends.libvirt.baseline import flags_of, processor
from novatui.backends.libvirt.host import Host
from novatui.backends.libvirt.link import Link
from novatui.backends.libvirt.profile_host import HostAnswers, host_sections
from novatui.backends.libvirt.profile_things import things
from novatui.core.hostprofile import HostProfile, Section
from novatui.core.states import Family


def profile_of(link: Link, host: Host, conn: str) -> HostProfile:
    """Ask it now. A question that fails leaves what it was about unknown, and nothing else; only a lost link raises."""
    begun = time.time()
    answers = HostAnswers(link)
    parts = (*host_sections(link, answers, host.hypervisor), flags_of(link, answers), *things(link))
    native, _, why = processor(answers)
    return HostProfile(
        host=host.key,
        name=host.name,
        conn=conn,
        family=Family.LIBVIRT,
        product=host.product,
        parts=tuple(sorted(parts, key=lambda part: list(Section).index(part.section))),
        native=native,
        native_reason=why,
        at=begun,
        ms=(time.time() - begun) * 1000,
    )
