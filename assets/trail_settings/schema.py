"""The columns of `trail_settings`. Key: trail_arn."""

import polars as pl

TRAIL_SETTINGS: dict[str, pl.DataType] = {
    "trail_arn": pl.String(),
    "name": pl.String(),
    "home_region": pl.String(),
    "multi_region": pl.Boolean(),
    "organization": pl.Boolean(),
    "bucket": pl.String(),
    "prefix": pl.String(),
    "logging": pl.Boolean(),
    "selectors": pl.String(),
    "problem": pl.String(),
    "read_at": pl.Datetime("us", "UTC"),
}
KEY = ("trail_arn",)
DESCRIPTIONS = {
    "": "What an account's trails were set to record on a day; no rows where they were not read, or there are none",
    "trail_arn": "ARN of the trail (TrailARN); an organisation's trail is the management account's",
    "name": "its name",
    "home_region": "the region that it was made in (HomeRegion)",
    "multi_region": "whether it records every region (IsMultiRegionTrail)",
    "organization": "whether it records every account of the organisation (IsOrganizationTrail)",
    "bucket": "the bucket that it delivers to (S3BucketName); null in tables of earlier versions",
    "prefix": "what stands before AWSLogs/ there (S3KeyPrefix), without slashes around it; empty where nothing does",
    "logging": "whether it was recording (GetTrailStatus, IsLogging); null where that cannot be read",
    "selectors": "the lists of GetEventSelectors as JSON; null where they cannot be read",
    "problem": "why something cannot be read; empty where all was",
    "read_at": "when it was read, UTC",
}
