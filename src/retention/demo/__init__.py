"""The demonstration: the whole story on this machine, with invented people and a stepped clock.

It has a composition of its own; production wiring does not know it and cannot build its clock.
"""
