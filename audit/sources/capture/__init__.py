"""Runs a Pulumi program under the mock runtime and notes what it registers; standard library and Pulumi only.

It runs in a process of its own, with the interpreter that the program's project names, which may not have the rest
of this product's libraries: so nothing here imports them.
"""
