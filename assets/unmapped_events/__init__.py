"""Events that map to no IAM action, for people to see."""
