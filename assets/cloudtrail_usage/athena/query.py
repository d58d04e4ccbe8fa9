"""The one query: the records of the wanted deliveries, each event once, counted by what the log says raw.

What a raw identity means is not said in SQL: Python maps the distinct ones, with the functions that the local
reader uses (`identity`, `keys`, `outcome`, `session_keys`, `assumption`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from assets.cloudtrail_usage.athena.log_table import LogTable
from assets.cloudtrail_usage.batches import Plan
from assets.cloudtrail_usage.event_time import DAYS_AHEAD

_ISSUER = "useridentity.sessioncontext.sessionissuer"
# Events that issue a session: those of `assumption.issues_session`. Each is told by itself.
_ISSUING = """((eventsource = 'sts.amazonaws.com' AND (substr(eventname, 1, 10) = 'AssumeRole'
                OR eventname IN ('GetFederationToken', 'GetSessionToken')))
            OR (eventsource = 'signin.amazonaws.com' AND eventname = 'SwitchRole'))"""
_SESSION = "useridentity.type IN ('AssumedRole', 'FederatedUser', 'Role')"
_NAMES_SERVICE = "'^[^:]*:[^:]*:[^:]+'"
# Sessions that belong to a service by what their own records say (`person.service_of_session`), and whose issuer
# is known: neither the session's name nor its key is needed, and a service may have a million of them.
_OF_SERVICE = f"""({_ISSUER}.arn <> '' AND {_ISSUER}.principalid <> '' AND {_ISSUER}.accountid <> ''
            AND useridentity.type IN ('AssumedRole', 'FederatedUser')
            AND (useridentity.sessioncontext.ec2roledelivery IS NOT NULL
                OR strpos({_ISSUER}.arn, ':role/aws-service-role/') > 0
                OR regexp_like(useridentity.inscopeof.credentialsissuedto, {_NAMES_SERVICE})
                OR regexp_like(useridentity.inscopeof.issuertype, {_NAMES_SERVICE})
                OR (useridentity.invokedby <> '' AND strpos(coalesce(useridentity.principalid, ''), ':') = 0)))"""


def _unless_of_service(field: str) -> str:
    return f"CASE WHEN {_ISSUING} THEN {field} WHEN {_OF_SERVICE} THEN '' ELSE {field} END"


def _if_issuing(field: str) -> str:
    return f"CASE WHEN {_ISSUING} THEN {field} ELSE '' END"


def _role_among(resources: int) -> str:
    cases = (
        f"WHEN cardinality(resources) >= {n} AND element_at(resources, {n}).type = 'AWS::IAM::Role'"
        f" THEN element_at(resources, {n}).arn"
        for n in range(1, resources + 1)
    )
    return f"CASE {' '.join(cases)} ELSE '' END"


KEYS: Mapping[str, str] = {
    "identity_type": "useridentity.type",
    "identity_id": _unless_of_service("useridentity.principalid"),
    "identity_arn": _unless_of_service("useridentity.arn"),
    "identity_account": _unless_of_service("useridentity.accountid"),
    "identity_name": _unless_of_service("useridentity.username"),
    "invoked_by": "useridentity.invokedby",
    "on_behalf_of": _unless_of_service("useridentity.onbehalfof.userid"),
    "issuer_type": f"{_ISSUER}.type",
    "issuer_id": f"{_ISSUER}.principalid",
    "issuer_arn": f"{_ISSUER}.arn",
    "issuer_account": f"{_ISSUER}.accountid",
    "issuer_name": f"{_ISSUER}.username",
    "access_key": f"CASE WHEN {_ISSUING} THEN useridentity.accesskeyid WHEN {_OF_SERVICE} THEN ''"
    f" WHEN {_SESSION} OR substr(useridentity.accesskeyid, 1, 4) = 'ASIA' THEN useridentity.accesskeyid ELSE '' END",
    "session_created": _unless_of_service("useridentity.sessioncontext.attributes.creationdate"),
    "session_source": _unless_of_service("useridentity.sessioncontext.sourceidentity"),
    "on_instance": "CASE WHEN useridentity.sessioncontext.ec2roledelivery IS NOT NULL THEN 'x' ELSE '' END",
    "scope_type": "useridentity.inscopeof.issuertype",
    "scope_arn": "useridentity.inscopeof.credentialsissuedto",
    "event_source": "eventsource",
    "event_name": "eventname",
    "event_type": "eventtype",
    "error_code": "errorcode",
    "error_message": f"CASE WHEN errormessage <> '' AND {_ISSUING} THEN errormessage"
    " WHEN errormessage <> '' THEN 'x' ELSE '' END",
    "identity_provider": _if_issuing("useridentity.identityprovider"),
    "shared_event_id": _if_issuing("sharedeventid"),
    "request": _if_issuing("requestparameters"),
    "response": _if_issuing("responseelements"),
    "additional": _if_issuing("additionaleventdata"),
    "resource_role": _if_issuing(_role_among(4)),
}
"""The raw fields that events are counted by, "" where the log has none, and how they are read."""

ROWS: dict[str, pl.DataType] = {
    **dict.fromkeys(
        ("account", "region", "delivery", "path", "event_day", "odd_time", "problem", "detail"), pl.String()
    ),
    **dict.fromkeys(("counted", "single_id", "single_time", "single_delivery", *KEYS), pl.String()),
    "events": pl.Int64(),
    **dict.fromkeys(("first_seen", "last_seen", "newest"), pl.String()),
}
"""The columns of the answer, see `query`."""

# Times as CloudTrail writes them sort as text. Any other time is handed out as it is, for Python to read.
_TIME = "^(19[7-9][0-9]|2[0-9]{3})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z$"
_UNIT = "chr(31)"


@dataclass(frozen=True)
class Wanted:
    """What a query reads: accounts with the same plan, the regions that they have, files to be left out."""

    accounts: Sequence[str]
    regions: Sequence[str]
    plan: Plan
    without: Sequence[str] = ()


def query(table: LogTable, wanted: Wanted) -> tuple[str, dict[str, object]]:
    """Return the statement and its parameters (in PyAthena's style `pyformat`).

    Its rows, with the columns `ROWS`, are of two kinds. With a `path`, what each file held: `account`, `region`,
    `delivery` (as 2026/06/30), `event_day` (as 2026-06-30, "" where `odd_time` has the eventTime), `problem` (why
    the records are no events), `detail`, and `events`, how many they are. Without a `path`, the events of the days
    asked for, each once: `account`, `region`, `event_day`, the columns of `KEYS`, `events`, `first_seen`,
    `last_seen` (eventTime), `newest` (8 characters, then the smallest id of the last events). Where copies of an
    event differ, its time is odd, or it issues a session, each is a row of its own, with `single_id`, `single_time` and
    `single_delivery`. Rows whose `counted` is "" are none of these.
    """
    late = sorted(
        f"{day:%Y-%m-%d} {delivery:%Y/%m/%d}"
        for day in wanted.plan.days
        for delivery in wanted.plan.extra(day)
    )
    parameters: dict[str, object] = {
        "accounts": list(wanted.accounts),
        "regions": list(wanted.regions),
        "deliveries": [f"{day:%Y/%m/%d}" for day in sorted(wanted.plan.deliveries())],
        "first": wanted.plan.days[0].isoformat(),
        "last": wanted.plan.days[-1].isoformat(),
        "late_days": wanted.plan.late_days,
    }
    if late:
        parameters["late"] = late
    if wanted.without:
        parameters["without"] = list(wanted.without)
    return _statement(table, bool(late), bool(wanted.without)), parameters


def _statement(table: LogTable, late: bool, without: bool) -> str:
    keys = ", ".join(KEYS)
    raw = ",\n        ".join(f"coalesce({field}, '') AS {name}" for name, field in KEYS.items())
    told = ",\n        ".join(f"CASE WHEN counted <> '' THEN {name} ELSE '' END AS {name}" for name in KEYS)
    fingerprint = f" || {_UNIT} || ".join(("event_time", "unnamed", *KEYS))
    copies = "PARTITION BY account, used, event_day, id"
    in_late = "OR concat(event_day, ' ', delivery) IN %(late)s" if late else ""
    not_without = 'AND "$path" NOT IN %(without)s' if without else ""
    return f"""WITH records AS (
    SELECT account, region, day AS delivery, "$path" AS path,
        coalesce(eventtime, '') AS event_time,
        coalesce(eventid, '') AS event_id,
        CASE WHEN useridentity IS NULL THEN 'identity_missing'
            WHEN eventsource IS NULL THEN 'no_event_source'
            WHEN eventname IS NULL THEN 'no_event_name'
            WHEN recipientaccountid <> account THEN 'foreign_recipient'
            WHEN eventsource = '' THEN 'missing_event_source'
            WHEN eventname = '' THEN 'missing_event_name'
            ELSE '' END AS problem,
        coalesce(recipientaccountid, '') AS recipient,
        CASE WHEN {_ISSUING} THEN 'yes' ELSE '' END AS issuing,
        CASE WHEN eventid <> '' THEN ''
            ELSE concat(coalesce(requestparameters, ''), coalesce(responseelements, '')) END AS unnamed,
        {raw}
    FROM "{table.database}"."{table.name}"
    WHERE account IN %(accounts)s AND region IN %(regions)s AND day IN %(deliveries)s
        {not_without}
), timed AS (
    SELECT *,
        CASE WHEN regexp_like(event_time, '{_TIME}') AND date_diff('day', try_cast(replace(delivery, '/', '-') AS date),
                try_cast(substr(event_time, 1, 10) AS date)) <= {DAYS_AHEAD}
            THEN substr(event_time, 1, 10) ELSE '' END AS event_day,
        {fingerprint} AS fingerprint
    FROM records
), chosen AS (
    SELECT *,
        CASE WHEN event_id <> '' THEN event_id
            ELSE concat('record:', lower(to_hex(md5(to_utf8(fingerprint))))) END AS id,
        CASE WHEN problem <> '' THEN 'no'
            WHEN event_day = '' THEN 'odd'
            WHEN event_day BETWEEN %(first)s AND %(last)s AND (
                date_diff('day', try_cast(event_day AS date), try_cast(replace(delivery, '/', '-') AS date))
                    BETWEEN 0 AND %(late_days)s {in_late}) THEN 'yes'
            ELSE 'no' END AS used
    FROM timed
), copied AS (
    SELECT *,
        row_number() OVER ({copies} ORDER BY region, delivery, path) AS copy,
        min(fingerprint) OVER ({copies}) <> max(fingerprint) OVER ({copies}) AS differ
    FROM chosen
), marked AS (
    SELECT *,
        CASE WHEN used = 'odd' THEN 'single'
            WHEN used = 'yes' AND (differ OR issuing = 'yes') THEN 'single'
            WHEN used = 'yes' AND copy = 1 THEN 'once'
            ELSE '' END AS counted
    FROM copied
), told AS (
    SELECT account, region, delivery, path, event_day, problem, event_time, id, counted,
        CASE WHEN event_day = '' THEN event_time ELSE '' END AS odd_time,
        CASE WHEN problem = 'foreign_recipient' THEN recipient ELSE '' END AS detail,
        CASE WHEN counted = 'single' THEN id ELSE '' END AS single_id,
        CASE WHEN counted = 'single' THEN event_time ELSE '' END AS single_time,
        CASE WHEN counted = 'single' THEN delivery ELSE '' END AS single_delivery,
        {told}
    FROM marked
)
SELECT account, region, delivery, path, event_day, odd_time, problem, detail,
    counted, single_id, single_time, single_delivery, {keys},
    count(*) AS events, min(event_time) AS first_seen, max(event_time) AS last_seen,
    min(concat(translate(substr(event_time, 12, 8), '0123456789', '9876543210'), id)) AS newest
FROM told
GROUP BY GROUPING SETS (
    (account, region, delivery, path, event_day, odd_time, problem, detail),
    (account, region, event_day, counted, single_id, single_time, single_delivery, {keys}))"""


def delivery_day(text: str) -> date:
    """Return the day of a `delivery`."""
    return date.fromisoformat(text.replace("/", "-"))
