"""Turns a described world into a site of one family: the same machines, arranged and named as that family would."""

from __future__ import annotations

from novatui.backends.demo.described_spec import machine_spec
from novatui.backends.demo.devices import device_id
from novatui.backends.demo.dialects.base import Dialect, Layout, place_key
from novatui.backends.demo.dice import Dice
from novatui.backends.demo.estate import Estate
from novatui.backends.demo.shapes import MIB, Disk, Host, Load, Machine, Net, Nic, Store
from novatui.backends.demo.worldfile import Mediated, PciDevice, World, WorldHost, WorldSnapshot, WorldVm
from novatui.core.detail import Volume
from novatui.core.devices import Device, MdevType
from novatui.core.errors import NotFound
from novatui.core.ids import key
from novatui.core.snapshots import Snapshot
from novatui.core.states import Family, Kind, Power

POWERS = {"running": Power.RUNNING, "paused": Power.PAUSED, "off": Power.OFF, "saved": Power.SUSPENDED}
"""What the states of a described machine mean."""

CLASSES = {"0x0300": "gpu", "0x0302": "gpu", "0x0200": "nic", "0x0108": "disk"}
"""Device class by the first two bytes of its PCI class."""

USUAL = Load(20.0, 0.5, 2e6, 1e6)
"""How hard a described machine works: the world does not say."""


def described_estate(dialect: Dialect, world: World) -> Estate:
    """The whole site. A libvirt connection is one host: the one named as its site, else the first of the world."""
    return _Describer(dialect, world).estate()


class _Describer:
    def __init__(self, dialect: Dialect, world: World) -> None:
        self.dialect = dialect
        self.hosts = self._chosen(world)
        names = {host.name for host in self.hosts}
        self.vms = [vm for vm in world.vm if vm.host in names]
        self.ids = {vm.uuid: dialect.machine_id(Kind.VM, _number(vm), vm.uuid) for vm in self.vms}
        self.holders = {d.address or d.uuid: key(Kind.VM, self.ids[vm.uuid]) for vm in self.vms for d in vm.device}
        self.pools = [(host, pool) for host in self.hosts for pool in host.pool]
        self.networks = [(host, network) for host in self.hosts for network in host.network]

    def estate(self) -> Estate:
        roof = self.dialect.roof()
        above = place_key(roof[-1]) if roof else ""
        hosts = tuple(self._host(at, host, above) for at, host in enumerate(self.hosts))
        aside = "" if self.dialect.traits.things_under_host else place_key(roof[0])
        layout = Layout(
            places=roof,
            hosts=hosts,
            stores=tuple(self._store(number, aside) for number in range(len(self.pools))),
            nets=tuple(self._net(number, aside) for number in range(len(self.networks))),
        )
        return Estate(self.dialect, layout, [self._machine(vm) for vm in self.vms])

    def _chosen(self, world: World) -> tuple[WorldHost, ...]:
        if self.dialect.site.family is not Family.LIBVIRT:
            return world.host
        wanted = self.dialect.site.name
        found = [host for host in world.host if host.name == wanted] or list(world.host)
        if not found:
            raise NotFound("the world has no host")
        return (found[0],)

    def _host_id(self, host: WorldHost) -> str:
        return self.dialect.described_id(Kind.HOST, self.hosts.index(host), host.name, host.name, host.uuid)

    def _host(self, at: int, host: WorldHost, parent: str) -> Host:
        return Host(
            at=at,
            id=self._host_id(host),
            name=host.name,
            parent=parent,
            uuid=host.uuid,
            cpus=host.sockets * host.cores * host.threads,
            cpu_model=host.cpu_model,
            memory=host.memory_mib * MIB,
            product=self.dialect.traits.product,
            vendor=f"{host.vendor} {host.model}".strip(),
            noise=Dice(host.uuid).below(2**30),
            numa_nodes=max(1, len(host.cell)),
            devices=(*map(self._device, host.device), *map(self._mediated, host.mediated)),
        )

    def _device(self, device: PciDevice) -> Device:
        family = self.dialect.site.family
        parent = device.parent_function
        return Device(
            id=device_id(family, device.address),
            name=device.interface or device.product,
            device_class="vf" if parent else CLASSES.get(device.device_class[:6], "pci"),
            address=device.address,
            vendor=device.vendor,
            product=device.product,
            driver=device.driver,
            iommu_group=device.iommu_group,
            numa_node=device.numa_node,
            parent=device_id(family, parent) if parent else "",
            holder=self.holders.get(device.address, ""),
            functions_max=device.max_functions or None,
            functions=len(device.functions) if device.max_functions else None,
            mdev_types=tuple(MdevType(id=p.id, name=p.name, available=p.available) for p in device.profile),
        )

    def _mediated(self, device: Mediated) -> Device:
        family = self.dialect.site.family
        return Device(
            id=f"mdev_{device.uuid.replace('-', '_')}",
            name=device.profile,
            device_class="mdev",
            product=device.profile,
            driver="vfio_mdev",
            iommu_group=device.iommu_group,
            parent=device_id(family, device.parent),
            holder=self.holders.get(device.uuid, ""),
        )

    def _store(self, number: int, parent: str) -> Store:
        host, pool = self.pools[number]
        at = self.hosts.index(host)
        taken = sum(volume.allocation_mib for volume in pool.volume)
        return Store(
            id=self.dialect.described_id(Kind.DATASTORE, number, host.name, pool.name, pool.uuid),
            name=pool.name,
            parent=parent or key(Kind.HOST, self._host_id(host)),
            type=pool.kind,
            capacity=pool.capacity_mib * MIB,
            free=(pool.capacity_mib - taken) * MIB,
            shared=False,
            hosts=(at, at + 1),
            active=pool.active,
            volumes=tuple(
                Volume(
                    name=volume.name,
                    path=f"{pool.path}/{volume.name}",
                    format=volume.format,
                    capacity=volume.capacity_mib * MIB,
                    allocation=volume.allocation_mib * MIB,
                )
                for volume in pool.volume
            ),
        )

    def _net(self, number: int, parent: str) -> Net:
        host, network = self.networks[number]
        at = self.hosts.index(host)
        return Net(
            id=self.dialect.described_id(Kind.NETWORK, number, host.name, network.name, network.uuid),
            name=network.name,
            parent=parent or key(Kind.HOST, self._host_id(host)),
            type=network.kind,
            bridge=network.bridge,
            vlan="" if network.vlan is None else str(network.vlan),
            hosts=(at, at + 1),
            active=network.active,
        )

    def _machine(self, vm: WorldVm) -> Machine:
        host = next(number for number, each in enumerate(self.hosts) if each.name == vm.host)
        power = POWERS.get(vm.state, Power.UNKNOWN)
        if power not in self.dialect.traits.states:
            power = Power.RUNNING
        stores = {pool.name: number for number, (on, pool) in enumerate(self.pools) if on.name == vm.host}
        nets = {network.name: number for number, (on, network) in enumerate(self.networks) if on.name == vm.host}
        hardware = self.dialect.hardware(windows=vm.guest_os.startswith("win"))
        disks = [disk for disk in vm.disk if disk.kind == "disk"]
        return Machine(
            number=_number(vm),
            kind=Kind.VM,
            id=self.ids[vm.uuid],
            name=vm.name,
            uuid=vm.uuid,
            host=host,
            power=power,
            load=USUAL,
            noise=Dice(vm.uuid).below(2**30),
            vcpus=vm.vcpus,
            vcpus_max=vm.vcpus_max or vm.vcpus,
            memory=vm.memory_mib * MIB,
            memory_max=(vm.memory_max_mib or vm.memory_mib) * MIB,
            disks=tuple(Disk(disk.size_mib * MIB, stores[disk.pool], disk.format == "qcow2") for disk in disks),
            nics=tuple(Nic(nets[nic.network], nic.mac) for nic in vm.nic),
            devices=tuple(self._held(device.address, device.uuid) for device in vm.device),
            firmware=vm.firmware,
            secure_boot=vm.secure_boot,
            tpm=vm.tpm or "none",
            hardware=hardware,
            autostart=vm.autostart,
            tags=vm.tags,
            description=vm.title or vm.description,
            guest_os=vm.guest_os,
            snapshots=tuple(self._snapshot(vm, number, snapshot) for number, snapshot in enumerate(vm.snapshot)),
            spec=machine_spec(vm, hardware, {pool.name: pool.path for pool in self.hosts[host].pool}),
        )

    def _held(self, address: str, uuid: str) -> str:
        return device_id(self.dialect.site.family, address) if address else f"mdev_{uuid.replace('-', '_')}"

    def _snapshot(self, vm: WorldVm, number: int, snapshot: WorldSnapshot) -> Snapshot:
        names = [each.name for each in vm.snapshot]
        parent = names.index(snapshot.parent) if snapshot.parent else None
        power = POWERS.get(snapshot.state, Power.UNKNOWN)
        return Snapshot(
            id=self.dialect.snapshot_id(vm.uuid, number, snapshot.name),
            name=snapshot.name,
            parent=None if parent is None else self.dialect.snapshot_id(vm.uuid, parent, snapshot.parent),
            created=snapshot.created.timestamp(),
            memory=power is Power.RUNNING,
            current=snapshot.current,
            description=snapshot.description,
            native_state=self.dialect.traits.states.get(power, ""),
        )


def _number(vm: WorldVm) -> int:
    """A number that stays with a machine when others come and go."""
    return Dice("number", vm.uuid).below(90_000)
