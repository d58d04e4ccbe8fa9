"""`cloudtracker dev`: open the tables in the Dagster UI."""

import os
import socket
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
    _ensure_free(port)
    from dagster import DagsterInstance

    from pipeline.account_partitions import register_accounts
    from pipeline.dagster_home import dagster_home

    os.environ["DAGSTER_HOME"] = str(dagster_home())
    os.environ["CLOUDTRACKER_CONFIG"] = str(chosen)
    with DagsterInstance.get() as instance:
        register_accounts(instance, settings)
    os.chdir(HOME)
    os.execv(dagster, [str(dagster), "dev", "-w", str(workspace), "-p", str(port)])


def _ensure_free(port: int) -> None:
    # Dagster says that it cannot listen, and goes on without its UI.
    with socket.socket() as listener:
        # As the server does: what a server that has ended leaves of its connections keeps nobody from the port.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError as error:
            raise UsageError(
                f"port {port} of 127.0.0.1 cannot be used: {error.strerror}; name another one with --port"
            ) from None
