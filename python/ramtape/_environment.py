"""This process's environment, as changed for ramtape and put back."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Optional

Changes = Mapping[str, Optional[str]]
"""Variables with their new values; ``None`` for one that is to go."""

#: What the variables were that are changed now.
_original: dict[str, str | None] = {}
#: What was put there instead. A variable with another value was set by the program itself since, and is left alone.
_placed: dict[str, str | None] = {}


def changes_between(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, str | None]:
    """What makes ``after`` of ``before``."""
    changed: dict[str, str | None] = {name: value for name, value in after.items() if before.get(name) != value}
    changed.update((name, None) for name in before if name not in after)
    # What a shell or an interpreter sets for itself.
    for name in ("_", "LC_CTYPE", "PWD", "SHLVL", "__CF_USER_TEXT_ENCODING"):
        changed.pop(name, None)
    return changed


def swap(changes: Changes) -> dict[str, str | None]:
    """Makes ``changes``, but to what the program has set itself; gives what undoes them."""
    before: dict[str, str | None] = {}
    for name, value in tuple(changes.items()):
        current = os.environ.get(name)
        if name in _placed and current != _placed[name]:
            continue
        before[name] = current
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
        _placed[name] = value
        if _original.setdefault(name, current) == value:
            del _original[name], _placed[name]
    return before


def lead(variables: Changes) -> dict[str, str | None]:
    """Makes the original environment, and ``variables`` in it, the environment; gives what undoes that."""
    return swap({**_original, **variables})


def note_original(variables: Changes) -> None:
    """What was there before a process further up made changes, which this one has inherited."""
    for name, value in variables.items():
        current = os.environ.get(name)
        if current != value:
            _original[name], _placed[name] = value, current


def original() -> dict[str, str]:
    """The environment without what is changed."""
    changed = {name: value for name, value in _original.items() if os.environ.get(name) == _placed[name]}
    return {name: value for name, value in {**os.environ, **changed}.items() if value is not None}
