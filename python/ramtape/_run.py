"""A run of pytest with ramtape: which session each request belongs to, and what is told of those without an answer."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ramtape import _botocore, _environment
from ramtape._broker import GetProxy, Owner
from ramtape._errors import RamtapeError
from ramtape._process import Ending, Settings, list_unused
from ramtape._proxy import Control, Miss, Proxy
from ramtape._session import entered

#: What ``@pytest.mark.ramtape`` takes.
_MARK_NAMES = {"cassette", "off", "pages", "poll", "services"}


class Run:
    """A run of pytest, or of one of its workers."""

    def __init__(self, default: Settings, proxy: Proxy, get_proxy: GetProxy, owner: Owner | None) -> None:
        self._default, self._get_proxy, self._owner = default, get_proxy, owner
        self._controls = {default: Control(proxy)}
        self._test: _Test | None = None
        self._endings: list[Ending] = []
        self._swallowed: list[str] = []
        self._unused: list[str] = []
        self._code = 0
        health = self._controls[default].health()
        self._mode, self._cassette = str(health["mode"]), str(health["cassette"])
        self._records = self._mode != "replaying"
        # Clients that are made before the first test find it too.
        _botocore.install()
        _environment.note_original(proxy.before)
        _environment.swap(proxy.variables)

    # A test.

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, None]:
        self._test = test = _Test(item.nodeid)
        with ExitStack() as stack:
            try:
                test.control = self._control_for(item)
                if test.control is not None:
                    test.sessions.append((test.control, item.nodeid))
                stack.enter_context(self._past_ramtape() if test.control is None else entered(test.control.proxy, item.nodeid))
            except RamtapeError as error:
                test.problem = error
            outcome = yield
        if outcome.excinfo is not None and test.control is not None:
            # Interrupted: it has no report.
            with suppress(RamtapeError):
                test.control.discard(item.nodeid)
        self._test = None

    @contextmanager
    def _past_ramtape(self) -> Iterator[None]:
        variables = _environment.lead({})
        try:
            yield
        finally:
            _environment.swap(variables)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Begins an attempt: reruns come here again."""
        test = self._test
        if test is None:
            return
        test.failed = False
        if test.problem is not None:
            pytest.fail(str(test.problem), pytrace=False)
        if test.control is not None:
            try:
                test.control.rewind(item.nodeid)
            except RamtapeError as error:
                item.session.shouldstop = "ramtape does not answer"
                pytest.fail(str(error), pytrace=False)

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, None]:
        outcome = yield
        report: pytest.TestReport = outcome.get_result()
        test = self._test
        if test is None or test.control is None:
            return
        test.failed |= report.failed
        if not report.failed and call.when != "teardown":
            return
        try:
            misses = [miss for control, session in test.sessions for miss in control.misses(session)]
            if call.when == "teardown" and test.failed:
                test.control.discard(item.nodeid)
        except RamtapeError as error:
            report.sections.append(("ramtape", str(error)))
            return
        new = misses[test.seen :]
        if report.failed:
            report.sections.extend((f"ramtape: not recorded{_in_fixture(miss, item)}", miss.message) for miss in new)
            test.seen = len(misses)
        elif new and not test.failed:
            report.user_properties.append(("ramtape_missed", len(new)))

    # A fixture of a wider scope than a test: it is no part of the test that happens to come first.

    @pytest.hookimpl(hookwrapper=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
    ) -> Generator[None, Any, None]:
        test = self._test
        control = None
        if fixturedef.scope != "function" and test is not None:
            try:
                # By the marks of the class or module that it is for, not by those of the test that comes first.
                control = self._control_for(request.node)
            except RamtapeError as error:
                pytest.fail(str(error), pytrace=False)
        if test is None or control is None:
            yield
            return
        session, proxy = _fixture_session(fixturedef, request), control.proxy
        test.sessions.append((control, session))
        # Finalizers run in reverse: this one after the fixture's own, the one below before it.
        closing = ExitStack()
        fixturedef.addfinalizer(closing.close)
        with entered(proxy, session):
            outcome = yield
        if outcome.excinfo is not None:
            with suppress(RamtapeError):
                control.discard(session)
        fixturedef.addfinalizer(lambda: closing.enter_context(entered(proxy, session)))

    # What tests ask for.

    @property
    def control(self) -> Control | None:
        """The ramtape of the test that runs, or that of the run where none does; ``None`` for a test that goes past it."""
        return self._test.control if self._test else self._controls[self._default]

    def cassette_of_test(self) -> Path | None:
        """The folder of its cassette."""
        control = self.control
        return Path(str(control.health()["cassette"])) if control else None

    def _control_for(self, node: pytest.Collector | pytest.Item) -> Control | None:
        """The ramtape that the marks of a test ask for. Those of the test itself come before those of its class and its module."""
        mark: dict[str, Any] = {}
        for outer in node.iter_markers("ramtape"):
            if outer.args or not outer.kwargs.keys() <= _MARK_NAMES:
                raise RamtapeError(f"@pytest.mark.ramtape takes only {', '.join(sorted(_MARK_NAMES))}, by name")
            mark = {**outer.kwargs, **mark}
        if mark.pop("off", False):
            return None
        settings = self._default
        if (cassette := mark.pop("cassette", None)) is not None:
            folder = cassette_dir(node.config) or node.config.rootpath / "cassettes"
            settings = replace(settings, cassette=str(folder / str(cassette)), cassette_per_session=False)
        if (services := mark.pop("services", None)) is not None:
            settings = replace(settings, services=tuple(services))
        if self._records and settings.cassette == self._default.cassette:
            # Two processes cannot record into one cassette. What polls and pages get counts only on replay.
            if settings != self._default:
                raise RamtapeError(
                    'other services than those of the other tests are recorded into a cassette of their own: add cassette="NAME" to '
                    "the mark"
                )
            mark.clear()
        settings = replace(settings, **mark)
        if settings not in self._controls:
            self._controls[settings] = Control(self._get_proxy(settings))
        return self._controls[settings]

    # The run.

    def pytest_report_header(self) -> str:
        return f"ramtape: {self._mode}: {self._cassette}"

    @pytest.hookimpl(optionalhook=True)
    def pytest_handlecrashitem(self, crashitem: str) -> None:
        """A worker of pytest-xdist has died in a test: what that recorded is a part of it."""
        if self._owner is not None:
            self._owner.discard(crashitem)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if any(name == "ramtape_missed" for name, _ in report.user_properties):
            self._swallowed.append(report.nodeid)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        for control in self._controls.values():
            control.close()
        if self._owner is None:
            return
        self._code = code = int(session.exitstatus)
        endings = self._owner.stop(code)
        # Runs that ask nothing of AWS are none of ramtape's business.
        self._endings = [end for end in endings.values() if end.requests > 0 or end.code not in (0, code)]
        if session.config.getoption("ramtape_unused"):
            cassettes = {settings.cassette or self._cassette for settings in endings}
            self._unused = [list_unused(cassette) for parent in sorted(cassettes) for cassette in _cassettes_in(parent)]
        if session.exitstatus == pytest.ExitCode.OK and any(ending.code != 0 for ending in self._endings):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self._endings and not self._unused:
            return
        terminalreporter.section("ramtape")
        for nodeid in self._swallowed:
            terminalreporter.line(f"{nodeid} passed, although a request of it has no recorded answer", red=True)
        for ending in self._endings:
            # What the reports of tests that failed have told already is not told again.
            is_told = ending.code == 0 or (ending.missed > 0 and self._code != 0 and not self._swallowed)
            terminalreporter.line(ending.summary if is_told else ending.log)
        for unused in self._unused:
            terminalreporter.line(unused)


class _Test:
    """A test that runs."""

    def __init__(self, nodeid: str) -> None:
        self.nodeid = nodeid
        #: Those that its requests belong to: its own, and those of fixtures that it was the first to need.
        self.sessions: list[tuple[Control, str]] = []
        self.control: Control | None = None
        self.problem: RamtapeError | None = None
        self.failed = False
        #: How many of its misses are in a report.
        self.seen = 0


def _fixture_session(fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest) -> str:
    """The session of a fixture: where it belongs to, and its name; which of its parameters, if it has some."""
    # pytest's own, such as setUpClass, have names that change with its version.
    name = "setup" if fixturedef.argname.startswith(("_unittest_", "_xunit_")) else fixturedef.argname
    parameter = f"[{index}]" if (index := getattr(request, "param_index", None)) is not None and hasattr(request, "param") else ""
    return f"{request.node.nodeid or fixturedef.baseid or 'session'}::{name}{parameter}"


def _in_fixture(miss: Miss, item: pytest.Item) -> str:
    return "" if miss.session == item.nodeid else f" (in {miss.session})"


def _cassettes_in(folder: str) -> list[str]:
    """The folder, if it is a cassette; else the cassettes in it."""
    below = [str(manifest.parent) for manifest in sorted(Path(folder).glob("*/cassette.json"))]
    return [folder] if Path(folder, "cassette.json").exists() or not below else below


def cassette_dir(config: pytest.Config) -> Path | None:
    """The folder of the cassettes that the ini file names."""
    named = config.getini("ramtape_cassette_dir")
    return config.rootpath / str(named) if named else None
