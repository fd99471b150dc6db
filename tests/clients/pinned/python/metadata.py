"""Asks its proxy, by every door, for names that lead to an instance's metadata service and to this machine.

    metadata.py RAM-HOST HOST…

Runs in a network namespace of its own, where 169.254.169.254 is an address of loopback and the hosts file says where the
names lead. It is that metadata service itself, and a server of this machine's: port 443 of both. Prints a line of JSON for
each answer, and at the end how many connections came.
"""

import json
import os
import socket
import ssl
import sys

ram, hosts = sys.argv[1], sys.argv[2:]
proxy = os.environ["HTTPS_PROXY"].removeprefix("http://").rstrip("/").rsplit(":", 1)


def listen(address):
    listener = socket.create_server((address, 443))
    listener.setblocking(False)
    return listener


def everything(stream):
    pieces = []
    while piece := stream.recv(65536):
        pieces.append(piece)
    return b"".join(pieces).decode()


def connect(request):
    stream = socket.create_connection(proxy, timeout=30)
    stream.sendall(request.encode())
    return stream


def post(target):
    return f"POST {target} HTTP/1.1\r\nHost: {ram}\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{{}}"


def tell(door, host, answer):
    print(json.dumps({"door": door, "host": host, "answer": answer}))


def callers(listener):
    count = 0
    while True:
        try:
            listener.accept()
        except BlockingIOError:
            return count
        count += 1


listeners = [listen("169.254.169.254"), listen("127.0.0.1")]
for host in hosts:
    stream = connect(f"CONNECT {host}:443 HTTP/1.0\r\n\r\n")
    # A tunnel that were open would not end.
    tell("tunnel", host, stream.recv(65536).decode())
tell("absolute", ram, everything(connect(post(f"http://{ram}/getresourceshares"))))
stream = connect(f"CONNECT {ram}:443 HTTP/1.0\r\n\r\n")
stream.recv(65536)
inside = ssl.create_default_context(cafile=os.environ["AWS_CA_BUNDLE"]).wrap_socket(stream, server_hostname=ram)
inside.sendall(post("/getresourceshares").encode())
tell("intercept", ram, everything(inside))
print(json.dumps({"came": sum(map(callers, listeners))}))
