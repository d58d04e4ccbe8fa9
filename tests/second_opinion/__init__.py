"""A second opinion on every table of a run: a slow, plain reading of the same raw JSON, compared row by row."""
