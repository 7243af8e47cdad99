"""Serves the policies of the folder above to the Pulumi engine."""

from pathlib import Path

from audit.crossguard.serving import serve

serve(Path(__file__).parents[1])
