"""Agreements as people write them: TOML in, a library out, or every fault at once."""

from retention.agreements.faults import Fault, FaultyAgreementsError, Remark
from retention.agreements.library import ReadLibrary, read

__all__ = ["Fault", "FaultyAgreementsError", "ReadLibrary", "Remark", "read"]
