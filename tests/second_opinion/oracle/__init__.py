"""What the tables must say, written from the documents alone: plain Python, none of the code under test."""
