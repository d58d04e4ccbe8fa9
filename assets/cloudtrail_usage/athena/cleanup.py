"""What the engine leaves in AWS between runs, and how all of it is removed."""

from dataclasses import dataclass

from assets.cloudtrail_usage.athena.client import RESULTS, Athena
from assets.cloudtrail_usage.athena.log_table import PREFIX
from assets.cloudtrail_usage.athena.results import count_below, delete_below


@dataclass(frozen=True)
class Traces:
    """What is there: our `tables` in the `database` ("" where that is not there), `others` in it, and `results`.

    `results` is how many objects lie below `place`, the folder of results: runs that were killed left them.
    """

    database: str
    tables: tuple[str, ...]
    others: tuple[str, ...]
    place: str
    results: int

    @property
    def nothing(self) -> bool:
        """Whether there is nothing to remove."""
        return not (self.tables or self.results or (self.database and not self.others))


def find_traces(athena: Athena) -> Traces:
    """Look for what is there, inside `athena.results()`. A database is ours where nothing else is in it."""
    place = f"s3://{athena.bucket}/{RESULTS}/"
    results = count_below(place, athena.place.region, but=athena.staging)
    if not athena.statement(f"SHOW DATABASES LIKE '{athena.database}'"):
        return Traces("", (), (), place, results)
    names = sorted(str(row[0]) for row in athena.statement(f"SHOW TABLES IN `{athena.database}` '*'"))
    ours = tuple(name for name in names if name.startswith(PREFIX))
    others = tuple(name for name in names if name not in ours)
    return Traces(athena.database, ours, others, place, results)


def remove(athena: Athena, traces: Traces) -> None:
    """Remove what was found, the database only where nothing of anybody else's is in it."""
    for name in traces.tables:
        athena.statement(f"DROP TABLE IF EXISTS `{traces.database}`.`{name}`")
    if traces.database and not traces.others:
        athena.statement(f"DROP DATABASE IF EXISTS `{traces.database}`")
    delete_below(traces.place, athena.place.region)
