"""A quarter: what the packs of three months say taken together."""
