"""Looking at one account after the other: what is wrong with one keeps no other from being asked for.

No Dagster in here.
"""

from collections.abc import Callable, Sequence

import polars as pl

from assets.errors import CloudTrackerError
from pipeline.damaged_files import damaged
from pipeline.steps import Step


def steps_or_error(plan: Callable[[], Sequence[Step]]) -> Sequence[Step] | CloudTrackerError:
    """Return what a plan makes, or what is wrong with the files or the place that it looks at."""
    try:
        return plan()
    except CloudTrackerError as error:
        return error
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        if (file := damaged(error)) is None:
            raise
        return file
