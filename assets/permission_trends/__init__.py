"""What is kept of the verdicts: the series over time, what changed, and the history of every permission."""
