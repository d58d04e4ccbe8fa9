"""What the configuration says about the risk score: the key `risk_weights`."""

import math

import msgspec

from assets.errors import ConfigError
from assets.permission_trends.risk import RiskWeights

_DEFAULT = RiskWeights()


class RiskSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one unused permission of each access level weighs; `other`: nobody knows its level."""

    list: float = _DEFAULT.list
    read: float = _DEFAULT.read
    tagging: float = _DEFAULT.tagging
    write: float = _DEFAULT.write
    permissions_management: float = _DEFAULT.permissions_management
    other: float = _DEFAULT.other

    @property
    def weights(self) -> RiskWeights:
        """The weights as the score takes them."""
        return RiskWeights(**msgspec.structs.asdict(self))


def check_risk_weights(weights: RiskSettings, where: str) -> None:
    """Raise `ConfigError` for a weight that is negative or no number; `where` names file and key, quote open."""
    for name, weight in msgspec.structs.asdict(weights).items():
        if not (math.isfinite(weight) and weight >= 0):
            raise ConfigError(f"{where}.{name}': {weight} is no weight; it is a number from 0 on")
