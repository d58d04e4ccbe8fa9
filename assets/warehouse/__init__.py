"""The same tables in somebody's warehouse: each partition there once, replaced whole."""
