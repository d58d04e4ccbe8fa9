"""Granted against used, with a reason for every verdict."""
