"""Workbooks in Office Open XML."""

from retention.adapters.xlsx.workbooks import Workbooks

__all__ = ["Workbooks"]
