"""The policy pack: the Pulumi engine asks it about each resource and each stack, and it answers from the controls."""
