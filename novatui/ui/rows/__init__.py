"""The row engine: one virtual list that serves tree and table on the line API."""
