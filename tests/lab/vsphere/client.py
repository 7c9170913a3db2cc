"""Another client of a vCenter: pyVmomi alone, as an administrator's script would use it."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from pyVim.connect import Disconnect, SmartConnect
from pyVmomi import vim, vmodl

from tests.lab.missing import LabError
from tests.lab.vsphere.simulated import Vcsim

TASK_TIMEOUT_S = 120.0


@contextmanager
def client_of(server: Vcsim) -> Iterator[vim.ServiceInstance]:
    """A session of its own, by the server's certificate authority."""
    context = ssl.create_default_context(cafile=str(server.authority.root.certificate))
    service = SmartConnect(
        host="localhost", port=server.port, user=server.user, pwd=server.password, sslContext=context
    )
    try:
        yield service
    finally:
        Disconnect(service)


def finish(task: vim.Task) -> Any:
    """Wait for a task; its result, or its fault raised."""
    collector = vim.ServiceInstance("ServiceInstance", task._stub).content.propertyCollector
    reading = vmodl.query.PropertyCollector
    # Leaves: the simulator names a snapshot as the entity of a task, on which pyVmomi loses the whole `info`.
    spec = reading.FilterSpec(
        objectSet=[reading.ObjectSpec(obj=task)],
        propSet=[reading.PropertySpec(type=vim.Task, pathSet=["info.state", "info.error", "info.result"])],
    )
    deadline = time.monotonic() + TASK_TIMEOUT_S
    while True:
        (told,) = collector.RetrievePropertiesEx([spec], reading.RetrieveOptions()).objects
        info = {each.name: each.val for each in told.propSet}
        if info["info.state"] == vim.TaskInfo.State.success:
            return info.get("info.result")
        if info["info.state"] == vim.TaskInfo.State.error:
            raise info["info.error"]
        if time.monotonic() > deadline:
            raise LabError(f"a task of the vCenter simulator did not end: {task._moId}")
        time.sleep(0.02)


def everything(service: vim.ServiceInstance, kind: type, paths: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Properties of all objects of a kind, by reference; what is not set is no key."""
    content = service.content
    view = content.viewManager.CreateContainerView(content.rootFolder, [kind], True)
    reading = vmodl.query.PropertyCollector
    collector = content.propertyCollector.CreatePropertyCollector()
    try:
        step = reading.TraversalSpec(type=vim.view.ContainerView, path="view", skip=False)
        spec = reading.FilterSpec(
            objectSet=[reading.ObjectSpec(obj=view, skip=True, selectSet=[step])],
            propSet=[reading.PropertySpec(type=kind, pathSet=list(paths))],
        )
        page = collector.RetrievePropertiesEx([spec], reading.RetrieveOptions())
        found: dict[str, dict[str, Any]] = {}
        while page is not None:
            for one in page.objects:
                found[one.obj._moId] = {each.name: each.val for each in one.propSet}
            page = collector.ContinueRetrievePropertiesEx(page.token) if page.token else None
        return found
    finally:
        collector.DestroyPropertyCollector()
        view.DestroyView()


def tasks(service: vim.ServiceInstance) -> dict[str, str]:
    """What the server was asked to do that takes a task, by its own list: reference to `VirtualMachine.powerOff` …

    Only that property is read: pyVmomi loses a whole TaskInfo to an entity that is none, as vcsim's snapshots are.
    """
    known = list(service.content.taskManager.recentTask)
    if not known:
        return {}
    reading = vmodl.query.PropertyCollector
    spec = reading.FilterSpec(
        objectSet=[reading.ObjectSpec(obj=task, skip=False) for task in known],
        propSet=[reading.PropertySpec(type=vim.Task, pathSet=["info.descriptionId"])],
    )
    page = service.content.propertyCollector.RetrievePropertiesEx([spec], reading.RetrieveOptions())
    return {one.obj._moId: one.propSet[0].val for one in page.objects}
