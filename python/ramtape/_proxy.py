"""A running ramtape, as its clients see it: the variables that lead to it, and its control paths."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import quote, urlsplit

from ramtape._errors import RamtapeError

#: How long a control path is waited for, in seconds. They answer at once.
_PATIENCE = 30.0


@dataclass(frozen=True)
class Proxy:
    """A ramtape that listens."""

    #: Its base URL, with its key where it records.
    url: str
    #: What leads a program to it: variables, ``None`` for those that are to go.
    variables: Mapping[str, str | None]
    #: What those variables were before.
    before: Mapping[str, str | None]
    #: Where its messages are, if this package started it.
    log: str | None = None

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    def variables_in(self, session: str | None) -> dict[str, str | None]:
        """The variables that lead to ``session``."""
        suffix = "" if session is None else f"/~{quote(session, safe='')}"
        return {
            name: value + suffix if value is not None and value.startswith(self.url) else value
            for name, value in self.variables.items()
        }


@dataclass(frozen=True)
class Miss:
    """A request of a session that has no recorded answer, as its client was told."""

    session: str
    message: str


class Control:
    """The control paths of one proxy, over one connection."""

    def __init__(self, proxy: Proxy) -> None:
        self.proxy = proxy
        parts = urlsplit(proxy.url)
        self._prefix = parts.path.rstrip("/")
        connection = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._connection = connection(parts.hostname or "", parts.port, timeout=_PATIENCE)

    def close(self) -> None:
        """Ends the connection."""
        self._connection.close()

    def health(self) -> dict[str, Any]:
        """Mode and cassette."""
        return self._ask("GET", "health")

    def rewind(self, session: str) -> None:
        """Takes a session back to its beginning."""
        self._ask("POST", f"sessions/{quote(session, safe='')}/reset")

    def discard(self, session: str) -> int:
        """Throws away what a session has recorded in this run; gives how many answers."""
        return int(self._ask("POST", f"sessions/{quote(session, safe='')}/discard")["discarded"])

    def misses(self, session: str) -> list[Miss]:
        """What a session's clients were told of requests without a recorded answer."""
        state = self._ask("GET", f"sessions/{quote(session, safe='')}")
        return [Miss(session, message) for message in state["misses"]]

    def variable(self, session: str | None, name: str, default: str) -> str:
        """The value that counts of a recorded variable."""
        path = "variables" if session is None else f"sessions/{quote(session, safe='')}/variables"
        return str(self._ask("POST", path, {name: default})[name])

    def _ask(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        payload = None if body is None else json.dumps(body)
        target = f"{self._prefix}/_ramtape/{path}"
        for attempt in (1, 2):
            try:
                self._connection.request(method, target, payload, {"Content-Type": "application/json"})
                answer = self._connection.getresponse()
                text = answer.read().decode()
                break
            except (HTTPException, OSError) as error:
                self._connection.close()
                # An idle connection may have been closed meanwhile.
                if attempt == 2:
                    raise RamtapeError(self._ended(error)) from None
        content: dict[str, Any] = json.loads(text)
        if answer.status != 200:
            raise RamtapeError(content.get("message", text))
        return content

    def _ended(self, error: Exception) -> str:
        ended = f"ramtape at {self.proxy.origin} does not answer ({error})"
        return f"{ended}. It said:\n{read_log(self.proxy.log)}" if self.proxy.log else ended


def read_log(path: str) -> str:
    """What ramtape has written, or that it has written nothing."""
    try:
        with open(path, encoding="utf-8", errors="replace") as log:
            return log.read().strip() or "(nothing)"
    except OSError as error:
        return f"(its messages cannot be read: {error})"
