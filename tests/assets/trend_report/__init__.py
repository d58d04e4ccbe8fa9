"""Tests of assets/trend_report."""
