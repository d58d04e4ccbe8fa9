"""When and where the tables are made: configuration, storage, Dagster definitions and the command line."""
