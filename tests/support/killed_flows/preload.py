"""Imported by a process of Dask before it takes a task: that of the composition of a test."""

from tests.support.killed_flows import install

install()
