"""What detail screens show: pure functions from an object and its detail to lines of named fields."""
