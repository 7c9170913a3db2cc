"""The columns that a list of objects can have, and the views that are made of them."""
