"""What is made: one folder a table, named as the table."""
