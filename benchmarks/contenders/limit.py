"""The limit: every file decompressed by isal and parsed by simdjson, one after the other, and nothing made of it."""

import json
import sys
import time
from pathlib import Path

import simdjson
from isal import igzip

files = sorted(Path(sys.argv[1]).rglob("*.json.gz"))
parser = simdjson.Parser()
began = time.perf_counter()
events = size = 0
for file in files:
    text = igzip.decompress(file.read_bytes())
    document = parser.parse(text)
    events += len(document["Records"])
    size += len(text)
    # The parser cannot be used again while something still refers to its document.
    del document
print(json.dumps({"events": events, "bytes": size, "seconds": time.perf_counter() - began}))
