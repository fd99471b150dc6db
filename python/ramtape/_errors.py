"""What goes wrong."""

from __future__ import annotations


class RamtapeError(Exception):
    """ramtape did not start, ended before its time, or had no answer; the message is in its words."""
