"""Tests of `assets.cloudtrail_usage.sources`."""
