"""What users and roles are asked for by: a name or an ARN means one of them."""

import polars as pl

from assets.errors import UsageError
from pipeline.settings import did_you_mean


def named(everyone: pl.DataFrame, kind: str, name: str, place: str) -> dict[str, object]:
    """Return the row of one user or role: see `rows_named`."""
    return rows_named(everyone, kind, name, place).row(0, named=True)


def rows_named(everyone: pl.DataFrame, kind: str, name: str, place: str) -> pl.DataFrame:
    """Return the rows of one user or role by name or ARN, at least one; more only where there is a column `day`.

    In: `principal_type`, `principal_name`, `principal_arn`. Raises `UsageError`, which begins with `place`, for what
    nobody is called, naming near ones, and for what two are called, on one day where there are days: in a file merged
    from several accounts two may have one name.
    """
    same = everyone.filter(pl.col("principal_type") == kind)
    found = same.filter((pl.col("principal_name") == name) | (pl.col("principal_arn") == name))
    at_once = found["day"].is_duplicated().any() if "day" in found.columns else found.height > 1
    if at_once:
        arns = found["principal_arn"].unique().sort()
        raise UsageError(
            f"{place}: {len(arns)} {kind}s are called {name!r}; give the ARN of one: {', '.join(arns)}"
        )
    if found.height:
        return found
    hint = did_you_mean(name, same["principal_name"].unique().sort().to_list())
    if not hint and everyone.filter(pl.col("principal_name") == name).height:
        hint = f"; there is a {'role' if kind == 'user' else 'user'} of that name"
    raise UsageError(f"{place}: no {kind} {name!r}{hint} (--list {kind}s shows all)")
