"""The worker process: the life of one or more connections beside the console."""
