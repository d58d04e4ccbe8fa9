"""`cloudtracker dictionary`: print the data dictionary."""


def dictionary() -> None:
    """Print every table and column with type, key, meaning and source, as Markdown."""
    from pipeline.dictionary import dictionary as text

    print(text(), end="")
