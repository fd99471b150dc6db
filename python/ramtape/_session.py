"""The requests of a part of a program, as a session of their own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ramtape import _botocore, _environment
from ramtape._proxy import Proxy


@contextmanager
def entered(proxy: Proxy, session: str) -> Iterator[None]:
    """Requests inside of the block belong to ``session``: those of clients made before, of clients made inside, and of programs
    started inside."""
    variables = _environment.lead(proxy.variables_in(session))
    destination = _botocore.swap((proxy.origin, session))
    try:
        yield
    finally:
        _botocore.swap(destination)
        _environment.swap(variables)
