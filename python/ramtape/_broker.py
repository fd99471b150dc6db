"""The ramtape processes of one test run, shared by all processes of it.

The process that people start owns them; pytest-xdist's workers, and what else tests start, ask it for the one that they need. Which
those are only a worker knows, as it is the workers that collect.
"""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from multiprocessing.connection import Client, Listener

from ramtape._errors import RamtapeError
from ramtape._process import Ending, Process, Settings
from ramtape._proxy import Control, Proxy

#: Where the owner listens, for the processes that it starts: address and key.
_VARIABLE = "_RAMTAPE_BROKER"

GetProxy = Callable[[Settings], Proxy]


class Owner:
    """Starts a ramtape for each settings that are asked for, and stops them all."""

    def __init__(self, shown_command: str) -> None:
        self._shown_command = shown_command
        self._processes: dict[Settings, Process] = {}
        self._lock = threading.Lock()
        self._listener: Listener | None = None

    def get(self, settings: Settings) -> Proxy:
        """The one with these settings."""
        with self._lock:
            if settings not in self._processes:
                self._processes[settings] = Process(settings, self._shown_command)
            return self._processes[settings].proxy

    def listen(self) -> None:
        """Answers the processes that this one starts from now on."""
        key = secrets.token_bytes(16)
        # Not a socket in the file system: the path of a temporary folder can be too long for that.
        self._listener = Listener(("127.0.0.1", 0), authkey=key)
        os.environ[_VARIABLE] = f"{key.hex()} {self._listener.address[1]}"
        threading.Thread(target=self._serve, args=(self._listener,), name="ramtape", daemon=True).start()

    def _serve(self, listener: Listener) -> None:
        while True:
            try:
                with listener.accept() as connection:
                    try:
                        connection.send(self.get(connection.recv()))
                    except Exception as error:  # noqa: BLE001 - whoever asked is to be told, not the thread to end
                        connection.send(RamtapeError(str(error)))
            except Exception:  # noqa: BLE001
                # Whoever asked is gone, or did not know the key.
                if self._listener is None:
                    return

    def discard(self, session: str) -> None:
        """Throws away what a session has recorded, wherever it did."""
        for process in self._processes.values():
            with suppress(RamtapeError):
                Control(process.proxy).discard(session)

    def stop(self, code: int) -> dict[Settings, Ending]:
        """Stops all of them; ``code`` says how the tests ended."""
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.close()
            os.environ.pop(_VARIABLE, None)
        with self._lock:
            cassettes = [settings.cassette for settings in self._processes]
            endings = {
                settings: _stop_shared(process, code) if cassettes.count(settings.cassette) > 1 else process.stop(code)
                for settings, process in self._processes.items()
            }
            self._processes.clear()
        return endings


def _stop_shared(process: Process, code: int) -> Ending:
    """Stops one of several over one cassette: what it used is not all that the tests used of that, so it was no complete replay."""
    ending = process.stop(code or 1)
    if code == 0 and ending.code == 1:
        return replace(ending, code=3 if ending.missed else 0)
    return ending


def find_owner() -> GetProxy | None:
    """A way to ask the owner, where this process was started below one."""
    named = os.environ.get(_VARIABLE)
    if named is None:
        return None
    key, _, port = named.partition(" ")

    def get(settings: Settings) -> Proxy:
        try:
            with Client(("127.0.0.1", int(port)), authkey=bytes.fromhex(key)) as connection:
                connection.send(settings)
                answer = connection.recv()
        except (EOFError, OSError) as error:
            raise RamtapeError(f"the process that started the tests, and ramtape, does not answer ({error})") from None
        if isinstance(answer, RamtapeError):
            raise answer
        assert isinstance(answer, Proxy)
        return answer

    return get
