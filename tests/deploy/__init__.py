"""What runs the tables every day: the files of `deploy/`."""
