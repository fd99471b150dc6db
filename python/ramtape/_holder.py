"""The command that ``ramtape run`` runs for this package: it shows its environment, and ends when its starter does.

It is run as a file, by an interpreter that has nothing else of the package.
"""

import json
import os
import sys

print(json.dumps(dict(os.environ)), flush=True)
# The starter writes the exit code, and closes the pipe. Where it died the system has closed it: that was no complete run.
sys.exit(int(sys.stdin.read().strip() or 1))
