"""Probes look from outside at what is the company's own, and at nothing else."""
