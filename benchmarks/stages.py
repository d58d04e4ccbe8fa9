"""How long each stage of the runs below DAGSTER_HOME took: `python -m benchmarks.stages` prints seconds by step."""

import json
from collections import Counter

import dagster as dg


def seconds_by_step() -> dict[str, float]:
    """Return the seconds of every step over all runs of the instance."""
    seconds: Counter[str] = Counter()
    with dg.DagsterInstance.get() as instance:
        for run in instance.get_runs():
            for step in instance.get_run_step_stats(run.run_id):
                if step.start_time is not None and step.end_time is not None:
                    seconds[step.step_key] += step.end_time - step.start_time
    return dict(seconds.most_common())


if __name__ == "__main__":
    print(json.dumps(seconds_by_step()))
