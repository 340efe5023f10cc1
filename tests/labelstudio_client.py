"""A real Label Studio for a test: started on this machine alone, spoken to over its API, stopped whatever happens."""

from __future__ import annotations

import http.cookiejar
import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

VERSION = "1.23.0"
USER, PASSWORD = "annotator@example.org", "not-a-secret-1"


class Client:
    """A logged-in session with the server at `base`."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.cookies = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(self.cookies))

    def send(self, method: str, path: str, body: bytes | None = None, kind: str = "application/json") -> bytes:
        """The body of the answer to a request; an error shows what the server said."""
        token = next((c.value or "" for c in self.cookies if c.name == "csrftoken"), "")
        request = urllib.request.Request(self.base + path, data=body, method=method, headers={"Content-Type": kind, "X-CSRFToken": token, "Referer": self.base})
        try:
            with self.opener.open(request, timeout=120) as answer:
                return bytes(answer.read())
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.code} {error.read()[:2000]!r}") from None

    def json(self, method: str, path: str, body: Any = None) -> Any:
        """The same with JSON both ways."""
        answer = self.send(method, path, None if body is None else json.dumps(body).encode())
        return json.loads(answer) if answer else None

    def log_in(self) -> None:
        """Open a session."""
        self.send("GET", "/user/login/")
        token = next(c.value or "" for c in self.cookies if c.name == "csrftoken")
        form = urllib.parse.urlencode({"csrfmiddlewaretoken": token, "email": USER, "password": PASSWORD, "persist_session": "on"})
        self.send("POST", "/user/login/", form.encode(), "application/x-www-form-urlencoded")
        assert self.json("GET", "/api/current-user/whoami")["email"] == USER

    def project(self, title: str, config: str) -> int:
        """The number of a new project with this labelling configuration."""
        return int(self.json("POST", "/api/projects", {"title": title, "label_config": config})["id"])

    def load(self, project: int, tasks: bytes) -> Any:
        """Import a tasks file; what the server says of it."""
        return json.loads(self.send("POST", f"/api/projects/{project}/import", tasks))

    def export(self, project: int, kind: str = "JSON") -> bytes:
        """The export of a project."""
        return self.send("GET", f"/api/projects/{project}/export?exportType={kind}&download_all_tasks=true")

    def snapshot(self, project: int) -> bytes:
        """An export of a project with its predictions in full."""
        made = self.json("POST", f"/api/projects/{project}/exports/", {"serialization_options": {"predictions": {"only_id": False}}})
        deadline = time.monotonic() + 60
        while self.json("GET", f"/api/projects/{project}/exports/{made['id']}")["status"] != "completed":
            assert time.monotonic() < deadline, "the snapshot is not done after a minute"
            time.sleep(0.5)
        return self.send("GET", f"/api/projects/{project}/exports/{made['id']}/download?exportType=JSON")


def free_port() -> int:
    """A port that nothing listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def server(program: Path, folder: Path, seconds: int = 300) -> Iterator[Client]:
    """A client of a server that keeps its database in `folder`; the server and its children are gone at the end, also after a failure."""
    port = free_port()
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "DJANGO", "LABEL_STUDIO"))} | {
        "HOME": str(folder),
        "BASE_DATA_DIR": str(folder / "data"),
        "LABEL_STUDIO_BASE_DATA_DIR": str(folder / "data"),
        "COLLECT_ANALYTICS": "false",
        "LATEST_VERSION_CHECK": "false",
        "SENTRY_DSN": "",
        "FRONTEND_SENTRY_DSN": "",
        "FEATURE_FLAGS_OFFLINE": "true",
        "DJANGO_DB": "sqlite",
    }
    command = [program, "start", "--no-browser", "--internal-host", "127.0.0.1", "--port", port, "--username", USER, "--password", PASSWORD]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen([str(part) for part in command], cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            client = Client(f"http://127.0.0.1:{port}")
            _wait(client, process, folder / "server.log", seconds)
            client.log_in()
            yield client
        finally:
            _stop(process)


def _wait(client: Client, process: subprocess.Popen[bytes], log: Path, seconds: int) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise AssertionError(f"Label Studio stopped with {process.returncode}:\n{log.read_text(errors='replace')[-3000:]}")
        try:
            client.send("GET", "/health")
            return
        except (OSError, AssertionError):
            time.sleep(1)
    raise AssertionError(f"Label Studio did not answer within {seconds} s:\n{log.read_text(errors='replace')[-3000:]}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the process group that `server` started, and no other."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, sign)
            process.wait(timeout=20)
            return
        except ProcessLookupError:
            process.wait(timeout=20)
            return
        except subprocess.TimeoutExpired:
            continue
