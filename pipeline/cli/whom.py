"""The flags that name a principal of an account, as `grants`, `explain`, `policy` and `who` take them."""

from pathlib import Path
from typing import Any

from assets.errors import UsageError
from pipeline import answers
from pipeline.cli.dates import parsed
from pipeline.lake import Lake
from pipeline.principal_names import named
from pipeline.settings import Settings, load_settings
from pipeline.sources import scp_files


def asked_about(
    config: Path, account: str, user: str | None, role: str | None, start: str | None, end: str | None
) -> tuple[Settings, Lake, answers.Question, str, str]:
    """Return the settings, the lake, the question, and the kind and name of the principal. Raises `UsageError`."""
    if (user is None) == (role is None):
        raise UsageError("say one of --user NAME and --role NAME")
    settings = load_settings(config)
    window = answers.window_asked(settings, parsed("--start", start), parsed("--end", end))
    chosen = settings.account(account)
    question = answers.Question(chosen, window, scps=scp_files(settings, chosen))
    kind, name = ("user", user) if user is not None else ("role", role)
    return settings, Lake(settings.root), question, kind, str(name)


def principal_of(lake: Lake, question: answers.Question, kind: str, name: str) -> dict[str, Any]:
    """Return the principal's row. Raises `UsageError` that names near ones."""
    return named(answers.people(lake, question), kind, name, f"account {question.account.name}")
