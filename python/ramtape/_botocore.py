"""The session of the moment, told to ramtape with every request that botocore sends.

Clients outlive tests: one that was made for the module, or at import, sends the requests of every test. What its endpoint was when
it was made does not tell which test asks.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any, Optional
from urllib.parse import quote

Destination = Optional[tuple[str, str]]
"""A proxy's origin and its session; ``None`` where requests are none of ramtape's business."""

_current: Destination = None


def swap(destination: Destination) -> Destination:
    """From now on requests for that origin are those of that session; gives what was before."""
    global _current
    before, _current = _current, destination
    return before


def current_session() -> str | None:
    """The session that requests belong to."""
    return None if _current is None else _current[1]


def install() -> None:
    """Has every botocore session that is made from now on tell its requests' session. aiobotocore's are among them."""
    if find_spec("botocore") is None:
        return
    from botocore.handlers import BUILTIN_HANDLERS  # type: ignore[import-untyped]

    # As moto does it: of what botocore registers for each of its sessions, this list is the one that others can add to.
    if not any(handler[1] is _tell_session for handler in BUILTIN_HANDLERS):
        BUILTIN_HANDLERS.append(("before-send", _tell_session))


def _tell_session(request: Any, **_: object) -> None:
    # It comes after the signature, which therefore does not hold the header.
    if _current is not None and request.url.startswith(f"{_current[0]}/"):
        request.headers["x-ramtape-session"] = quote(_current[1], safe="")
