"""How much freed memory Polars keeps: imported before Polars is, which reads it when it is loaded."""

import os

# Its allocator (jemalloc) keeps what the largest step of a run needed, once for every few threads. With one arena and
# 200 ms, a reading of a million events peaks a sixth lower. Processes that read logs inherit it.
os.environ.setdefault("_RJEM_MALLOC_CONF", "narenas:1,dirty_decay_ms:200,muzzy_decay_ms:0")
