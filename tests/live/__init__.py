"""Accounts read from AWS, against servers over HTTP."""
