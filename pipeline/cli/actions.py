"""`cloudtracker actions refresh`: make the two action lists again from the installed botocore."""

import typer

app = typer.Typer(help="The lists of AWS actions.", no_args_is_help=True)


@app.callback()
def actions() -> None:
    """The lists of AWS actions that ship with the project."""


@app.command()
def refresh() -> None:
    """Regenerate aws_actions.txt and cloudtrail_supported_events.txt; a second run changes nothing."""
    from assets.aws_actions.text_files import refresh_text_files
    from pipeline.data_files import DATA_FILES

    for name, change in refresh_text_files(DATA_FILES).items():
        print(
            f"{DATA_FILES / name}: {change.after:,} lines, {change.added:,} added, {change.removed:,} removed"
        )
