"""Stands between the proxy and the enclave, passes TLS on as it is, and breaks where it is told to."""

import socket
import struct
import threading
from dataclasses import dataclass

RESET = struct.pack("ii", 1, 0)


@dataclass(frozen=True)
class Fault:
    """What the next connections meet. Without any member: nothing, bytes pass both ways."""

    says: bytes | None = None  # instead of the enclave, as soon as a client is there
    after: int | None = None  # so many bytes of the enclave are passed on
    awaits: bool = False  # breaks after the client's first bytes
    how: str = "fin"  # "fin", "rst", or "stall": keeps the connection open and says no more


class Relay:
    def __init__(self, enclave):
        self.enclave = enclave
        self.fault = Fault()
        self.connections = 0
        self.passed_on = 0  # bytes of the enclave, since the last connection began
        self._open: set[socket.socket] = set()
        self._server = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.port = self._server.getsockname()[1]
        enclave.ports.add(self.port)
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return self.enclave.url.replace(f":{self.enclave.port}", f":{self.port}")

    @property
    def ca_file(self):
        return self.enclave.ca_file

    @property
    def open_connections(self) -> int:
        return len(self._open)

    def stop(self):
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self.drop_all()

    def drop_all(self):
        """Ends every connection, between its bytes."""
        for one in list(self._open):
            self._shut(one)

    def __enter__(self) -> "Relay":
        return self

    def __exit__(self, *problem):
        self.stop()

    def _accept(self):
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections += 1
            self.passed_on = 0
            self._open.add(client)
            threading.Thread(target=self._serve, args=(client, self.fault), daemon=True).start()

    def _serve(self, client: socket.socket, fault: Fault):
        copying = None
        try:
            if fault.awaits:
                client.recv(65536)
            if fault.says is not None:
                client.sendall(fault.says)
            elif fault.after != 0:
                copying = self._pass(client, fault.after)
            self._leave(client, fault.how, copying)
        except OSError:
            pass
        finally:
            self._open.discard(client)
            client.close()

    def _pass(self, client: socket.socket, left: int | None) -> threading.Thread:
        with socket.create_connection(("127.0.0.1", self.enclave.port)) as enclave:
            up = threading.Thread(target=self._copy, args=(client, enclave), daemon=True)
            up.start()
            while (left is None or left > 0) and (piece := enclave.recv(65536)):
                piece = piece[:left]
                client.sendall(piece)
                self.passed_on += len(piece)
                left = None if left is None else left - len(piece)
            self._shut(enclave)
            if left != 0:
                self._shut(client)
        return up

    def _copy(self, source: socket.socket, target: socket.socket):
        try:
            while piece := source.recv(65536):
                target.sendall(piece)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            self._shut(target)

    def _leave(self, client: socket.socket, how: str, copying: threading.Thread | None):
        if how == "stall":
            while client.recv(65536):
                pass
        elif how == "rst":
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            if copying is not None:
                # While a thread reads from a socket, closing it resets nothing.
                client.shutdown(socket.SHUT_RD)
                copying.join(5)
        else:
            client.shutdown(socket.SHUT_WR)
            while client.recv(65536):
                pass

    @staticmethod
    def _shut(one: socket.socket):
        try:
            one.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
