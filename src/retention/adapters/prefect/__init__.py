"""Prefect, as our scheduler and letterbox: start flows, make them stand, run their processes."""
