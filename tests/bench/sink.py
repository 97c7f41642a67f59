"""An SMTP server that throws mail away as fast as it can: the ceiling of every contestant.

`python -m tests.bench.sink HOST:PORT` prints `mails octets` on SIGUSR1.
"""

import select
import signal
import socket
import sys

END = b"\r\n.\r\n"
REPLIES = {
    b"EHLO": b"250-sink\r\n250-SIZE 0\r\n250-8BITMIME\r\n250-DSN\r\n250-ENHANCEDSTATUSCODES\r\n250-AUTH PLAIN\r\n250 SMTPUTF8\r\n",
    b"AUTH": b"235 2.7.0 ok\r\n",
    b"DATA": b"354 go\r\n",
    b"QUIT": b"221 2.0.0 bye\r\n",
}


class Peer:
    """One connection."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.buffer = b""
        self.in_data = False


def serve(host: str, port: int) -> None:
    """Serve until the process is ended."""
    mails = octets = 0

    def report(*_: object) -> None:
        print(mails, octets, flush=True)

    signal.signal(signal.SIGUSR1, report)
    listener = socket.create_server((host, port), backlog=1024)
    listener.setblocking(False)
    print(listener.getsockname()[1], flush=True)
    poll = select.epoll()
    poll.register(listener.fileno(), select.EPOLLIN)
    peers: dict[int, Peer] = {}
    while True:
        for number, _ in poll.poll():
            if number == listener.fileno():
                sock, _ = listener.accept()
                sock.setblocking(False)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                peers[sock.fileno()] = Peer(sock)
                poll.register(sock.fileno(), select.EPOLLIN)
                sock.send(b"220 sink ESMTP\r\n")
                continue
            peer = peers[number]
            try:
                data = peer.sock.recv(1 << 18)
            except OSError:
                data = b""
            if not data:
                poll.unregister(number)
                peers.pop(number).sock.close()
                continue
            out = []
            data = peer.buffer + data
            while data:
                if peer.in_data:
                    at = data.find(END)
                    if at < 0:
                        octets += max(0, len(data) - 4)
                        data = data[-4:]
                        break
                    octets += at
                    data, peer.in_data = data[at + 5 :], False
                    mails += 1
                    out.append(b"250 2.0.0 ok\r\n")
                    continue
                line, newline, rest = data.partition(b"\n")
                if not newline:
                    break
                verb, data = line[:4].upper(), rest
                peer.in_data = verb == b"DATA"
                if peer.in_data:
                    data = b"\r\n" + data  # lets an empty mail end at once
                out.append(REPLIES.get(verb, b"250 2.1.0 ok\r\n"))
            peer.buffer = data
            if out:
                try:
                    peer.sock.send(b"".join(out))
                except OSError:
                    continue


if __name__ == "__main__":
    HOST, PORT = sys.argv[1].rsplit(":", 1)
    serve(HOST, int(PORT))
