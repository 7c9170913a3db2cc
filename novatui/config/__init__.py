"""Configuration files, precedence, secrets and policy."""
