"""The flows of the demonstration: those of ``flows``, over a clock that steps."""
