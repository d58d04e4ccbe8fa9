"""What the trails of an account were set to record on a day."""
