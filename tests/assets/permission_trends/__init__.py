"""Tests of the trends, the changes and the history."""
