"""Polars: its JSON reader file by file, then one query to the aggregates. `POLARS_MAX_THREADS` is set before."""

import os
import sys

os.environ["POLARS_MAX_THREADS"] = sys.argv[2]

import gzip
import json
import time
from pathlib import Path

import polars as pl

TEXT = pl.String()
ISSUER = pl.Struct({"arn": TEXT, "principalId": TEXT})
IDENTITY = pl.Struct(
    {
        "arn": TEXT,
        "principalId": TEXT,
        "invokedBy": TEXT,
        "sessionContext": pl.Struct({"sessionIssuer": ISSUER}),
    }
)
NAMES = ("eventTime", "eventSource", "eventName", "eventID", "errorCode")
RECORD = pl.Struct({"userIdentity": IDENTITY, **dict.fromkeys(NAMES, TEXT)})
DENIED = r"^(Client\.)?(AccessDenied|.*Unauthorized|AuthorizationError|NotAuthorized|Forbidden)"


def read(file: Path) -> pl.DataFrame:
    """Return the needed columns of a file's records."""
    whole = pl.read_json(gzip.decompress(file.read_bytes()), schema={"Records": pl.List(RECORD)})
    return whole.explode("Records").unnest("Records").unnest("userIdentity")


began = time.perf_counter()
issuer = pl.col("sessionContext").struct.field("sessionIssuer").struct
error = pl.col("errorCode").fill_null("")
events = pl.concat([read(file) for file in sorted(Path(sys.argv[1]).rglob("*.json.gz"))]).unique("eventID")
rows = (
    events.select(
        "eventTime",
        "eventSource",
        "eventName",
        id=pl.coalesce(issuer.field("principalId"), "principalId", pl.lit("")),
        by=pl.coalesce(issuer.field("arn"), "arn", "invokedBy", pl.lit("")),
        outcome=pl.when(error == "")
        .then(pl.lit("ok"))
        .when(error.str.contains(DENIED))
        .then(pl.lit("denied"))
        .otherwise(pl.lit("error")),
    )
    .group_by("by", "id", "eventSource", "eventName", "outcome")
    .agg(pl.len(), first=pl.col("eventTime").min(), last=pl.col("eventTime").max())
)
seconds = time.perf_counter() - began
print(json.dumps({"events": int(rows["len"].sum()), "rows": rows.height, "seconds": seconds}))
