"""A mail server that does with each connection what the next line of its script says, and counts what it took."""

import socket
import threading
from contextlib import suppress
from email import message_from_bytes

# What can go wrong, by the name of the step at which it does. Everything else is answered as it should be.
REPLIES = {
    "greet": b"220 ready",
    "EHLO": b"250 hello",
    "MAIL": b"250 ok",
    "RCPT": b"250 ok",
    "DATA": b"354 go on",
    "taken": b"250 taken",
    "QUIT": b"221 bye",
}
HANG, HANG_UP = "hang", "hang up"


class ScriptedServer:
    """``script`` has one dict for each connection: a step and what happens at it, a reply, HANG or HANG_UP.

    A connection beyond the script meets a server without fault. ``taken`` are the Message-IDs of all mail for which
    the server has said 250; ``heard`` those of all that reached it whole.
    """

    def __init__(self, script: list[dict]):
        self.script, self.taken, self.heard = list(script), [], []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        with suppress(OSError):
            # Wakes the thread up, which a plain close does not.
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(timeout=5)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                _Conversation(self, connection, self.script.pop(0) if self.script else {}).hold()


class _Conversation:
    def __init__(self, server: ScriptedServer, connection: socket.socket, faults: dict):
        self._server, self._connection, self._faults = server, connection, faults
        connection.settimeout(5)
        self._lines = connection.makefile("rb")

    def hold(self) -> None:
        try:
            if self._answer("greet"):
                self._listen()
        except OSError:
            return

    def _listen(self) -> None:
        for line in self._lines:
            step = line[:4].decode().upper()
            if not self._answer(step):
                return
            if step == "DATA" and "DATA" not in self._faults and not self._take_mail():
                return
            if step == "QUIT":
                return

    def _take_mail(self) -> bool:
        lines = iter(self._lines.readline, b".\r\n")
        message_id = message_from_bytes(b"".join(lines))["Message-ID"]
        self._server.heard.append(message_id)
        is_said = self._answer("taken")
        if is_said and self._faults.get("taken", REPLIES["taken"]).startswith(b"250"):
            self._server.taken.append(message_id)
        return is_said

    def _answer(self, step: str) -> bool:
        """False if the conversation is over."""
        reply = self._faults.get(step, REPLIES.get(step, b"250 ok"))
        if reply == HANG:
            # Until the other side has had enough.
            while self._connection.recv(4096):
                pass
        if reply in (HANG, HANG_UP):
            return False
        self._connection.sendall(reply + b"\r\n")
        return step != "greet" or not reply.startswith(b"4")
