"""A TCP proxy before a store that can be taken down and brought back, or made to misbehave by chance."""
import random
import selectors
import socket
import threading
import time
from dataclasses import dataclass
from urllib.parse import urlparse

REQUEST_STARTS = (b"GET ", b"PUT ", b"POST ", b"HEAD ", b"DELETE ")
ANSWER_503 = (b"HTTP/1.1 503 Slow Down\r\nContent-Type: application/xml\r\nConnection: close\r\nContent-Length: 47\r\n\r\n"
              b"<Error><Code>SlowDown</Code><Message/> </Error>")


@dataclass
class Chaos:
    """Chances of each request, from 0 to 1, and the longest delay of one."""
    latency_seconds: float = 0.0
    reset: float = 0.0      # the connection breaks before the store sees the request
    slow_down: float = 0.0  # 503 SlowDown, the store sees nothing
    lost: float = 0.0       # the store does it, the answer never arrives
    half: float = 0.0       # the answer breaks off in the middle


class FaultProxy:
    def __init__(self, target_url, seed=1):
        self._chaos = Chaos()
        self._chance = random.Random(seed)
        self.faults = 0
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

    def set_chaos(self, chaos):
        with self._lock:
            self._chaos = chaos

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

    def _draw(self):
        """What happens to the request that begins now; waits out its delay."""
        with self._lock:
            chaos, dice, delay = self._chaos, self._chance.random(), self._chance.random() * self._chaos.latency_seconds
            fault = None
            for name in ("reset", "slow_down", "lost", "half"):
                dice -= getattr(chaos, name)
                if dice < 0:
                    fault = name
                    self.faults += 1
                    break
        time.sleep(delay)
        return fault

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
                fault = None
                while True:
                    for key, _ in selector.select(1.0):
                        data = key.fileobj.recv(1 << 16)
                        if not data:
                            return
                        if key.fileobj is client and data.startswith(REQUEST_STARTS):
                            fault = self._draw()
                        if key.fileobj is client and fault == "reset":
                            return
                        if key.fileobj is client and fault == "slow_down":
                            client.sendall(ANSWER_503)
                            return
                        if key.fileobj is server and fault == "lost":
                            return
                        if key.fileobj is server and fault == "half":
                            client.sendall(data[:len(data) // 2])
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
