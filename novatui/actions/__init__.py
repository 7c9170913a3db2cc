"""What can be done: the catalogue of verbs and keys."""
