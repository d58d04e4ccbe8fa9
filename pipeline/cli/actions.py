"""`cloudtracker actions refresh`: make the two action lists again from the installed botocore."""

from pathlib import Path

import typer

from assets.number_words import number_of

app = typer.Typer(help="The lists of AWS actions.", no_args_is_help=True)


@app.callback()
def actions() -> None:
    """The lists of AWS actions that ship with the project."""


@app.command()
def refresh(context: typer.Context) -> None:
    """Regenerate aws_actions.txt and cloudtrail_supported_events.txt; a second run changes nothing.

    With `service_reference: {enabled: true}` in the configuration, operation_actions.csv is refreshed first.
    """
    from assets.aws_actions.text_files import refresh_text_files
    from pipeline.data_files import DATA_FILES

    _refresh_from_reference(context.obj)
    for name, change in refresh_text_files(DATA_FILES).items():
        print(
            f"{DATA_FILES / name}: {number_of(change.after, 'line')},"
            f" {change.added:,} added, {change.removed:,} removed"
        )


def _refresh_from_reference(config: Path) -> None:
    from pipeline.settings import load_settings

    reference = load_settings(config).service_reference if config.exists() else None
    if reference is None or not reference.enabled:
        return
    from assets.aws_actions.reference_rows import refresh_from_reference
    from pipeline.data_files import DATA_FILES

    counts = refresh_from_reference(DATA_FILES, reference.url)
    said = ", ".join(f"{count:,} {what}" for what, count in counts.items())
    print(f"{DATA_FILES / 'operation_actions.csv'}: {said}")
