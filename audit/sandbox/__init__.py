"""The local Azure: one process on loopback that answers Azure's clients as Azure does, for what the audit uses."""
