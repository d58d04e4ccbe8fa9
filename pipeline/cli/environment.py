"""What Polars and NumPy read from the environment when they are loaded: imported before they are.

Processes that read logs inherit it.
"""

import os

# Polars's allocator (jemalloc) keeps what the largest step of a run needed, once for every few threads. With one arena
# a reading of a million events peaks a sixth lower. Half a second is what steps that follow each other need: with a
# tenth of it a reading of five million events peaks 10 MB lower, and a diff of millions of grants takes 7 % longer.
os.environ.setdefault("_RJEM_MALLOC_CONF", "narenas:1,dirty_decay_ms:500,muzzy_decay_ms:0")
# It reads many groups of rows of a Parquet file ahead, which takes more memory than the work on them and no less time:
# one ahead is enough.
os.environ.setdefault("POLARS_ROW_GROUP_PREFETCH_SIZE", "1")
# NumPy starts threads for linear algebra, which nobody asks for here; they turn idly on the other cores at the start.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
