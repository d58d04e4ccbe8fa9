"""What each principal did, a day and account at a time, read from CloudTrail logs."""
