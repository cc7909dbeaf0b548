"""A TCP proxy before a store that can be taken down and brought back."""
import selectors
import socket
import threading
from urllib.parse import urlparse


class FaultProxy:
    def __init__(self, target_url):
        target = urlparse(target_url)
        self._target = (target.hostname, target.port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self._listener.getsockname()[1]
        self._is_up = True
        self._open = set()
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def down(self):
        """Resets what is open, refuses what comes."""
        with self._lock:
            self._is_up = False
            for s in self._open:
                s.close()
            self._open.clear()

    def up(self):
        with self._lock:
            self._is_up = True

    def close(self):
        self.down()
        self._listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                if not self._is_up:
                    client.close()
                    continue
            threading.Thread(target=self._pump, args=(client,), daemon=True).start()

    def _pump(self, client):
        try:
            server = socket.create_connection(self._target)
        except OSError:
            client.close()
            return
        with self._lock:
            self._open |= {client, server}
        with selectors.DefaultSelector() as selector:
            try:
                selector.register(client, selectors.EVENT_READ, server)
                selector.register(server, selectors.EVENT_READ, client)
                while True:
                    for key, _ in selector.select(1.0):
                        data = key.fileobj.recv(1 << 16)
                        if not data:
                            return
                        key.data.sendall(data)
                    with self._lock:
                        if client not in self._open:
                            return
            except (OSError, ValueError):
                return
            finally:
                with self._lock:
                    self._open -= {client, server}
                client.close()
                server.close()
