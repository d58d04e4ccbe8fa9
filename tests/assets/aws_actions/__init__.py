"""Tests of `assets.aws_actions`."""
