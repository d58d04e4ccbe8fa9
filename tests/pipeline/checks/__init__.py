"""The checks of the tables: every rule bites, and an error blocks what is downstream."""
