"""Keys, seals and their offline checks: EC P-256 for statements and documents, Ed25519 for logs.

The public names are in ``keys`` (signers and trusted keys), ``pades`` (seals) and ``check``.
"""
