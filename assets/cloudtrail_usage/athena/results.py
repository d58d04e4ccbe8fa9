"""What queries leave in S3, and how it goes away."""

from assets.cloudtrail_usage.sources.aws import Connection, client
from assets.cloudtrail_usage.sources.aws_faults import explained
from assets.errors import CloudTrackerError, RunError


def count_below(place: str, region: str | None, but: str = "") -> int:
    """Return how many objects' names begin with `place` (`s3://bucket/prefix`), those below `but` left out."""
    bucket, _, prefix = place.removeprefix("s3://").partition("/")
    try:
        pages = client("s3", Connection(region=region)).get_paginator("list_objects_v2")
        keys = (
            entry["Key"]
            for page in pages.paginate(Bucket=bucket, Prefix=prefix)
            for entry in page.get("Contents", ())
        )
        return sum(not (but and f"s3://{bucket}/{key}".startswith(but)) for key in keys)
    except Exception as error:
        fault = explained(error, place)
        raise (
            fault if isinstance(fault, CloudTrackerError) else RunError(f"{place}: {_said(fault)}")
        ) from None


def delete_below(place: str, region: str | None) -> int:
    """Delete every object whose name begins with `place` (`s3://bucket/prefix`); return how many there were.

    Raises RunError that names the place where that is refused.
    """
    bucket, _, prefix = place.removeprefix("s3://").partition("/")
    try:
        s3 = client("s3", Connection(region=region))
        deleted = 0
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            keys = [{"Key": entry["Key"]} for entry in page.get("Contents", ())]
            if keys:
                errors = s3.delete_objects(Bucket=bucket, Delete={"Objects": keys, "Quiet": True}).get(
                    "Errors"
                )
                if errors:
                    raise RunError(f"{place}: query results cannot be deleted: {errors[0]}")
                deleted += len(keys)
        return deleted
    except CloudTrackerError:
        raise
    except Exception as error:
        fault = explained(error, place)
        raise RunError(
            f"{place}: query results cannot be deleted ({_said(fault)}); delete them by hand"
        ) from None


def _said(fault: Exception) -> str:
    return (fault.strerror if isinstance(fault, OSError) else None) or str(fault)
