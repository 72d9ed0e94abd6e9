"""What people do from the browser beside reviews: a form, a preview, a yes, and then the entry.

The same acts as those of the command, planned by ``steps.record`` and written as they were shown.
"""
