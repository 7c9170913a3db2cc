"""The libvirt family: KVM/QEMU and the test driver, over libvirt-python."""
