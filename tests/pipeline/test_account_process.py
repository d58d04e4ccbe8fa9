import pickle

import pytest

from assets.cloudtrail_usage.athena.client import QueryError
from assets.errors import CloudTrackerError, InputError, RunError, StorageError
from pipeline.account_process import plain


@pytest.mark.parametrize(
    ("error", "own"),
    [
        (CloudTrackerError("a"), CloudTrackerError),
        (InputError("b"), InputError),
        (StorageError("c"), StorageError),
        (QueryError("7", "no such table"), RunError),
    ],
)
def test_every_error_comes_out_of_a_pipe_as_it_went_in(
    error: CloudTrackerError, own: type[CloudTrackerError]
) -> None:
    told = pickle.loads(pickle.dumps(plain(error)))
    assert type(told) is own
    assert (str(told), told.exit_code) == (str(error), error.exit_code)
