"""Serves moto on a free loopback port; prints its URL once it listens.

The same application as the `moto_server` command, which cannot say which free
port it took. Ends when stdin ends, so that no server outlives its test.
"""

import sys

from moto.server import ThreadedMotoServer


def main():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    print(f"http://{host}:{port}", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
