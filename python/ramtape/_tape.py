"""A cassette around any Python code."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import final

from ramtape import _botocore, _environment
from ramtape._errors import RamtapeError
from ramtape._process import Process, Settings, shown_command
from ramtape._proxy import Control
from ramtape._session import entered


@final
class Tape:
    """A cassette in use, and the variables of this process that lead every AWS client to it.

    Clients find it as they are made; one that was made before goes where it went. While it is in use, no other part of the process
    can have another one.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._process: Process | None = None
        self._control: Control | None = None
        self._before: _environment.Changes = {}
        #: The session that requests belong to; ``None`` outside of :meth:`in_session`.
        self.session: str | None = None

    @property
    def url(self) -> str:
        """What a client takes as its endpoint."""
        return self._in_use().proxy.url

    def start(self) -> Tape:
        """Starts ramtape. Call :meth:`stop` at the end, or use ``with``."""
        if self._process is not None:
            raise RamtapeError("this cassette is in use already")
        command = ["python", *map(shlex.quote, sys.argv)]
        if self._settings.record_mode is None:
            shown = shown_command(["RAMTAPE_RECORD_MODE={mode}", *command])
        else:
            shown = f'{shown_command(command)}, with record_mode="{{mode}}" for use_cassette'
        self._process = Process(self._settings, shown)
        self._control = Control(self._process.proxy)
        self._before = _environment.lead(self._process.proxy.variables)
        _botocore.install()
        return self

    def stop(self, failed: bool = False) -> None:
        """Writes what was recorded, and puts the environment back. ``failed`` says that what used the cassette did not succeed.

        Raises :class:`RamtapeError` where a request had no recorded answer, or where an answer was not recorded; not if
        ``failed``, as whoever says so knows already.
        """
        control, process = self._in_use(), self._process
        assert process is not None
        control.close()
        _environment.swap(self._before)
        self._control = self._process = None
        ending = process.stop(int(failed))
        if ending.code != 0 and not failed:
            raise RamtapeError(ending.log)

    def variable(self, name: str, default: str) -> str:
        """The recorded value of a variable; while recording, ``default``, which is kept then.

        A name that is made of it is the same again on replay. It belongs to the session of the moment.
        """
        return self._in_use().variable(self.session, name, default)

    @contextmanager
    def in_session(self, name: str) -> Iterator[None]:
        """Requests inside of the block are those of the session ``name``, which starts at its beginning.

        What it has recorded is thrown away if the block raises.
        """
        control, outer = self._in_use(), self.session
        control.rewind(name)
        self.session = name
        try:
            with entered(control.proxy, name):
                yield
        except BaseException:
            control.discard(name)
            raise
        finally:
            self.session = outer

    def _in_use(self) -> Control:
        if self._control is None:
            raise RamtapeError("this cassette is not in use: call start(), or use it in a `with` statement")
        return self._control

    def __enter__(self) -> Tape:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop(failed=kind is not None)


def use_cassette(
    path: str | os.PathLike[str],
    *,
    record_mode: str | None = None,
    poll: str | None = None,
    pages: str | None = None,
    services: Sequence[str] = (),
    upstream: str | None = None,
) -> Tape:
    """The cassette at ``path``, for a ``with`` statement: every AWS client made inside of it is recorded or replayed.

    ``record_mode`` is ``none``, ``once``, ``new_episodes`` or ``all``; without one it is ``once``, and ``none`` where ``CI`` is
    set. The others are the flags of ``ramtape run`` of these names; ``services`` as in ``("ram", "sts", "iam")``.
    """
    settings = Settings(
        record_mode=record_mode,
        cassette=os.path.abspath(path),
        poll=poll,
        pages=pages,
        services=tuple(services),
        upstream=upstream,
    )
    return Tape(settings)
