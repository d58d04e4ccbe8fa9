"""What `iam_snapshots` promises."""

from assets.iam_snapshots.schema import KEY, KINDS, TAKEN_AT_SOURCES
from assets.table_checks.rule import none_where, one_of
from assets.table_checks.suite import suite

FRESH_DAYS = 7

IAM_SNAPSHOTS = suite(
    "iam_snapshots",
    KEY,
    one_of(
        "kind and taken_at_source are of their closed sets",
        {"kind": KINDS, "taken_at_source": TAKEN_AT_SOURCES},
    ),
    none_where(
        "one_document",
        "The source's whole document is there, once",
        "documents <> 1",
        "documents || ' documents'",
        source="(SELECT a.day, a.account, count(b.kind) AS documents FROM asked a LEFT JOIN b"
        " ON b.day = a.day AND b.account = a.account AND b.kind = 'document' GROUP BY ALL)",
    ),
    none_where(
        "documents_are_json",
        "Every document is JSON",
        "document IS NULL OR NOT json_valid(document)",
        "kind || ' ' || name",
    ),
    none_where(
        "arn_is_the_entrys",
        "The ARN of a user, role or group is one of IAM, and ends with its name",
        "kind IN ('user', 'role', 'group') AND NOT (regexp_full_match(arn,"
        " 'arn:aws[a-z-]*:iam::[0-9]{{12}}:' || kind || '/.+') AND arn LIKE '%/' || name)",
        "kind || ' ' || arn",
    ),
    # A file that was merged from several accounts is read: what the others do is not in this one's logs.
    none_where(
        "is_of_the_account",
        "Every user, role and group is of this account",
        "kind IN ('user', 'role', 'group') AND split_part(arn, ':', 5) <> account",
        "kind || ' ' || arn",
        "warn",
    ),
    none_where(
        "ids_are_unique",
        "No two entries have the same unique id: IAM never gives one twice",
        "entries > 1",
        "id",
        source="(SELECT day, account, id, count(*) AS entries FROM b WHERE id <> '' GROUP BY ALL)",
    ),
    none_where(
        "one_moment",
        "All entries are from the same snapshot",
        "moments <> 1",
        "moments || ' moments'",
        source="(SELECT day, account, count(DISTINCT taken_at) AS moments FROM b GROUP BY ALL)",
    ),
    none_where(
        "is_near_the_day",
        f"The snapshot was taken within {FRESH_DAYS} days of the day that it stands for",
        f"abs(date_diff('day', CAST(taken_at AS DATE), day)) > {FRESH_DAYS}",
        "'taken on ' || CAST(CAST(taken_at AS DATE) AS VARCHAR)",
        "warn",
    ),
    volume=2,
)

SUITES = (IAM_SNAPSHOTS,)
