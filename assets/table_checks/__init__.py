"""What the tables promise, held against what is stored: Great Expectations through DuckDB."""
