"""The report of a quarter: one model, composed once, rendered as HTML, PDF, JSON, CSV and OSCAL."""
