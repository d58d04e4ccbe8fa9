"""The policy that would have been enough: what was used, and what cannot be known, in the original's limits."""
