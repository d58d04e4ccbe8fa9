"""Reports as files: `<root>/trend_report/day=.../account=.../report.html`, and `report.csv` beside it."""

from collections.abc import Iterable
from pathlib import Path

import dagster as dg

from assets.errors import StorageError
from assets.partitions import Partition
from assets.trend_report.days import Report
from pipeline.page_files import page_path, write_report
from pipeline.storage import run_began


class PagesIOManager(dg.IOManager):
    """Writes reports partition by partition, as they come; nothing is made from them."""

    def __init__(self, root: Path) -> None:
        """Keep the folder that holds the tables."""
        self.root = root

    def handle_output(self, context: dg.OutputContext, parts: Iterable[tuple[Partition, Report]]) -> None:
        """Write what the asset returned; every asked-for partition must be among it."""
        asked, written = set(context.asset_partition_keys), set()
        began = run_began(context)
        for partition, report in parts:
            path = page_path(self.root, partition)
            write_report(report, path, began, self.root)
            written.add(partition.key)
            context.step_context.add_asset_metadata(
                {
                    "path": dg.MetadataValue.path(str(path)),
                    "bytes": len(report.html),
                    "dagster/row_count": report.rows,
                },
                asset_key=context.asset_key,
                partition_key=partition.key,
            )
        if written != asked:
            raise StorageError(
                f"trend_report: the asset made nothing for {', '.join(sorted(asked - written))}"
            )

    def load_input(self, context: dg.InputContext) -> None:
        """Raise `StorageError`: no table is made from a page."""
        raise StorageError(f"{context.asset_key.to_user_string()}: nothing is made from a page")
