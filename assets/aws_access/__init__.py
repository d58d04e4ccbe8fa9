"""How AWS is reached: credentials, roles, patience, and errors in words."""
