"""A stand-in for Pulumi providers: it makes what a program declares in the local Azure and the local AWS."""
