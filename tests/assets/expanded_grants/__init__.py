"""Tests of `assets.expanded_grants`."""
