"""What Hune is measured against: an sshd of our own on a free port of loopback."""
import contextlib
import os
import pathlib
import pwd
import shutil
import socket
import subprocess

from support import children, descendants, free_port, wait_for


class Sshd:
    """OpenSSH's server with its own keys and otherwise as Debian ships it, and the clients that reach it.

    Only root may have it go through PAM. `pam=False` leaves that out: nobody's server, but the leanest one.
    """

    def __init__(self, folder, pam=True):
        self.folder = folder
        self.port = free_port()
        self.process = None
        self.user = pwd.getpwuid(os.geteuid()).pw_name
        folder.mkdir(mode=0o700)
        for name in ("host", "user"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name],
                           check=True)
        shutil.copy(folder / "user.pub", folder / "authorized_keys")
        # An empty home: bash under sshd reads ~/.bashrc, and what somebody keeps there would be measured.
        (folder / "home").mkdir()
        (folder / "sshd_config").write_text(f"""
SetEnv HOME={folder}/home
ListenAddress 127.0.0.1:{self.port}
HostKey {folder}/host
AuthorizedKeysFile {folder}/authorized_keys
PidFile {folder}/pid
StrictModes no
UsePAM {"yes" if pam and os.geteuid() == 0 else "no"}
X11Forwarding yes
PrintMotd no
AcceptEnv LANG LC_*
PermitRootLogin prohibit-password
PasswordAuthentication no
UseDNS no
MaxStartups 1000
Subsystem sftp internal-sftp
""")
        host = (folder / "host.pub").read_text()
        (folder / "known_hosts").write_text(f"[127.0.0.1]:{self.port} {host}")

    def __enter__(self):
        if os.geteuid() == 0:
            pathlib.Path("/run/sshd").mkdir(exist_ok=True)  # where sshd locks itself in
        sshd = shutil.which("sshd", path="/usr/sbin:/sbin:" + os.environ["PATH"])
        with open(self.folder / "log", "wb") as log:
            self.process = subprocess.Popen([sshd, "-D", "-e", "-f", self.folder / "sshd_config"],
                                            stderr=log, stdin=subprocess.DEVNULL)
        wait_for("sshd", self.answers)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)

    def answers(self):
        if self.process.poll() is not None:
            raise SystemExit("sshd ended:\n" + (self.folder / "log").read_text())
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def ssh(self, command, *, kex=None, cipher=None, master=False):
        """The words of an ssh command line."""
        words = ["ssh", "-F", "none", "-p", str(self.port), "-i", self.folder / "user",
                 "-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none", "-o", "BatchMode=yes",
                 "-o", f"UserKnownHostsFile={self.folder}/known_hosts",
                 "-o", "StrictHostKeyChecking=yes"]
        if kex:
            words += ["-o", f"KexAlgorithms={kex}"]
        if cipher:
            words += ["-c", cipher]
        if master:
            words += ["-o", f"ControlPath={self.folder}/master"]
        return [*words, f"{self.user}@127.0.0.1", command]

    @contextlib.contextmanager
    def master(self):
        """A warm connection that ssh(…, master=True) goes through."""
        words = self.ssh("true", master=True)[:-1]
        with subprocess.Popen([*words[:1], "-M", "-N", *words[1:]], stdin=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as process:
            try:
                wait_for("the master", lambda: (self.folder / "master").exists())
                yield
            finally:
                process.terminate()

    def sessions(self):
        """The processes that serve connections now."""
        return [pid for child in children(self.process.pid) for pid in [child, *descendants(child)]]
