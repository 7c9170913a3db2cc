"""Frames between the console and its workers, and their framing on a byte stream."""
