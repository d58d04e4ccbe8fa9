"""Logs counted by Amazon Athena, where one machine is not enough: the same tables as the local reader makes."""
