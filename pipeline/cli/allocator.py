"""How much memory Polars keeps and reads ahead: imported before Polars is, which reads it when it is loaded."""

import os

# Its allocator (jemalloc) keeps what the largest step of a run needed, once for every few threads. With one arena and
# 50 ms, a reading of a million events peaks a sixth lower; of five million it peaks a twentieth lower than with 200 ms.
# Processes that read logs inherit it.
os.environ.setdefault("_RJEM_MALLOC_CONF", "narenas:1,dirty_decay_ms:50,muzzy_decay_ms:0")
# It reads many groups of rows of a Parquet file ahead, which takes more memory than the work on them and no less time:
# one ahead is enough.
os.environ.setdefault("POLARS_ROW_GROUP_PREFETCH_SIZE", "1")
