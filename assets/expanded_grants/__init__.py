"""What each principal may do, and which statement says so."""
