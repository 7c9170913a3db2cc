"""Each fault of the proxy, on TCP and on unix sockets, against an echo server."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.faultproxy.client import FaultProxy
from tests.lab.workspace import CHECKOUT, wait_until

PATIENCE_S = 30.0
#: How long silence is listened to before it is believed.
SILENCE_S = 0.3


class EchoServer:
    """Sends back what it gets, and remembers it."""

    def __init__(self, transport: str, folder: Path) -> None:
        if transport == "tcp":
            self._listener = socket.create_server(("127.0.0.1", 0))
            self.address = f"tcp:127.0.0.1:{self._listener.getsockname()[1]}"
        else:
            self._listener = socket.socket(socket.AF_UNIX)
            self._listener.bind(str(folder / "echo"))
            self._listener.listen()
            self.address = f"unix:{folder}/echo"
        self.received = b""
        self.connections = 0
        self.ended = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._echo, args=(peer,), daemon=True).start()

    def _echo(self, peer: socket.socket) -> None:
        with peer:
            try:
                while data := peer.recv(65536):
                    self.received += data
                    peer.sendall(data)
            except OSError:
                pass
            self.ended += 1

    def close(self) -> None:
        # A thread waits in accept: closing alone would leave the socket listening.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@pytest.fixture(params=["tcp", "unix"])
def transport(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def server(transport: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EchoServer]:
    folder = Path(tmp_path_factory.mktemp("e"))
    echo = EchoServer(transport, folder)
    yield echo
    echo.close()


@pytest.fixture
def proxy(server: EchoServer, transport: str) -> Iterator[FaultProxy]:
    with FaultProxy(server.address, transport) as running:
        yield running


def connect(proxy: FaultProxy) -> socket.socket:
    scheme, _, address = proxy.listen.partition(":")
    if scheme == "unix":
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(PATIENCE_S)
        client.connect(address)
        return client
    return socket.create_connection(("127.0.0.1", proxy.port), timeout=PATIENCE_S)


def connected(proxy: FaultProxy) -> socket.socket:
    """A connection that has been seen to work."""
    client = connect(proxy)
    client.sendall(b"hello")
    assert receive(client, 5) == b"hello"
    return client


def receive(client: socket.socket, count: int) -> bytes:
    """Exactly so many bytes, or fewer if the stream ends."""
    data = b""
    while len(data) < count and (piece := client.recv(count - len(data))):
        data += piece
    return data


def is_silent(client: socket.socket) -> bool:
    client.settimeout(SILENCE_S)
    try:
        client.recv(1)
    except TimeoutError:
        return True
    finally:
        client.settimeout(PATIENCE_S)
    return False


def is_reset(client: socket.socket, transport: str) -> bool:
    """RST on TCP; a unix socket knows no RST, an end of stream is as abrupt as it gets."""
    try:
        return client.recv(1) == b"" and transport == "unix"
    except ConnectionResetError:
        return True


def newcomer_is_reset(proxy: FaultProxy, transport: str) -> bool:
    """A new connection is reset; that may happen before `connect` has returned."""
    try:
        client = connect(proxy)
    except ConnectionResetError:
        return True
    with client:
        return is_reset(client, transport)


def test_pass_forwards_and_counts(proxy: FaultProxy, server: EchoServer) -> None:
    payload = os.urandom(300_000)
    with connected(proxy) as client:
        threading.Thread(target=client.sendall, args=(payload,), daemon=True).start()
        assert receive(client, len(payload)) == payload
        counters = proxy.counters()
        assert (counters.accepted, counters.open) == (1, 1)
        assert counters.up_forwarded == counters.down_forwarded == len(payload) + 5
        client.shutdown(socket.SHUT_WR)
        assert client.recv(1) == b""
    wait_until(lambda: proxy.counters().open == 0, "the connection to be forgotten")
    assert server.ended == 1


def test_refuse_hits_only_new_connections(proxy: FaultProxy) -> None:
    with connected(proxy) as client:
        proxy.set("refuse")
        with pytest.raises(ConnectionRefusedError):
            connect(proxy)
        client.sendall(b"still")
        assert receive(client, 5) == b"still"
        proxy.clear()
        connected(proxy).close()


def test_reset_hits_open_and_new_connections(proxy: FaultProxy, server: EchoServer, transport: str) -> None:
    with connected(proxy) as client:
        proxy.set("reset")
        assert is_reset(client, transport)
        wait_until(lambda: server.ended == 1, "the server to see the end")
        assert newcomer_is_reset(proxy, transport)
        assert server.connections == 1
        proxy.clear()
        connected(proxy).close()


def test_reset_after_some_bytes(proxy: FaultProxy, transport: str) -> None:
    with connected(proxy) as client:
        proxy.set("reset", "up", after=3)
        client.sendall(b"ab")
        assert receive(client, 2) == b"ab"
        client.sendall(b"cdef")
        with contextlib.ExitStack() as expected:
            if transport == "tcp":
                expected.enter_context(pytest.raises(ConnectionResetError))
            while client.recv(100):
                pass


def test_blackhole_swallows_on_open_and_new_connections(proxy: FaultProxy, server: EchoServer, transport: str) -> None:
    with connected(proxy) as client, connected(proxy) as idle:
        proxy.set("blackhole")
        client.sendall(b"lost")
        with connect(proxy) as late:
            late.sendall(b"also lost")
            wait_until(lambda: proxy.counters().up_received == 10 + 4 + 9, "the bytes to be swallowed")
            assert is_silent(client)
            assert is_silent(late)
            assert proxy.counters().up_forwarded == 10
            assert (server.received, server.connections) == (b"hello" * 2, 2)
            proxy.clear()
            assert is_reset(late, transport)
        assert is_reset(client, transport)
        idle.sendall(b"unhurt")
        assert receive(idle, 6) == b"unhurt"


def test_blackhole_hides_that_an_end_went_away(proxy: FaultProxy, server: EchoServer) -> None:
    with connected(proxy) as client:
        proxy.set("blackhole")
        client.close()
        assert proxy.counters().open == 1
        assert server.ended == 0
        proxy.clear()
        wait_until(lambda: server.ended == 1, "the server to see the end")


def test_blackhole_hides_that_an_end_was_killed(proxy: FaultProxy, server: EchoServer) -> None:
    client = connected(proxy)
    proxy.set("blackhole")
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
    assert proxy.counters().open == 1
    assert server.ended == 0
    proxy.clear()
    wait_until(lambda: server.ended == 1, "the server to see the end")


def test_blackhole_after_some_bytes_of_a_new_connection(proxy: FaultProxy) -> None:
    proxy.set("blackhole", "up", after=3)
    with connect(proxy) as client:
        client.sendall(b"abcdef")
        assert receive(client, 3) == b"abc"
        assert is_silent(client)


def test_hang_keeps_every_byte_for_later(proxy: FaultProxy) -> None:
    with connected(proxy) as client:
        proxy.set("hang", "down", after=4)
        client.sendall(b"0123456789")
        assert receive(client, 4) == b"0123"
        assert is_silent(client)
        proxy.clear()
        assert receive(client, 6) == b"456789"


def test_direction_of_a_fault(proxy: FaultProxy, server: EchoServer) -> None:
    with connected(proxy) as client:
        proxy.set("hang", "up")
        client.sendall(b"one")
        assert is_silent(client)
        assert server.received == b"hello"
        proxy.clear()
        assert receive(client, 3) == b"one"
        proxy.set("hang", "down")
        client.sendall(b"two")
        wait_until(lambda: server.received == b"helloonetwo", "the server to get what the client sent")
        assert is_silent(client)


def test_drip_is_slow_and_complete(proxy: FaultProxy) -> None:
    payload = bytes(range(200))
    with connected(proxy) as client:
        proxy.set("drip", "down", size=2, interval_s=0.2)
        client.sendall(payload)
        first = receive(client, 3)
        assert proxy.counters().down_forwarded - 5 < len(payload)
        proxy.clear()
        assert first + receive(client, len(payload) - len(first)) == payload


def test_cut_ends_in_good_order(proxy: FaultProxy, server: EchoServer) -> None:
    with connected(proxy) as client:
        proxy.set("cut", "down", after=4)
        client.sendall(b"0123456789")
        assert receive(client, 100) == b"0123"
        wait_until(lambda: server.ended == 1, "the server to see the end")
    with connect(proxy) as second:
        second.sendall(b"abcdef")
        assert receive(second, 100) == b"abcd"
        proxy.set("cut")
    with connect(proxy) as late:
        assert late.recv(1) == b""


def test_garbage_is_random_and_repeats(proxy: FaultProxy) -> None:
    sent = b"0123456789"
    with connected(proxy) as client:
        seen = []
        for seed in (1, 1, 2):
            proxy.set("garbage", "down", seed=seed, after=2)
            client.sendall(sent)
            seen.append(receive(client, len(sent)))
        assert seen[0] == seen[1] != seen[2]
        assert [each[:2] for each in seen] == [b"01"] * 3
        assert sent not in seen
        proxy.set("garbage", "down", insert=True)
        client.sendall(sent)
        inserted = receive(client, 2 * len(sent))
        assert inserted.endswith(sent)
        assert inserted[: len(sent)] != sent


def test_no_server_is_a_reset(proxy: FaultProxy, server: EchoServer, transport: str) -> None:
    server.close()
    assert newcomer_is_reset(proxy, transport)


@pytest.mark.parametrize("wrong", [{"kind": "nonsense"}, {"kind": "cut", "after": -1}, {"kind": "hang", "typo": 1}])
def test_a_wrong_fault_is_told(wrong: dict[str, object], tmp_path: Path) -> None:
    with FaultProxy(f"unix:{tmp_path}/nobody") as proxy:
        with pytest.raises(ValueError):
            proxy.set(**wrong)  # type: ignore[arg-type]
        with pytest.raises(ValueError):
            proxy.set("cut", "sideways")


def test_command_line_switches_a_running_proxy(tmp_path: Path) -> None:
    echo = EchoServer("tcp", tmp_path)
    control = tmp_path / "control"
    command = [sys.executable, "-m", "tests.lab.faultproxy"]
    listen = f"unix:{tmp_path}/listen"
    running = subprocess.Popen(
        [*command, "--listen", listen, "--to", echo.address, "--control", str(control)],
        cwd=CHECKOUT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert running.stdout
    assert json.loads(running.stdout.readline()) == {"listen": listen, "control": str(control)}

    def tell(*words: str) -> dict[str, int]:
        done = subprocess.run(
            [*command, "--control", str(control), *words], cwd=CHECKOUT, capture_output=True, check=True
        )
        return json.loads(done.stdout)

    tell("hang", "--direction", "down", "--after", "2")
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(PATIENCE_S)
    client.connect(str(tmp_path / "listen"))
    client.sendall(b"xyz")
    assert receive(client, 2) == b"xy"
    assert tell("counters")["accepted"] == 1
    tell("pass")
    assert receive(client, 1) == b"z"
    running.communicate()
    assert running.returncode == 0
    assert not control.exists()
    echo.close()


def test_proxy_ends_with_its_owner() -> None:
    script = (
        "import os\n"
        "from tests.lab.faultproxy.client import FaultProxy\n"
        "print(FaultProxy('tcp:127.0.0.1:1').pid, flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    owner = subprocess.run([sys.executable, "-c", script], cwd=CHECKOUT, capture_output=True, text=True)
    process = Path(f"/proc/{int(owner.stdout)}/cmdline")
    wait_until(lambda: not process.exists() or not process.read_bytes(), "the proxy to end")
