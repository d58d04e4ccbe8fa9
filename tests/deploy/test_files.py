"""The files of `deploy/` say what the programs understand."""

import configparser
import json
import shlex
from pathlib import Path

import pytest
import yaml

from pipeline.requests import ACCOUNT_TAG
from tests.conftest import CHECKOUT

DEPLOY = CHECKOUT / "deploy"


def _yaml(name: str) -> dict:
    return yaml.safe_load((DEPLOY / name).read_text(encoding="utf-8"))


def _containers() -> dict[str, list[dict]]:
    """Return the containers of each way to run it: name, command and names of the variables given."""
    compose = [
        {"name": name, "command": service["command"], "env": set(service["environment"])}
        for name, service in _yaml("docker-compose.yaml")["services"].items()
        if name != "postgres"
    ]
    objects = list(yaml.safe_load_all((DEPLOY / "kubernetes/cloudtracker.yaml").read_text(encoding="utf-8")))
    (deployment,) = [one for one in objects if one["kind"] == "Deployment"]
    pod = [
        {"name": one["name"], "command": one["command"], "env": {pair["name"] for pair in one["env"]}}
        for one in deployment["spec"]["template"]["spec"]["containers"]
    ]
    task = [
        {
            "name": one["name"],
            "command": one["command"],
            "env": {pair["name"] for pair in [*one["environment"], *one["secrets"]]},
        }
        for one in json.loads((DEPLOY / "ecs/task-definition.json").read_text())["containerDefinitions"]
    ]
    units = []
    for path in sorted((DEPLOY / "systemd").glob("*.service")):
        unit = configparser.ConfigParser(strict=False, interpolation=None)
        unit.optionxform = str  # type: ignore[assignment]
        unit.read(path)
        lines = path.read_text().splitlines()
        units.append(
            {
                "name": path.stem.removeprefix("cloudtracker-"),
                "command": [Path(word).name for word in shlex.split(unit["Service"]["ExecStart"])[:1]]
                + shlex.split(unit["Service"]["ExecStart"])[1:],
                # The address of the database stands in the file of the environment.
                "env": {line.split("=")[1] for line in lines if line.startswith("Environment=")}
                | {"DAGSTER_POSTGRES_URL"},
            }
        )
    return {"compose": compose, "kubernetes": pod, "ecs": task, "systemd": units}


@pytest.mark.parametrize("way", ["compose", "kubernetes", "ecs", "systemd"])
def test_each_way_starts_the_same_three_programs_with_what_they_read(way: str) -> None:
    containers = {one["name"]: one for one in _containers()[way]}
    assert sorted(containers) == ["code", "daemon", "webserver"]
    assert containers["code"]["command"][:3] == ["dagster", "code-server", "start"]
    assert containers["daemon"]["command"][:2] == ["dagster-daemon", "run"]
    assert containers["webserver"]["command"][0] == "dagster-webserver"
    for one in containers.values():
        assert {"DAGSTER_POSTGRES_URL", "CLOUDTRACKER_CODE_HOST", "CLOUDTRACKER_CODE_PORT"} <= one["env"]


def test_the_queue_takes_one_run_of_an_account_at_a_time() -> None:
    (limit,) = _yaml("dagster.yaml")["concurrency"]["runs"]["tag_concurrency_limits"]
    assert limit == {"key": ACCOUNT_TAG, "value": {"applyLimitPerUniqueValue": True}, "limit": 1}
