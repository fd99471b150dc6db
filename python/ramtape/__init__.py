"""ramtape for Python: record what a program asks of AWS once, and replay it from then on.

The package holds the ``ramtape`` binary, a pytest plugin that needs no set-up, and :func:`use_cassette` for everything else.
"""

from ramtape._errors import RamtapeError
from ramtape._tape import Tape, use_cassette
from ramtape._version import __version__

__all__ = ["RamtapeError", "Tape", "__version__", "use_cassette"]
