"""Modal dialogs; the only place where stock list widgets may be used."""
