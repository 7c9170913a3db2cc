"""Where a person reaches the screen of a machine: addresses for the product's own programs, which ask for the login.

No ticket is in them: one is a login for whoever reads it, and has no place in a description.
"""

from __future__ import annotations

from collections.abc import Iterator

from novatui.backends.vsphere.session import Opened
from novatui.backends.vsphere.updates import Ref
from novatui.core.detail import Property
from novatui.core.text import clean


def screens(opened: Opened, machine: Ref) -> Iterator[Property]:
    """VMware Remote Console (`vmrc://HOST/?moid=ID`), the machine's page in the product's own client, and a picture of
    its screen (`https://HOST/screen?id=ID`), as VMware documents these addresses."""
    place, about = str(opened.endpoint), opened.content.about
    yield Property("console", "remote console", f"vmrc://{place}/?moid={machine.id}")
    if about.apiType == "VirtualCenter":
        page = f"app/vm;nav=v/urn:vmomi:VirtualMachine:{machine.id}:{clean(str(about.instanceUuid))}/summary"
    else:
        page = f"#/console/{machine.id}"
    yield Property("console", "web client", f"https://{place}/ui/{page}")
    yield Property("console", "picture", f"https://{place}/screen?id={machine.id}")
