"""`cloudtracker dev`: open the tables in the Dagster UI."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from assets.errors import UsageError
from pipeline.settings import load_settings


def dev(
    config: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Configuration. [default: config.yaml, else the sample's]"),
    ] = None,
    port: Annotated[int, typer.Option(help="Port of the UI on 127.0.0.1.", min=1, max=65535)] = 3000,
) -> None:
    """Open the asset graph in the Dagster UI, with the configuration's accounts as partitions."""
    from pipeline.data_files import HOME, configuration_file

    chosen = configuration_file(str(config) if config else os.environ.get("CLOUDTRACKER_CONFIG")).absolute()
    settings = load_settings(chosen)
    dagster, workspace = Path(sys.executable).parent / "dagster", HOME / "workspace.yaml"
    if not (dagster.exists() and workspace.exists()):
        raise UsageError("the UI needs a checkout with its extras installed: run 'make dev' there")
    from dagster import DagsterInstance

    from pipeline.account_partitions import register_accounts
    from pipeline.dagster_home import dagster_home

    os.environ["DAGSTER_HOME"] = str(dagster_home())
    os.environ["CLOUDTRACKER_CONFIG"] = str(chosen)
    with DagsterInstance.get() as instance:
        register_accounts(instance, settings)
    os.chdir(HOME)
    os.execv(dagster, [str(dagster), "dev", "-w", str(workspace), "-p", str(port)])
