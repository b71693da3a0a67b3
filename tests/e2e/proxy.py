"""A TCP proxy between a console and a machine, which breaks things."""
import contextlib
import socket
import struct
import threading
import time


class Proxy:
    """A TCP proxy that can go wrong in chosen ways.

    cut_after   (up, down): so many bytes towards the machine and back pass in each connection, then it
                is reset; None for no limit
    delay       seconds before each piece is passed on
    throttle    bytes a second
    refuse      accepts and closes at once
    holds       connections stand and new ones are accepted, but nothing passes
    cut_at      places in all that comes back, over all connections: at each, its connection is reset
    cut_up_at   the same for what goes towards the machine
    hosts       where the machine is, by turns
    """

    def __init__(self, port, *, cut_after=(None, None), delay=0, throttle=None, refuse=False,
                 cut_at=(), cut_up_at=(), hosts=("127.0.0.1",)):
        self.target = port
        self.hosts = hosts
        self.cut_after = cut_after
        self.delay = delay
        self.throttle = throttle
        self.refuse = refuse
        self.holds = False
        self.places = {"up": list(cut_up_at), "down": list(cut_at)}
        self.passed = {"up": 0, "down": 0}
        self.cuts = 0
        self.connections = 0
        self.sockets = []
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            if self.refuse:
                client.close()
                continue
            try:
                host = self.hosts[self.connections % len(self.hosts)]
                server = socket.create_connection((host, self.target))
            except OSError:
                client.close()
                continue
            with self.lock:
                self.sockets += [client, server]
            for source, sink, limit, way in ((client, server, self.cut_after[0], "up"),
                                             (server, client, self.cut_after[1], "down")):
                threading.Thread(target=self.pump, args=(source, sink, limit, way),
                                 daemon=True).start()

    def is_place(self, way, size):
        """Counts what passed; whether the next place to cut at is reached."""
        with self.lock:
            self.passed[way] += size
            if not self.places[way] or self.passed[way] < self.places[way][0]:
                return False
            self.places[way].pop(0)
            self.cuts += 1
            return True

    def pump(self, source, sink, limit, way):
        passed = 0
        try:
            while True:
                size = 16384 if limit is None else min(16384, limit - passed)
                if self.places[way]:
                    size = max(1, min(size, self.places[way][0] - self.passed[way]))
                piece = source.recv(size)
                if not piece:
                    break
                while self.holds:
                    time.sleep(0.05)
                time.sleep(self.delay + (len(piece) / self.throttle if self.throttle else 0))
                sink.sendall(piece)
                passed += len(piece)
                if self.is_place(way, len(piece)) or (limit is not None and passed >= limit):
                    break
        except OSError:
            pass
        self.reset(source)
        self.reset(sink)

    @staticmethod
    def reset(connection):
        """Ends it as a broken network would: RST, not FIN."""
        with contextlib.suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.shutdown(socket.SHUT_RD)  # wakes whoever reads from it
        connection.close()

    def cut(self):
        """Breaks every connection that there is now."""
        with self.lock:
            for connection in self.sockets:
                self.reset(connection)
            self.sockets = []

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.cut()


@contextlib.contextmanager
def proxies():
    """A function that makes TCP proxies to a port: make(port, cut_after=(None, 1000))."""
    made = []

    def make(port, **options):
        made.append(Proxy(port, **options))
        return made[-1]

    yield make
    for proxy in made:
        proxy.close()
