"""Who is behind each session of a role, through every chain of roles, and who may assume a role at all."""
