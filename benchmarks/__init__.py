"""The speed and memory that the README quotes: `make bench` measures them on generated data."""
