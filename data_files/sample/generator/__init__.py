"""Writes the invented accounts `demo` and `backup`: who they are, what they did, how it was delivered."""
