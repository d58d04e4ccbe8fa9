"""The sub-commands of `cloudtracker`, one module each."""
