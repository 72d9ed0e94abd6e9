"""Retention agreements, reviewed disposal, and certificates that a controller can check alone."""
