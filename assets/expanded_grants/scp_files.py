"""An account's service control policies as the configuration names them: files, a list a level."""

import codecs
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from assets.errors import InputError
from assets.expanded_grants.scps import Levels, Scp, check_levels


class ScpSource(Protocol):
    """Where the SCPs of one account come from. Every method raises `InputError` naming the file."""

    @property
    def management_account(self) -> bool:
        """Whether it is the organisation's management account, which SCPs do not bind."""
        ...

    def read(self) -> Levels | None:
        """Return the policies, None where none are given."""
        ...

    def changed_at(self) -> datetime | None:
        """Return when the newest of the files was last touched here (UTC), None where there is none."""
        ...


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
        read = [[scp_of(json_file(path), str(path), path.stem) for path in level] for level in self.levels]
        check_levels(read)
        return read

    def changed_at(self) -> datetime | None:
        """Return when the newest of the files was last touched here (UTC), None without files."""
        return touched_at(path for level in self.levels for path in level)


def touched_at(paths: Iterable[Path]) -> datetime | None:
    """Return when the newest of those files that exist was last touched (UTC), None where none does."""
    times = [path.stat().st_ctime for path in paths if path.exists()]
    return datetime.fromtimestamp(max(times), UTC) if times else None


def json_file(path: Path) -> object:
    """Return what a JSON file holds, in UTF-8 or in UTF-16 as PowerShell writes it. Raises `InputError`."""
    try:
        raw = path.read_bytes()
        utf16 = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        return json.loads(raw.decode("utf-16" if utf16 else "utf-8-sig"))
    except OSError as error:
        raise InputError(f"{path}: the SCP cannot be read: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: is no SCP in JSON ({error}); {_WHAT}") from None


def scp_of(data: object, label: str, name: str) -> Scp:
    """Return the SCP of a policy document or of describe-policy's answer; `name` stands where that has none.

    Raises `InputError`, which names `label`, for anything else, and for a policy of another type.
    """
    document, summary = data, {}
    if isinstance(data, dict) and "Policy" in data:
        try:
            document, summary = json.loads(data["Policy"]["Content"]), data["Policy"].get("PolicySummary", {})
            kind = summary.get("Type", _SCP)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(f"{label}: its Policy has no Content in JSON ({error}); {_WHAT}") from None
        if kind != _SCP:
            raise InputError(f"{label}: its Type is {kind}, not {_SCP}: other policies are not evaluated")
    if not isinstance(document, dict) or "Statement" not in document:
        raise InputError(f"{label}: has no Statement; {_WHAT}")
    return Scp(str(summary.get("Name") or name), document, str(summary.get("Arn", "")))


_SCP = "SERVICE_CONTROL_POLICY"
_WHAT = "name a policy document, or the answer of 'aws organizations describe-policy'"
