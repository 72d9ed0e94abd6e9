"""Asking a bucket what it can and may do; nothing is changed by asking."""

from retention.adapters.s3.probe.probes import S3Probes

__all__ = ["S3Probes"]
