"""Packs: the sealed evidence of one run, written, checked and stored."""
