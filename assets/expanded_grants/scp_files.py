"""An account's service control policies as the configuration names them: files, a list a level."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assets.errors import InputError
from assets.expanded_grants.scps import Levels, Scp, check_levels


@dataclass(frozen=True)
class ScpFiles:
    """The files of one account, a tuple a level from the organisation's root down; none where none are given.

    A file holds a policy document, or the answer of `aws organizations describe-policy`. SCPs do not bind the
    management account (Organizations user guide, "Tasks and entities not restricted by SCPs").
    """

    levels: tuple[tuple[Path, ...], ...] = ()
    management_account: bool = False

    def read(self) -> Levels | None:
        """Return the policies, None where no files are given. Raises `InputError` naming the file."""
        if not self.levels:
            return None
        read = [[_scp(path) for path in level] for level in self.levels]
        check_levels(read)
        return read

    def changed_at(self) -> datetime | None:
        """Return when the newest of the files was last touched here (UTC), None without files or where one is gone."""
        times = [path.stat().st_ctime for level in self.levels for path in level if path.exists()]
        return datetime.fromtimestamp(max(times), UTC) if times else None


def _scp(path: Path) -> Scp:
    try:
        data = json.loads(path.read_text(encoding="utf-8-sig"))
        summary = data.get("Policy", {}).get("PolicySummary", {}) if isinstance(data, dict) else {}
        document = json.loads(data["Policy"]["Content"]) if "Policy" in data else data
    except OSError as error:
        raise InputError(f"{path}: the SCP cannot be read: {error.strerror or error}") from None
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: is no SCP in JSON ({error}); {_WHAT}") from None
    if not isinstance(document, dict) or "Statement" not in document:
        raise InputError(f"{path}: has no Statement; {_WHAT}")
    return Scp(_text(summary, "Name") or path.stem, document, _text(summary, "Arn"))


def _text(summary: dict[str, Any], key: str) -> str:
    return str(summary.get(key, ""))


_WHAT = "name a policy document, or the answer of 'aws organizations describe-policy'"
