"""Starting and stopping ramtape."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ramtape import _environment
from ramtape._binary import find_binary
from ramtape._errors import RamtapeError
from ramtape._proxy import Proxy, read_log

#: How long ramtape may take to finish requests and write the cassette, in seconds.
_STOP_PATIENCE = 300.0

#: Keys, which are secret; the record mode, which the command names itself; and what is this machine's.
_NOT_SHOWN = ("RAMTAPE_BINARY", "RAMTAPE_KEY", "RAMTAPE_RECORD_MODE", "RAMTAPE_REDACT_KEY")

RECORD_MODES = ("none", "once", "new_episodes", "all")


@dataclass(frozen=True)
class Settings:
    """What ramtape is started with; what is ``None`` is as ``ramtape.toml`` and ``RAMTAPE_*`` say."""

    record_mode: str | None = None
    cassette: str | None = None
    cassette_per_session: bool = False
    poll: str | None = None
    pages: str | None = None
    services: tuple[str, ...] = ()
    upstream: str | None = None

    def flags(self) -> list[str]:
        """The same as flags of ``ramtape run``."""
        named = [
            ("--record-mode", self.record_mode),
            ("--cassette", self.cassette),
            ("--poll", self.poll),
            ("--pages", self.pages),
            ("--service", ",".join(self.services) or None),
            ("--upstream", self.upstream),
        ]
        flags = [word for flag, value in named if value is not None for word in (flag, value)]
        return [*flags, "--cassette-per-session"] if self.cassette_per_session else flags


@dataclass(frozen=True)
class Ending:
    """How a run of ramtape ended."""

    #: Its exit code: 0, or what went wrong.
    code: int
    #: All that it said.
    log: str
    #: How many requests came, and how many had no recorded answer.
    requests: int
    missed: int

    @property
    def summary(self) -> str:
        """Its closing line."""
        lines = [line for line in self.log.splitlines() if " replayed, " in line]
        return lines[-1] if lines else self.log


def list_unused(cassette: str) -> str:
    """What ``ramtape prune`` would remove: what the latest complete replay did not use; or why that is not known."""
    asked = subprocess.run(
        [find_binary(), "prune", "--dry-run", "--cassette", cassette],
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=_environment.original(),
    )
    return asked.stdout.strip()


class Process:
    """A ramtape that this process has started: ``ramtape run``, with a command that waits until this process stops it, or dies."""

    def __init__(self, settings: Settings, shown_command: str) -> None:
        """Starts it. ``shown_command`` is what its messages tell people to run to record, with ``{mode}`` for the record mode."""
        self._folder = tempfile.TemporaryDirectory(prefix="ramtape-")
        self._log, self._report = Path(self._folder.name, "log"), Path(self._folder.name, "report.json")
        holder = str(Path(__file__).with_name("_holder.py"))
        # A proxy that the environment leads to already is not the upstream of this one.
        environment = {**_environment.original(), "RAMTAPE_TLS": "false"}
        # Whatever is set for the command: each of these processes has a port of its own, and this one has no other door to it.
        argv = [find_binary(), "run", *settings.flags(), "--door", "endpoint", "--listen", "127.0.0.1:0"]
        argv += ["--report", "json", str(self._report)]
        argv += ["--shown-command", shown_command, "--", sys.executable, "-I", holder]
        try:
            with open(self._log, "wb") as log:
                # In a session of its own: Ctrl-C is for the tests, which then stop it.
                self._process = subprocess.Popen(
                    argv,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    env=environment,
                    start_new_session=True,
                    text=True,
                )
            self.proxy = self._started(environment)
        except BaseException:
            self._folder.cleanup()
            raise

    def _started(self, environment: dict[str, str]) -> Proxy:
        assert self._process.stdout is not None
        shown = self._process.stdout.readline()
        if not shown:
            self._process.wait()
            raise RamtapeError(f"ramtape did not start:\n{read_log(str(self._log))}")
        variables = _environment.changes_between(environment, json.loads(shown))
        urls = (value for name, value in variables.items() if name.startswith("AWS_ENDPOINT_URL") and value)
        return Proxy(next(urls), variables, {name: environment.get(name) for name in variables}, str(self._log))

    def stop(self, code: int = 0) -> Ending:
        """Has it finish, and write what was recorded. ``code`` says how the program ended that used it: 0 for well."""
        try:
            self._process.communicate(f"{code}\n", timeout=_STOP_PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.communicate()
            with open(self._log, "a", encoding="utf-8") as log:
                log.write(f"ramtape was killed: it did not end within {_STOP_PATIENCE:.0f} seconds\n")
        ending = Ending(self._process.returncode, read_log(str(self._log)), *self._counts())
        self._folder.cleanup()
        return ending

    def _counts(self) -> tuple[int, int]:
        try:
            report = json.loads(self._report.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            # It was killed.
            return 0, 0
        return int(report["requests"]), int(report["missed"])


def shown_command(words: Sequence[str]) -> str:
    """``words`` as people type them, after the variables that direct a recording: whose account it asks, and ramtape's own."""
    variables = _environment.original()
    directing = [name for name in sorted(variables) if name.startswith("RAMTAPE_") and name not in _NOT_SHOWN]
    directing += [name for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE") if name in variables]
    return " ".join([*(f"{name}={shlex.quote(variables[name])}" for name in directing), *words])
