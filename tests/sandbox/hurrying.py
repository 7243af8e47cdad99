"""Lets a process of its own run a whole Pulumi program in a fraction of the time."""

import copy
import gc

import pulumi


def hurry():
    """Leave out aliases, which no provider sees and which cost most of the time, and seldom look for garbage."""
    gc.set_threshold(1_000_000, 10, 10)
    original = pulumi.CustomResource.__init__

    # `construct` is not called __init__: Pulumi counts frames of that name to find the program's own line.
    def construct(self, t, name, props=None, opts=None, *rest, **more):
        if opts is not None:
            opts = copy.copy(opts)
            opts.aliases = None
        original(self, t, name, props, opts, *rest, **more)

    pulumi.CustomResource.__init__ = construct
