"""The one table over a bucket's logs, as Athena is told of it.

Statement as in https://docs.aws.amazon.com/athena/latest/ug/create-cloudtrail-table-partition-projection.html,
with account and region as partitions too: both are injected, that is, taken from each query.
"""

import re
from dataclasses import dataclass, field
from hashlib import blake2b

from assets.errors import ConfigError

PREFIX = "cloudtrail_logs_"
_COLUMNS = (
    ("eventversion", "STRING"),
    (
        "useridentity",
        "STRUCT<type: STRING, principalid: STRING, arn: STRING, accountid: STRING, invokedby: STRING,"
        " accesskeyid: STRING, username: STRING, identityprovider: STRING,"
        " onbehalfof: STRUCT<userid: STRING, identitystorearn: STRING>,"
        " inscopeof: STRUCT<issuertype: STRING, credentialsissuedto: STRING>,"
        " sessioncontext: STRUCT<"
        "attributes: STRUCT<mfaauthenticated: STRING, creationdate: STRING>,"
        " sessionissuer: STRUCT<type: STRING, principalid: STRING, arn: STRING, accountid: STRING,"
        " username: STRING>,"
        " ec2roledelivery: STRING, sourceidentity: STRING,"
        " webidfederationdata: STRUCT<federatedprovider: STRING, attributes: MAP<STRING, STRING>>>>",
    ),
    ("eventtime", "STRING"),
    ("eventsource", "STRING"),
    ("eventname", "STRING"),
    ("awsregion", "STRING"),
    ("errorcode", "STRING"),
    ("errormessage", "STRING"),
    ("requestparameters", "STRING"),
    ("responseelements", "STRING"),
    ("additionaleventdata", "STRING"),
    ("eventid", "STRING"),
    ("resources", "ARRAY<STRUCT<arn: STRING, accountid: STRING, type: STRING>>"),
    ("eventtype", "STRING"),
    ("recipientaccountid", "STRING"),
    ("sharedeventid", "STRING"),
    ("eventcategory", "STRING"),
)
_DATABASE = re.compile(r"[a-z_][a-z0-9_]{0,127}")
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]")
# Nothing that a string of HiveQL or a template of Athena would take for anything else.
_FOLDERS = re.compile(r"[A-Za-z0-9!_.*()=+,@:/-]*")
_ORGANISATION = re.compile(r"o-[a-z0-9]{3,64}")


@dataclass(frozen=True)
class LogTable:
    """The table of the logs below `s3://bucket/prefix/AWSLogs/[org_id/]`, in a database of Athena.

    Raises ConfigError for names that are none: they become part of statements, so nothing else gets there.
    `where` is the configuration's file and key, for these errors.
    """

    database: str
    bucket: str
    prefix: str = ""
    org_id: str | None = None
    where: str = field(default="athena", compare=False)

    def __post_init__(self) -> None:
        """Check every name."""
        for key, value, allowed in (
            ("database", self.database, _DATABASE),
            ("s3_bucket", self.bucket, _BUCKET),
            ("path", self.prefix, _FOLDERS),
            ("org_id", self.org_id or "o-none", _ORGANISATION),
        ):
            if not allowed.fullmatch(value):
                raise ConfigError(
                    f"{self.where}.{key}: {value!r} is no such name (allowed: {allowed.pattern})"
                )

    @property
    def root(self) -> str:
        """What holds `AWSLogs/`: `s3://bucket/[prefix/]`."""
        return f"s3://{self.bucket}/" + (f"{self.prefix}/" if self.prefix else "")

    @property
    def location(self) -> str:
        """The folder of the accounts."""
        return f"{self.root}AWSLogs/" + (f"{self.org_id}/" if self.org_id else "")

    @property
    def name(self) -> str:
        """The table's name: other columns or another place make another table, so none has to be altered."""
        return PREFIX + blake2b(self._definition.encode(), digest_size=6).hexdigest()

    @property
    def create(self) -> str:
        """The statement that makes the table where there is none."""
        return f"CREATE EXTERNAL TABLE IF NOT EXISTS `{self.database}`.`{self.name}` {self._definition}"

    @property
    def create_database(self) -> str:
        """The statement that makes the database where there is none."""
        return f"CREATE DATABASE IF NOT EXISTS `{self.database}` COMMENT 'Made by CloudTracker'"

    @property
    def _definition(self) -> str:
        columns = ",\n  ".join(f"`{name}` {kind}" for name, kind in _COLUMNS)
        template = f"{self.location}${{account}}/CloudTrail/${{region}}/${{day}}"
        return f"""(
  {columns})
COMMENT 'Made by CloudTracker'
PARTITIONED BY (`account` STRING, `region` STRING, `day` STRING)
ROW FORMAT SERDE 'org.apache.hive.hcatalog.data.JsonSerDe'
STORED AS INPUTFORMAT 'com.amazon.emr.cloudtrail.CloudTrailInputFormat'
OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat'
LOCATION '{self.location}'
TBLPROPERTIES (
  'projection.enabled'='true',
  'projection.account.type'='injected',
  'projection.region.type'='injected',
  'projection.day.type'='date',
  'projection.day.format'='yyyy/MM/dd',
  'projection.day.range'='2013/01/01,NOW+1DAYS',
  'projection.day.interval'='1',
  'projection.day.interval.unit'='DAYS',
  'storage.location.template'='{template}')"""
