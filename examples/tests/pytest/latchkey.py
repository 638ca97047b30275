"""A Latchkey of its own for a test run: started with a seed, told what to do, ended.

Copy this file and conftest.py beside your tests. Nothing but Python's standard library is needed,
and the program `latchkey`, which LATCHKEY names or the PATH has.
"""

import http.cookiejar
import json
import os
import re
import shlex
import ssl
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

START_WITHIN = 30
STOP_WITHIN = 10
ANSWER_WITHIN = 90  # more than the minute for which one may wait for a mail


class Latchkey:
    """`env` holds what the environment file says: addresses, ids, secrets, CA_FILE."""

    def __init__(self, seed):
        self._folder = tempfile.TemporaryDirectory(prefix="latchkey-")
        env_file = Path(self._folder.name, "latchkey.env")
        self.log = Path(self._folder.name, "latchkey.log")
        command = [
            os.environ.get("LATCHKEY", "latchkey"), "up", "--ephemeral", "--seed", str(seed),
            "--env-file", str(env_file), "--portal-listen", "localhost:0",
            "--idp-listen", "localhost:0", "--control-listen", "localhost:0",
            "--stop-with-stdin",
        ]  # fmt: skip
        with open(self.log, "wb") as log:
            # The pipe ends with this process, however it ends, and the program with the pipe.
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=log, stderr=log
            )
        try:
            self.env = self._wait_for(env_file)
        except BaseException:
            self.stop()
            raise
        self.tls = ssl.create_default_context(cafile=self.env["CA_FILE"])

    def _wait_for(self, env_file):
        """What the file says; once it is there it is complete, and the ports are about to open."""
        latest = time.monotonic() + START_WITHIN
        env = None
        while time.monotonic() < latest and self._process.poll() is None:
            try:
                env = env or read_env_file(env_file)
                self.env = env
                self.control("GET", "clock")
                return env
            except (FileNotFoundError, urllib.error.URLError):
                time.sleep(0.01)
        raise RuntimeError(f"latchkey did not start:\n{self.log.read_text()}")

    def stop(self):
        self._process.terminate()
        try:
            self._process.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdin.close()
        self._folder.cleanup()

    def control(self, method, path, body=None, query=None):
        """A request to the control API, which docs/control.md describes; its answer, if any."""
        query = {name: value for name, value in (query or {}).items() if value is not None}
        url = f"{self.env['CONTROL_URL']}{path}?{urllib.parse.urlencode(query)}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data, method=method)
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_WITHIN) as response:
                text = response.read()
        except urllib.error.HTTPError as answer:
            # What it says is what was wrong.
            said = answer.read().decode()
            raise RuntimeError(f"{method} {path}: {answer.code} {said}") from None
        return json.loads(text) if text else None

    def reset(self):
        """Everything is as right after the start."""
        self.control("POST", "reset")

    def advance(self, seconds):
        """Lets this much time pass at once."""
        self.control("POST", "clock/advance", {"seconds": seconds})

    def set_clock(self, now):
        """Makes this the present, such as 2027-03-28T00:59:59Z."""
        self.control("POST", "clock/set", {"now": now})

    def fail(self, path, kind, method=None, times=1, **details):
        """Lets the next requests to a path fail, such as `kind="status", status=503`."""
        fault = {"path": path, "times": times, "fault": {"kind": kind, **details}}
        self.control("POST", "faults", fault | ({"method": method} if method else {}))

    def mail_to(self, address, seconds=10):
        """The mail to this address, as soon as there is one."""
        return self.control("GET", "mails/wait", query={"to": address, "seconds": seconds})

    def mails_to(self, address):
        """The mails to this address so far."""
        return self.control("GET", "mails", query={"to": address})

    def requests(self, method=None, path=None):
        """What came in so far, oldest first."""
        return self.control("GET", "requests", query={"method": method, "path": path})

    def browser(self):
        return Browser(self)


class Browser:
    """Signs people on as their browser would, by PingOne's flow API instead of the pages."""

    def __init__(self, latchkey):
        self._latchkey = latchkey
        self._opener = urllib.request.build_opener(
            urllib.request.HTTPSHandler(context=latchkey.tls),
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()),
            _NoRedirects,
        )
        self._flow = None

    def open(self, url):
        """Follows a link of the application to the sign-on page."""
        page = self._location(url)
        flow = urllib.parse.parse_qs(urllib.parse.urlsplit(page).query)["flowId"][0]
        self._flow = f"{self._latchkey.env['ISSUER'].removesuffix('/as')}/flows/{flow}"

    def do(self, action, **body):
        """Takes a step of the sign-on, such as usernamePassword.check; what the flow says now."""
        media_type = f"application/vnd.pingidentity.{action}+json"
        request = urllib.request.Request(
            self._flow, json.dumps(body).encode(), {"Content-Type": media_type}
        )
        with self._opener.open(request, timeout=ANSWER_WITHIN) as response:
            return json.load(response)

    def sign_on(self, username, password):
        return self.do("usernamePassword.check", username=username, password=password)

    def return_to_application(self, flow):
        """Where a sign-on that is COMPLETED leads: the redirect URI, with the code."""
        assert flow["status"] == "COMPLETED", flow
        return self._location(flow["resumeUrl"])

    def _location(self, url):
        try:
            with self._opener.open(url, timeout=ANSWER_WITHIN) as response:
                raise AssertionError(f"a page instead of a redirect: {response.status} {url}")
        except urllib.error.HTTPError as answer:
            assert answer.code in (302, 303), answer.read().decode()
            return urllib.parse.urljoin(url, answer.headers["Location"])


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def code_in(mail):
    """The code of a mail: the one line that is nothing else."""
    return re.search(r"^\s*([A-Z0-9]{8})\s*$", mail["text"], re.MULTILINE).group(1)


def read_env_file(path):
    lines = (line.partition("=") for line in path.read_text().splitlines())
    return {name: "".join(shlex.split(value)) for name, _, value in lines}
