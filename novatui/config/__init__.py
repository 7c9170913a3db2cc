"""Configuration: files, precedence, provenance, targets, secrets, trusted certificates and policy.

Opens no window, no network.
"""
