"""Users, roles, groups and policies of an account on a day."""
