"""A source reads one plane and returns a snapshot: what it saw, and gaps for what it could not see."""
