"""Invented log folders: files of several regions and days, duplicates, late deliveries, and what cannot be read."""

import gzip
import json
import random
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from tests.second_opinion.accounts import ACCOUNT
from tests.second_opinion.records import Records

_SKIPPED = ("CloudTrail-Digest", "CloudTrail-Insight", "CloudTrail-Aggregated")


class LogMaker:
    """Makes the files of an account.

    `untidy` is how often something cannot be read, `gaps` how often a day is empty.
    """

    def __init__(self, rnd: random.Random, records: Records, untidy: float, gaps: float) -> None:
        self._rnd, self._records, self._untidy, self._gaps = rnd, records, untidy, gaps
        self._regions = ["us-east-1", *rnd.sample(["eu-west-1", "ap-south-1"], rnd.randint(0, 2))]
        if rnd.random() < 0.1:
            self._regions.append(rnd.choice(["us-gov-west-1", "cn-north-1"]))
        # Delivery day and region to files, each a list of records.
        self._files: dict[tuple[date, str], list[list[Any]]] = {}

    def write(self, folder: Path, first: date, last: date) -> None:
        """Write the logs of the days below the folder of an account."""
        rnd = self._rnd
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        for day in days:
            if rnd.random() >= self._gaps:
                self._day(day)
        (folder / "CloudTrail").mkdir(parents=True)
        for (day, region), files in self._files.items():
            there = folder / "CloudTrail" / region / f"{day:%Y/%m/%d}"
            there.mkdir(parents=True)
            for number, some in enumerate(files):
                self._file(there, f"{ACCOUNT}_CloudTrail_{region}_{day:%Y%m%d}T0000Z_{number:04}", some)
            self._others(there)
        self._alone(folder, days)

    def _day(self, day: date) -> None:
        rnd = self._rnd
        for _ in range(rnd.choice([1, 5, 30, 70])):
            at = datetime.combine(day, time(rnd.randint(0, 23), rnd.randint(0, 59), rnd.randint(0, 59)), UTC)
            record = self._records.event(at)
            copies = self._records.copies(record) if rnd.random() < 0.1 else []
            for one in [record, *copies]:
                self._deliver(one, day)
            if rnd.random() < self._untidy / 6:
                self._deliver(self._records.broken(at), day)

    def _deliver(self, record: Any, day: date) -> None:
        rnd = self._rnd
        chance = rnd.random()
        wait = 0 if chance < 0.84 else 1 if chance < 0.94 else rnd.randint(2, 4) if chance < 0.98 else -1
        region = rnd.choice([self._regions[0], *self._regions])
        files = self._files.setdefault((day + timedelta(days=wait), region), [[]])
        if rnd.random() < 0.15:
            files.append([])
        rnd.choice(files).append(record)

    def _file(self, folder: Path, name: str, records: list[Any]) -> None:
        rnd = self._rnd
        text = json.dumps({"Records": records}, ensure_ascii=rnd.random() < 0.5).encode()
        data = gzip.compress(text, mtime=0)
        ending = ".json.gz"
        chance = rnd.random()
        if chance < 0.15:
            data, ending = text, ".json"
        elif chance < 0.18:
            half = len(text) // 2
            data = gzip.compress(text[:half], mtime=0) + gzip.compress(text[half:], mtime=0)
        elif chance < 0.2:
            data, ending = rnd.choice([(text, ".json.gz"), (data, ".json")])
        elif chance > 1 - self._untidy / 8:
            data = self._damaged(text, data)
        (folder / f"{name}{ending}").write_bytes(data)

    def _damaged(self, text: bytes, data: bytes) -> bytes:
        flipped = bytearray(data)
        flipped[-6] ^= 0xFF
        return self._rnd.choice(
            [
                data[:-9],
                data[:20],
                data + b"more",
                bytes(flipped),
                b"",
                gzip.compress(b"<html>", mtime=0),
                text[: len(text) // 2],
                b"{}",
                b"[]",
                b'{"Records": null}',
                b'{"records": []}',
                b'{"Records": [{"eventID": NaN}]}',
            ]
        )

    def _alone(self, folder: Path, days: list[date]) -> None:
        """Put what cannot be read into a region that perhaps has nothing else on that day, nor on the day before."""
        # Of its own, so that what else a seed makes does not depend on it.
        rnd = random.Random(f"{days} {sorted(self._files)}")
        if rnd.random() < max(0.1, self._untidy):
            there = folder / "CloudTrail" / rnd.choice(self._regions) / f"{rnd.choice(days):%Y/%m/%d}"
            there.mkdir(parents=True, exist_ok=True)
            (there / "alone.json.gz").write_bytes(b"no log")

    def _others(self, folder: Path) -> None:
        rnd = self._rnd
        if rnd.random() < 0.1:
            kind = rnd.choice(_SKIPPED)
            (folder / f"{ACCOUNT}_{kind}_us-east-1_x.json.gz").write_bytes(b"not looked at")
        if rnd.random() < 0.05:
            (folder / "empty.json").write_bytes(b'{"Records": []}')
        if rnd.random() < self._untidy / 8:
            (folder / "log.json.gz.part").write_bytes(b"x")
