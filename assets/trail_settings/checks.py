"""What `trail_settings` promises."""

from assets.table_checks.rule import none_where
from assets.table_checks.suite import suite
from assets.trail_settings.schema import KEY

TRAILS = suite(
    "trail_settings",
    KEY,
    none_where(
        "arn_is_a_trails",
        "Every ARN is a trail's, in the home region",
        # A colon before a word would be taken for a parameter of the statement, hence [:].
        "NOT (regexp_full_match(trail_arn, 'arn:aws[a-z-]*:cloudtrail:[^:]+:[0-9]{{12}}[:]trail/.+')"
        " AND split_part(trail_arn, ':', 4) = home_region)",
        "trail_arn || ' ' || home_region",
    ),
    none_where(
        "selectors_are_json",
        "Selectors that could be read are JSON",
        "NOT json_valid(selectors)",
        "trail_arn",
    ),
    none_where(
        "what_is_lacking_is_explained",
        "Where something could not be read, and only there, a reason stands",
        "(selectors IS NULL OR logging IS NULL) <> (problem <> '')",
        "trail_arn || ' ' || problem",
    ),
    none_where(
        "was_read_that_day",
        "The settings of a day were read on it (UTC)",
        "CAST(read_at AT TIME ZONE 'UTC' AS DATE) IS DISTINCT FROM day",
        "trail_arn || ' ' || read_at",
    ),
)

SUITES = (TRAILS,)
