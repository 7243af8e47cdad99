"""The machine that finds out whether published promises are kept; it knows no company and no single control."""
