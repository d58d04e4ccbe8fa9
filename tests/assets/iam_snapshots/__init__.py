"""Tests of `assets.iam_snapshots`."""
