"""The normalised model: plain typed structs and pure functions. No I/O, no third-party import but msgspec."""
