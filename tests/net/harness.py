"""What tests of the network edges share: TAP, certificates, and small servers that send exactly the
bytes a case needs."""

import concurrent.futures
import contextlib
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import traceback

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
BUILD = os.path.join(ROOT, os.environ.get("BUILD", "build"))
TEMP = tempfile.mkdtemp()
CERTS = os.path.join(TEMP, "certs")
CA = os.path.join(CERTS, "ca.pem")

results = threading.local()  # cases run side by side: most of them only wait


def ok(passed, name, *evidence):
    results.lines.append((passed, name, "\n".join(str(e) for e in evidence)))


def is_(got, want, name):
    ok(got == want, name, f"got  {got!r}", f"want {want!r}")


class Server:
    """Accepts connections on a free port, or a given one, and runs handle(server, connection) for
    each, in a thread."""

    def __init__(self, handle, host="127.0.0.1", cert=None, port=0):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.listener = socket.socket(family, socket.SOCK_STREAM)
        self.listener.bind((host, port))
        self.listener.listen(8)
        self.port = self.listener.getsockname()[1]
        self.handle = handle
        self.seen = []
        self.tls = None
        if cert:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(f"{CERTS}/{cert}.pem", f"{CERTS}/{cert}.key")
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with contextlib.suppress(OSError, EOFError):
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
            self.handle(self, connection)
        connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()


def clean_environment(extra=None):
    environment = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    environment.update(extra or {})
    return environment


def start(*command, env=None):
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            env=clean_environment(env))


def collect(test):
    results.lines = []
    try:
        test()
    except Exception:  # a broken case must not end the others
        ok(False, test.__name__, traceback.format_exc())
    return results.lines


def run_tests(tests):
    """Runs those named on the command line, or all; returns the exit status."""
    subprocess.run([os.path.join(ROOT, "tests/servers/certs"), CERTS], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wanted = sys.argv[1:]
    tests = [test for name, test in tests.items()
             if name.startswith("test_") and (not wanted or name[5:] in wanted)]
    count = failures = 0
    try:
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            for lines in pool.map(collect, tests):
                for passed, name, evidence in lines:
                    count += 1
                    failures += not passed
                    print(f"{'ok' if passed else 'not ok'} {count} - {name}")
                    for line in "" if passed else evidence.splitlines():
                        print(f"# {line}"[:400])
                sys.stdout.flush()
    finally:
        shutil.rmtree(TEMP, ignore_errors=True)
    print(f"1..{count}")
    return 1 if failures else 0
