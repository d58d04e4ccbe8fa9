"""Tests of `assets.cloudtrail_usage.athena`."""
