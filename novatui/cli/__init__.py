"""The command line: parsing, composition root, headless twin, doctor."""
