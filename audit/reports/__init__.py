"""A report in every format: each file here is one projection of the same findings."""
