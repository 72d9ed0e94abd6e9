"""Compare what the stores hold with what the agreements say, both ways."""

from retention.steps.reconcile.reconcile import Reconciling, reconcile

__all__ = ["Reconciling", "reconcile"]
