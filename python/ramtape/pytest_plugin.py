"""The pytest plugin: every test is recorded once, and replayed from then on, without any set-up.

One ramtape serves a whole run, pytest-xdist's workers included. Each test is a session of its own, named after its node id, and so is
each fixture of a wider scope: what a test reads does not depend on which tests ran before it.
"""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from ramtape import _botocore
from ramtape._broker import Owner, find_owner
from ramtape._errors import RamtapeError
from ramtape._process import RECORD_MODES, Settings, shown_command
from ramtape._proxy import Control, Proxy
from ramtape._run import Run, cassette_dir

_MARK = (
    "ramtape(cassette=None, poll=None, pages=None, services=None, off=False): the cassette of a test, below ramtape_cassette_dir; "
    "which answers it gets when it polls (recorded or final); how listings are cut into pages (requested, recorded or adversarial); "
    "the services that are recorded; off: the test goes past ramtape"
)

#: What pytest does that asks nothing of AWS.
_WITHOUT_TESTS = ("collectonly", "help", "markers", "show_fixtures_per_test", "showfixtures", "version")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("ramtape", "recording and replaying AWS calls")
    group.addoption(
        "--ramtape",
        metavar="MODE",
        choices=(*RECORD_MODES, "off"),
        help="record mode: none, once, new_episodes, all; or off. Default: as RAMTAPE_RECORD_MODE and ramtape.toml say, else once, "
        "or none if CI is set",
    )
    group.addoption("--ramtape-unused", action="store_true", help="list recorded answers that no test has used")
    parser.addini("ramtape_cassette_dir", "folder of the cassettes [default: ramtape's own, cassettes/default]")
    parser.addini("ramtape_cassette_per_test", "record each test into a cassette of its own", type="bool", default=False)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Starts ramtape before any conftest is read: clients are made there too."""
    options = early_config.known_args_namespace
    mode: str | None = options.ramtape
    if mode == "off" or any(getattr(options, name, False) for name in _WITHOUT_TESTS):
        return
    default = Settings(record_mode=mode, **_cassette(early_config))
    try:
        plugin = _below_another(default) or _own(early_config, default)
    except RamtapeError as error:
        raise pytest.UsageError(str(error)) from None
    early_config.pluginmanager.register(plugin, "ramtape-run")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", _MARK)


def _cassette(config: pytest.Config) -> dict[str, Any]:
    """What the ini file says of the cassette, as settings."""
    per_test, folder = bool(config.getini("ramtape_cassette_per_test")), cassette_dir(config)
    if per_test:
        return {"cassette": str(folder or config.rootpath / "cassettes"), "cassette_per_session": True}
    return {"cassette": str(folder / "default")} if folder else {}


def _own(config: pytest.Config, default: Settings) -> Run:
    words = [word for word in config.invocation_params.args if not str(word).startswith("--ramtape=")]
    owner = Owner(shown_command(["pytest", "--ramtape={mode}", *(shlex.quote(str(word)) for word in words)]))
    proxy = owner.get(default)
    owner.listen()
    return Run(default, proxy, owner.get, owner)


def _below_another(default: Settings) -> Run | None:
    """The run of a process that another one has led to ramtape: pytest itself (it is a worker), or ``ramtape run -- pytest``."""
    if (get := find_owner()) is not None:
        return Run(default, get(default), get, None)
    url = os.environ.get("AWS_ENDPOINT_URL_RAM", "")
    if urlsplit(url).hostname not in ("127.0.0.1", "localhost", "::1"):
        return None
    variables = {name: value for name, value in os.environ.items() if name.startswith("AWS_ENDPOINT_URL")}
    outer = Proxy(url, variables, before=dict.fromkeys(variables))
    try:
        control = Control(outer)
        control.health()["cassette"]
        control.close()
    except (RamtapeError, ValueError, KeyError):
        # Something else listens there, or nothing does.
        return None
    if default.record_mode is not None:
        raise RamtapeError(
            f"AWS_ENDPOINT_URL_RAM names a ramtape that runs already ({outer.origin}), and it has a record mode: leave --ramtape out, "
            "or start pytest without `ramtape run`"
        )

    def only(settings: Settings) -> Proxy:
        if settings == default:
            return outer
        raise RamtapeError(
            f"this test's mark needs a ramtape of its own, and one is in use at {outer.origin} already: start pytest without "
            "`ramtape run`"
        )

    return Run(default, outer, only, None)


class RamtapeFixture:
    """What a test can ask of its ramtape. Under ``--ramtape=off`` there is none, and tests go on without."""

    def __init__(self, run: Run | None) -> None:
        self._run = run

    @property
    def url(self) -> str | None:
        """The endpoint that AWS clients use; ``None`` without ramtape."""
        control = self._run and self._run.control
        return control.proxy.url if control else None

    @property
    def session(self) -> str | None:
        """The session that requests belong to: the test's node id, or that of the fixture that is set up."""
        return _botocore.current_session()

    def variable(self, name: str, default: str) -> str:
        """The recorded value of a variable; while recording, ``default``, which is kept then."""
        control = self._run and self._run.control
        return control.variable(self.session, name, default) if control else default


@pytest.fixture(scope="session")
def ramtape(request: pytest.FixtureRequest) -> RamtapeFixture:
    """The ramtape of the test that runs: its ``url``, its ``session``, its recorded ``variable``\\ s."""
    return RamtapeFixture(_run_of(request.config))


@pytest.fixture
def ramtape_cassette(request: pytest.FixtureRequest) -> Path | None:
    """The folder of the test's cassette; of all cassettes, where each test has one. ``None`` without ramtape."""
    run = _run_of(request.config)
    return None if run is None else run.cassette_of_test()


def _run_of(config: pytest.Config) -> Run | None:
    run = config.pluginmanager.get_plugin("ramtape-run")
    assert run is None or isinstance(run, Run)
    return run
