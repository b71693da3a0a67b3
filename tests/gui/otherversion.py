"""A machine of another time: TLS with a key of its own, and a hello that names another protocol."""
import base64
import contextlib
import hashlib
import json
import socket
import ssl
import struct
import subprocess
import threading

HEADERS, DATA, SETTINGS = 1, 0, 4
END_STREAM, END_HEADERS, ACK = 1, 4, 1
STATUS_200 = b"\x88"


def make_key(folder):
    """Returns (certificate, key, id as the list has it)."""
    key, certificate = folder / "other.key", folder / "other.crt"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-subj", "/CN=hune", "-days",
                    "1", "-keyout", key, "-out", certificate], check=True, capture_output=True)
    public = subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-outform", "DER"], check=True,
                            capture_output=True).stdout
    return certificate, key, "SHA256:" + base64.b64encode(hashlib.sha256(public).digest()).decode().rstrip("=")


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def read_exactly(connection, size):
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            raise ConnectionError
        data += part
    return data


def answer(connection, protocol):
    hello = json.dumps({"protocol": protocol, "agent": "9.0", "epoch": "00" * 16, "boot_ms": 1}).encode()
    read_exactly(connection, 24)  # the preface
    connection.sendall(frame(SETTINGS, 0, 0))
    while True:
        head = read_exactly(connection, 9)
        size, kind, flags = int.from_bytes(head[:3], "big"), head[3], head[4]
        stream = int.from_bytes(head[5:9], "big")
        read_exactly(connection, size)
        if kind == SETTINGS and not flags & ACK:
            connection.sendall(frame(SETTINGS, ACK, 0))
        elif kind == HEADERS:
            connection.sendall(frame(HEADERS, END_HEADERS, stream, STATUS_200) +
                               frame(DATA, END_STREAM, stream, hello))


@contextlib.contextmanager
def machine_of_another_version(folder, protocol=99):
    """Yields (port, id)."""
    certificate, key, identity = make_key(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(certificate, key)
    context.set_alpn_protocols(["h2"])
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(raw):
        with contextlib.suppress(OSError), raw, context.wrap_socket(raw, server_side=True) as connection:
            answer(connection, protocol)

    def accept():
        with contextlib.suppress(OSError):
            while True:
                raw, _ = listener.accept()
                threading.Thread(target=serve, args=(raw,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listener.getsockname()[1], identity
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
