"""Hypervisors and faults for the tests, without a line of novatui: `make lab`, or the fixtures in fixtures.py.

libvirt/      rootless daemons with real guests, the mock driver's host files, a newer libvirt in a chroot
faultproxy/   a proxy for TCP and unix sockets that fails on demand
sshd.py       a real sshd with keys of its own
workspace.py  private directories whose processes end with them
"""
