"""The command that ``ramtape run`` runs for this package: it shows its environment, and ends when its starter does.

It is run as a file, by an interpreter that has nothing else of the package.
"""

import json
import os
import sys

print(json.dumps(dict(os.environ)), flush=True)
# The starter writes a line with the exit code. Where it died the system has closed the pipe: that was no complete run. The end of
# the pipe is not waited for after that: a process that the starter has forked may hold it too.
sys.exit(int(sys.stdin.readline() or 1))
