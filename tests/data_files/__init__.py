"""Tests of what lies in data_files/."""
