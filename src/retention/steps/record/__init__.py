"""What people record: events that start clocks, holds, instructions, answers, and many at once.

Each act is planned first: checked whole, with a preview of what it touches.  What was planned is
then written as it was shown, in one transaction, or not at all.
"""

from retention.steps.record.agreements import record_agreement

__all__ = ["record_agreement"]
