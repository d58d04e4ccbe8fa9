"""Every object of a bucket fetched by boto3, by 16 threads, and nothing made of it: `boto3_objects.py URL LOGS`."""

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import boto3
from botocore.config import Config

THREADS = 16
url, logs = sys.argv[1], Path(sys.argv[2])
keys = [file.relative_to(logs).as_posix() for file in sorted(logs.rglob("*.json.gz"))]
client = boto3.client(
    "s3",
    endpoint_url=url,
    region_name="us-east-1",
    aws_access_key_id="benchmark",
    aws_secret_access_key="benchmark",
    config=Config(max_pool_connections=THREADS),
)
began = time.perf_counter()
with ThreadPoolExecutor(THREADS) as threads:
    sizes = threads.map(lambda key: len(client.get_object(Bucket="logs", Key=key)["Body"].read()), keys)
    size = sum(sizes)
print(json.dumps({"stored_bytes": size, "seconds": time.perf_counter() - began}))
