"""Service control policies: what an organisation lets an account have at most."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assets.errors import InputError


@dataclass(frozen=True)
class Scp:
    """One service control policy; `arn` is "" where only its file is known."""

    name: str
    document: Mapping[str, Any]
    arn: str = ""


Levels = Sequence[Sequence[Scp]]
"""One list a level, from the organisation's root down to the account itself."""


def check_levels(levels: Levels) -> None:
    """Raise InputError for a level without policies.

    AWS keeps at least one SCP attached at every level (Organizations user guide, "SCP evaluation"); an empty
    level would deny everything, which is more likely a hole in the configuration.
    """
    for number, level in enumerate(levels, start=1):
        if not level:
            raise InputError(
                f"scps: level {number} (counted from the root) has no policy, but AWS attaches at least "
                "one at every level; name its policies, FullAWSAccess included"
            )
