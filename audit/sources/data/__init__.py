"""Data checks look inside what is held, read-only, and tell counts and names of columns, never a value."""
