"""What the others do with the same data: each a program of its own, run by the interpreter that has its package."""
