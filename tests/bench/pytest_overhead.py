"""What the pytest plugin costs a test: runs the same tests with it and without it, in turn, and prints the difference.

    python tests/bench/pytest_overhead.py PYTHON

PYTHON has pytest and the ramtape package. The tests do nothing: what is left is a session's beginning and end. The start of
ramtape is shown apart, as it comes once in a run.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TESTS, ROUNDS = 1000, 7


def seconds(python: str, folder: str, tests: str, mode: str) -> float:
    began = time.perf_counter()
    command = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--ramtape={mode}", "-k", tests]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def main() -> None:
    (python,) = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        text = "import pytest\n\n\ndef test_one():\n    pass\n\n\n"
        text += f'@pytest.mark.parametrize("n", range({TESTS}))\ndef test_many(n):\n    pass\n'
        Path(folder, "test_nothing.py").write_text(text, encoding="utf-8")
        start, run = [], []
        for _ in range(ROUNDS):
            one, many = ([seconds(python, folder, tests, mode) for mode in ("off", "none")] for tests in ("one", "many"))
            start.append(one[1] - one[0])
            run.append((many[1] - many[0] - start[-1]) / TESTS)
    print(f"a run: {statistics.median(start) * 1000:.0f} ms more; a test: {statistics.median(run) * 1000:.2f} ms more")
    print(f"(medians of {ROUNDS} rounds; a test between {min(run) * 1000:.2f} and {max(run) * 1000:.2f} ms)")


if __name__ == "__main__":
    main()
