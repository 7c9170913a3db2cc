"""Suites against real products of whoever runs them: asked for by environment variables, and reading only."""
