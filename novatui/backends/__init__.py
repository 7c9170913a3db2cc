"""Drivers: one folder per hypervisor family, imported only inside worker processes."""
