"""Tests of `assets.role_sessions`."""
