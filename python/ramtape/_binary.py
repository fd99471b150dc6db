"""The ``ramtape`` binary that belongs to this package."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator

from ramtape._errors import RamtapeError
from ramtape._version import __version__


@functools.cache
def find_binary() -> str:
    """The path of the binary.

    Raises :class:`RamtapeError` where there is none, or where it is of another version than the package.
    """
    looked: list[str] = []
    for path in _candidates():
        if os.access(path, os.X_OK) and os.path.isfile(path):
            return _checked(path)
        looked.append(path)
    raise RamtapeError(
        f"the ramtape binary is not installed: it is in none of {', '.join(looked)}, nor on PATH. Install the package with "
        "`pip install --force-reinstall ramtape`, or name a binary in RAMTAPE_BINARY"
    )


def _candidates() -> Iterator[str]:
    if named := os.environ.get("RAMTAPE_BINARY"):
        yield named
        return
    # Where pip puts scripts: of this environment, of `pip install --user`, of `pip install --target`.
    yield os.path.join(sysconfig.get_path("scripts"), "ramtape")
    yield os.path.join(sysconfig.get_path("scripts", scheme=f"{os.name}_user"), "ramtape")
    yield os.path.join(os.path.dirname(os.path.dirname(__file__)), "bin", "ramtape")
    if found := shutil.which("ramtape"):
        yield found


def _checked(path: str) -> str:
    try:
        asked = subprocess.run(
            [path, "--version"], check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RamtapeError(f"{path} cannot be run: {error}") from None
    version = asked.stdout.strip().rpartition(" ")[2]
    if asked.returncode != 0 or version != __version__:
        said = version or asked.stderr.strip() or f"nothing, with exit code {asked.returncode}"
        raise RamtapeError(
            f"{path} and the Python package do not belong together: `{path} --version` says {said}, the package is "
            f"{__version__} ({os.path.dirname(__file__)}, {sys.executable}). Install both with `pip install --force-reinstall ramtape`"
        )
    return path
