"""Pure functions from a row of the stores to a Strip."""
