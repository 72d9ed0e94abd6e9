"""Buckets of Amazon S3 and of servers that speak like it, such as the Ceph object gateway."""
