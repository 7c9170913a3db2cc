"""The output layer between the compositor and the terminal."""
