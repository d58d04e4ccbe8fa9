"""The errors of this project: one small hierarchy, each with the exit code that a script sees.

A message names the file, the key or the record, what was wrong with the value, and what to do.
Code below `assets/` raises them and never exits; only `pipeline.cli` turns them into exit codes.
"""

INTERRUPTED = 130
"""The exit code of a process that was interrupted (128 and the number of SIGINT), which is no error of these."""


class CloudTrackerError(Exception):
    """Base of everything that a user can mend; `exit_code` is the command's exit code."""

    exit_code = 1


class UsageError(CloudTrackerError):
    """A flag or an argument is wrong: an unknown user, a start after the end."""

    exit_code = 2


class ConfigError(CloudTrackerError):
    """`config.yaml` is wrong: an unknown key, a bad account id."""

    exit_code = 2


class InputError(CloudTrackerError):
    """A file that was to be read is not what it should be: an IAM file cut short, no logs directory."""

    exit_code = 3


class StorageError(CloudTrackerError):
    """A table could not be read or written: the root is not writable, a partition is not Parquet."""

    exit_code = 4


class UnwritableError(StorageError):
    """Nothing can be made, as the root or Dagster's folder cannot be written; what is stored can still be read."""


class UnforeseenError(CloudTrackerError):
    """Something went wrong that nobody thought of: a defect of this program, or of a library."""

    exit_code = 70


class RunError(CloudTrackerError):
    """A run did not finish."""

    exit_code = 5
