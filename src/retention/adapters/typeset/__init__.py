"""Typesetting with Typst: PDF/A-3a and PDF/UA-1 together, enforced by the compiler."""

from retention.adapters.typeset.typst import Typst

__all__ = ["Typst"]
