"""Drills restore what was backed up, prove what came back, and take everything away again."""
