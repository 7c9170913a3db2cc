"""The demo family: a seeded fleet that lives without any network."""
