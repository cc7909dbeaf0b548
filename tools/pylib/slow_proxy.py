"""A TCP proxy that answers no sooner than a network would: some clients have races that only a broker on the same machine wins."""
import socket
import threading
import time


class SlowProxy:
    """Listens at once; forwards to `target` (host, port), which may be set later."""

    def __init__(self, delay_seconds):
        self.target = None
        self._delay = delay_seconds
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
                server = socket.create_connection(self.target)
            except OSError:
                return
            for s in (client, server):
                s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._pump, args=(client, server, 0), daemon=True).start()
            threading.Thread(target=self._pump, args=(server, client, self._delay), daemon=True).start()

    @staticmethod
    def _pump(source, sink, delay):
        try:
            while data := source.recv(1 << 16):
                time.sleep(delay)
                sink.sendall(data)
        except OSError:
            pass
        for s in (source, sink):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
