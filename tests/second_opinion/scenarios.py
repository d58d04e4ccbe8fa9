"""An invented account with its logs and its configuration: everything that a run reads, from one seed."""

import json
import random
import re
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from tests.second_opinion.accounts import ACCOUNT, AccountMaker
from tests.second_opinion.callers import Callers
from tests.second_opinion.facts import Facts
from tests.second_opinion.later import some_days_later
from tests.second_opinion.logs import LogMaker
from tests.second_opinion.records import Records
from tests.second_opinion.vocabulary import Vocabulary

Json = dict[str, Any]

LAST = date(2026, 6, 30)
_TYPES = (
    "AWS::S3::Object",
    "AWS::SQS::Queue",
    "AWS::DynamoDB::Table",
    "AWS::Lambda::Function",
    "AWS::SNS::Topic",
)


@dataclass(frozen=True)
class Run:
    """One run of the command: its days, and the names of the configuration and of the IAM file that it reads."""

    first: date
    last: date
    config: str
    iam: str


@dataclass(frozen=True)
class Scenario:
    """What was written to a folder: `settings` is what the configuration says, in `runs` one after the other.

    `as_of` is the last day of each run, on which its IAM file was taken.
    """

    seed: int
    folder: Path
    settings: Json
    runs: tuple[Run, ...]

    @property
    def first(self) -> date:
        """The first day of all runs."""
        return self.runs[0].first

    @property
    def days(self) -> list[date]:
        """The days of all runs."""
        return [self.first + timedelta(days=n) for n in range((LAST - self.first).days + 1)]

    @property
    def logs(self) -> Path:
        """The folder of the account's logs."""
        org = self.settings["cloudtrail"].get("org_id", "")
        return self.folder / "logs" / "AWSLogs" / org / ACCOUNT

    @property
    def lake(self) -> Path:
        """Where the tables lie."""
        return self.folder / "lake"


def write_scenario(seed: int, folder: Path, facts: Facts) -> Scenario:
    """Write the account, the logs and the configuration of a seed below a folder."""
    rnd = random.Random(seed)
    first = LAST - timedelta(days=rnd.randint(1, 4))
    words = Vocabulary(rnd, facts)
    untidy = rnd.choice([0, 0, 0.2, 0.5])
    maker = AccountMaker(rnd, words, first, LAST, rnd.choice([0, 0, 0.1, 0.3]))
    details = maker.details()
    settings = _settings(rnd, first, words)
    runs = _runs(rnd, first)
    scenario = Scenario(seed, folder, settings, runs)
    (folder / "logs" / "AWSLogs").mkdir(parents=True, exist_ok=True)
    scenario.logs.mkdir(parents=True)
    records = Records(rnd, words, Callers(rnd, details))
    gaps = rnd.choice([0, 0, 0.2, 0.6])
    LogMaker(rnd, records, untidy, gaps).write(scenario.logs, first - timedelta(days=2), LAST)
    _write_scps(rnd, folder, settings, maker)
    for run in runs:
        (folder / run.iam).write_text(json.dumps(details), encoding="utf-8")
        (folder / run.config).write_text(_yaml(settings, run), encoding="utf-8")
        details = some_days_later(rnd, details, maker)
    return scenario


def _runs(rnd: random.Random, first: date) -> tuple[Run, ...]:
    """One run, or two with another IAM file: what was granted before is only known by what was stored before."""
    if rnd.random() < 0.6:
        return (Run(first, LAST, "config.yaml", "iam.json"),)
    between = first + timedelta(days=rnd.randint(0, (LAST - first).days - 1))
    return (
        Run(first, between, "config-before.yaml", "iam-before.json"),
        Run(between + timedelta(days=1), LAST, "config.yaml", "iam.json"),
    )


def _settings(rnd: random.Random, first: date, words: Vocabulary) -> Json:
    account: Json = {"name": "demo", "id": ACCOUNT}
    if rnd.random() < 0.1:
        account["management_account"] = True
    late_days = rnd.choice([0, 1, 1, 2])
    settings: Json = {
        "lookback_days": rnd.randint(1, 5),
        "min_covered_days": rnd.choice([1, 1, 2, 3]),
        "late_days": late_days,
        "late_hours": 24 * max(1, late_days),
        "cloudtrail": {"path": "./logs"},
        "storage": {"root": "./lake"},
        "workers": 1,
        "accounts": [account],
    }
    if rnd.random() < 0.3:
        settings["cloudtrail"]["org_id"] = "o-abc123"
    if rnd.random() < 0.5:
        settings["trails"] = [_trail(rnd, first, words) for _ in range(rnd.choice([1, 1, 2]))]
    if rnd.random() < 0.15:
        account["trails"] = [_trail(rnd, first, words)]
    return settings


def _trail(rnd: random.Random, first: date, words: Vocabulary) -> Json:
    trail: Json = {}
    if rnd.random() < 0.5:
        trail["management"] = rnd.choice(["all", "read", "write", "none"])
    if rnd.random() < 0.4:
        some = rnd.choice(words.operations)["event_source"]
        trail["exclude_sources"] = [
            rnd.choice([some, some.removesuffix(".amazonaws.com")]),
            "kms.amazonaws.com",
        ]
    if rnd.random() < 0.6:
        trail["data_events"] = [_data_events(rnd) for _ in range(rnd.randint(1, 3))]
    if rnd.random() < 0.3:
        trail["since"] = f"{first + timedelta(days=rnd.randint(-3, 5))}"
    return trail


def _data_events(rnd: random.Random) -> Json:
    found: Json = {"type": rnd.choice(_TYPES)}
    if rnd.random() < 0.2:
        found["resources"] = ["arn:aws:s3:::one-bucket/"]
    elif rnd.random() < 0.5:
        found["resources"] = "all"
    if rnd.random() < 0.2:
        found[rnd.choice(["read", "write"])] = False
    return found


def _write_scps(rnd: random.Random, folder: Path, settings: Json, maker: AccountMaker) -> None:
    if rnd.random() > 0.45:
        return
    levels = []
    for level in range(rnd.randint(1, 3)):
        names = []
        for n in range(rnd.choice([1, 1, 2])):
            document: Json = maker.limit()
            if rnd.random() < 0.3:
                # As describe-policy answers.
                summary = {"Id": f"p-{level}{n}", "Name": f"scp{level}{n}", "Type": "SERVICE_CONTROL_POLICY"}
                document = {"Policy": {"PolicySummary": summary, "Content": json.dumps(document)}}
            names.append(f"scp-{level}-{n}.json")
            (folder / names[-1]).write_text(json.dumps(document), encoding="utf-8")
        levels.append(names)
    settings["accounts"][0]["scps"] = levels


def _yaml(settings: Json, run: Run) -> str:
    """JSON is YAML; days and times must stay unquoted to be such."""
    account = {**settings["accounts"][0], "iam": run.iam, "taken_at": f"{run.last}T06:00:00Z"}
    text = json.dumps({**settings, "as_of": f"{run.last}", "accounts": [account]}, indent=1)
    return re.sub(r'("(?:as_of|taken_at|since)": )"([^"]*)"', r"\1\2", text)
