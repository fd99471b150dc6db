"""The version of the package, which is the binary's too."""

from importlib.metadata import version

__version__ = version("ramtape")
