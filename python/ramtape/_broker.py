"""The ramtape processes of one test run, shared by all processes of it.

The process that people start owns them; pytest-xdist's workers, and what else tests start, ask it for the one that they need. Which
those are only a worker knows, as it is the workers that collect.
"""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Callable
from multiprocessing.connection import Client, Listener

from ramtape._errors import RamtapeError
from ramtape._process import Ending, Process, Settings
from ramtape._proxy import Proxy

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
        self._listener = Listener(authkey=key)
        os.environ[_VARIABLE] = f"{key.hex()} {self._listener.address}"
        threading.Thread(target=self._serve, args=(self._listener,), name="ramtape", daemon=True).start()

    def _serve(self, listener: Listener) -> None:
        while True:
            try:
                with listener.accept() as connection:
                    try:
                        connection.send(self.get(connection.recv()))
                    except RamtapeError as error:
                        connection.send(error)
            except (EOFError, OSError):
                if self._listener is None:
                    return
                # Whoever asked is gone, or did not know the key.

    def ended(self) -> list[Process]:
        """Those that have ended by themselves."""
        return [process for process in self._processes.values() if not process.is_running()]

    def stop(self, code: int) -> list[Ending]:
        """Stops all of them; ``code`` says how the tests ended."""
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.close()
            del os.environ[_VARIABLE]
        with self._lock:
            endings = [process.stop(code) for process in self._processes.values()]
            self._processes.clear()
        return endings


def find_owner() -> GetProxy | None:
    """A way to ask the owner, where this process was started below one."""
    named = os.environ.get(_VARIABLE)
    if named is None:
        return None
    key, _, address = named.partition(" ")

    def get(settings: Settings) -> Proxy:
        try:
            with Client(address, authkey=bytes.fromhex(key)) as connection:
                connection.send(settings)
                answer = connection.recv()
        except (EOFError, OSError) as error:
            raise RamtapeError(f"the process that started the tests, and ramtape, does not answer ({error})") from None
        if isinstance(answer, RamtapeError):
            raise answer
        assert isinstance(answer, Proxy)
        return answer

    return get
