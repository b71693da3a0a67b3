"""What else may arrive at the port: strangers, other protocols, floods."""
import concurrent.futures
import contextlib
import os
import re
import resource
import socket
import ssl
import subprocess
import time

import pytest
from support import wait_for


def served(machine):
    done = machine.shell("echo served")
    assert done.out == "served\n", done


def talk(port, data, seconds=15):
    """Sends bytes and returns what comes back until the other side closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as connection:
        got = b""
        with contextlib.suppress(ConnectionError):
            connection.sendall(data)
            while piece := connection.recv(4096):
                got += piece
        return got


@pytest.mark.parametrize("data", [
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"SSH-2.0-OpenSSH_9.2p1\r\n", b"\0" * 4096,
    b"\x16\x03\x01\xff\xff" + b"\xff" * 70000, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00", b"HUNE-O1\0" + b"A" * 200,
], ids=["http", "ssh", "zeros", "endless-record", "h2-preface", "short-hello", "order"])
def test_garbage_ends_the_connection_and_nothing_else(pair, data):
    machine = pair()
    answer = talk(machine.agent.port, data)
    assert len(answer) < 200, "a stranger is told nothing but a TLS alert"
    served(machine)


def test_random_garbage(pair):
    machine = pair()
    for size in (1, 5, 100, 16384, 300000):
        talk(machine.agent.port, os.urandom(size) + b"\0" * 5)
    served(machine)


def test_tls_without_h2_is_refused(pair):
    machine = pair()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    for protocols in ([], ["http/1.1"]):
        if protocols:
            context.set_alpn_protocols(protocols)
        with socket.create_connection(("127.0.0.1", machine.agent.port), 15) as plain:
            with contextlib.suppress(OSError):
                with context.wrap_socket(plain) as secure:
                    secure.sendall(b"GET / HTTP/1.1\r\n\r\n")
                    assert secure.recv(4096) == b""
    served(machine)


def test_only_tls_1_3(pair):
    machine = pair()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["h2"])
    with socket.create_connection(("127.0.0.1", machine.agent.port), 15) as plain:
        with pytest.raises(OSError):
            context.wrap_socket(plain)


def test_garbage_inside_tls(pair):
    machine = pair()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    for data in (b"\0" * 3000, b"GET / HTTP/1.1\r\n\r\n", os.urandom(5000),
                 b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff" * 100):
        with socket.create_connection(("127.0.0.1", machine.agent.port), 15) as plain:
            with contextlib.suppress(OSError), context.wrap_socket(plain) as secure:
                secure.sendall(data)
                while secure.recv(4096):
                    pass
    served(machine)


def test_curl_is_a_client_like_any_other(pair):
    machine = pair()
    url = f"https://127.0.0.1:{machine.agent.port}"
    done = subprocess.run(["curl", "-sk", "--http2", f"{url}/v1/hello"], capture_output=True,
                          text=True, timeout=30)
    assert re.search(r'"protocol": ?1\b', done.stdout) and "SHA256:" in done.stdout, done
    done = subprocess.run(["curl", "-sk", "--http2", "-w", "%{http_code} %{content_type}",
                           f"{url}/v1/facts"], capture_output=True, text=True, timeout=30)
    assert "urn:hune:problem:not-open" in done.stdout
    assert done.stdout.endswith("401 application/problem+json")


def test_large_headers_are_refused(pair):
    machine = pair()
    url = f"https://127.0.0.1:{machine.agent.port}/v1/hello"
    subprocess.run(["curl", "-sk", "--http2", "-H", "X-Long: " + "x" * 60000, url],
                   capture_output=True, timeout=30)
    served(machine)


@pytest.mark.long(10)
def test_a_slow_trickle_ends_in_time(pair):
    """One byte a second of a handshake that never becomes one."""
    machine = pair()
    hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 600
    with socket.create_connection(("127.0.0.1", machine.agent.port), 60) as slow:
        slow.settimeout(1)
        for byte in hello[:40]:
            try:
                slow.sendall(bytes([byte]))
                if slow.recv(100) == b"":
                    break
            except TimeoutError:
                continue
            except ConnectionError:
                break
        else:
            pytest.fail("a handshake may take for ever")
    served(machine)


@pytest.mark.long(10)
def test_silence_ends_in_time(pair):
    machine = pair()
    with socket.create_connection(("127.0.0.1", machine.agent.port), 60) as silent:
        assert silent.recv(100) == b""
    served(machine)


@pytest.mark.long(13)
def test_an_opened_connection_may_be_silent(pair):
    """The time limit is for strangers."""
    machine = pair()
    with subprocess.Popen([machine.console.binaries.raw, "--port", str(machine.agent.port), "--key",
                           machine.console.key, "--connections", "3"], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True,
                          env=machine.console.environment) as held:
        assert held.stdout.readline() == "held 3\n"
        time.sleep(12)  # longer than a handshake may take
        assert held.poll() is None
        out, _ = held.communicate()
        assert "closed" not in out and held.returncode == 0, out


@pytest.mark.timeout(300)
def test_ten_thousand_unfinished_handshakes_keep_nobody_out(pair):
    """As many as the limit of open files lets us have; a real client is served meanwhile."""
    machine = pair()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    wanted = min(10000, hard - 500 if hard > 0 else 10000)
    record = b"\x16\x03\x01\x02\x00\x01"  # the beginning of a ClientHello
    strangers, opened = [], 0
    try:
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            real = None
            for n in range(wanted):
                # Many addresses, as an attacker would have: all of 127.0.0.0/8 is ours.
                source = (f"127.0.{1 + n % 100}.{1 + n // 100 % 200}", 0)
                stranger = socket.socket()
                strangers.append(stranger)
                stranger.settimeout(5)
                stranger.bind(source)
                with contextlib.suppress(OSError):
                    stranger.connect(("127.0.0.1", machine.agent.port))
                    stranger.send(record)
                    opened += 1
                if n == wanted // 2:
                    real = pool.submit(machine.shell, "echo served", timeout=100)
            assert real.result().out == "served\n", real.result()
        served(machine)
        assert opened > wanted * 0.9
    finally:
        for stranger in strangers:
            stranger.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    served(machine)


def test_a_flood_from_ones_own_address_keeps_nobody_out(pair):
    machine = pair()
    strangers = []
    try:
        for _ in range(300):
            stranger = socket.create_connection(("127.0.0.1", machine.agent.port), 10)
            strangers.append(stranger)
        served(machine)
    finally:
        for stranger in strangers:
            stranger.close()


def test_connections_that_come_and_go_leave_nothing_behind(pair):
    machine = pair()

    def descriptors():
        return len(os.listdir(f"/proc/{machine.agent.gate_pid}/fd"))

    served(machine)
    before = descriptors()
    for _ in range(200):
        socket.create_connection(("127.0.0.1", machine.agent.port), 10).close()
    served(machine)
    wait_for("the descriptors to be closed", lambda: descriptors() <= before + 1)


def test_listens_only_where_it_was_told(pair):
    machine = pair()
    with socket.socket() as probe:
        probe.settimeout(5)
        assert probe.connect_ex(("127.0.0.2", machine.agent.port)) != 0


def test_ipv6(agent, console):
    with socket.socket(socket.AF_INET6) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError:
            pytest.skip("no IPv6 here")
        port = probe.getsockname()[1]
    machine = agent(port=port, listen=[f"[::1]:{port}", f"127.0.0.1:{port}"])
    operator = console()
    link = re.sub(r"//[^/]+/", f"//[::1]:{port}/", machine.invite())
    assert operator.run("join", link).code == 0
    assert operator.json("list")[0]["host"] == "::1"
    assert operator.run("run", "--", "echo", "six").out == "six\n"
