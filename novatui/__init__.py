"""NovaTUI: one live terminal console over five hypervisor families."""

__version__ = "0.1.0"
