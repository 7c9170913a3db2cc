"""VMware vSphere: vCenter and lone ESXi hosts."""
