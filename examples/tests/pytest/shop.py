"""What the tests are about: a shop that signs its customers on at PingOne.

It is small, so that it can be read; one of your own leaves OpenID Connect to a library.
"""

import base64
import hashlib
import json
import secrets
import time
import urllib.error
import urllib.parse
import urllib.request

TIMEOUT = 30
TRIES = 3


class Shop:
    def __init__(self, client, worker, redirect_uri, issuer, api_url, environment_id, tls):
        self.client, self.worker, self.redirect_uri = client, worker, redirect_uri
        self.issuer, self.tls = issuer, tls
        self.api = f"{api_url}environments/{environment_id}"
        self._pending = {}

    def begin_sign_on(self):
        """Where the shop sends somebody who is not signed on."""
        state, verifier = secrets.token_urlsafe(), secrets.token_urlsafe(48)
        self._pending[state] = verifier
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
        parameters = {
            "response_type": "code",
            "client_id": self.client[0],
            "redirect_uri": self.redirect_uri,
            "scope": "openid profile email",
            "state": state,
            "code_challenge": challenge.decode().rstrip("="),
            "code_challenge_method": "S256",
        }
        return f"{self.issuer}/authorize?{urllib.parse.urlencode(parameters)}"

    def end_sign_on(self, location):
        """The access token of whoever comes back to the redirect URI."""
        answer = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(location).query))
        verifier = self._pending.pop(answer["state"])
        return self._token(
            self.client,
            grant_type="authorization_code",
            code=answer["code"],
            redirect_uri=self.redirect_uri,
            code_verifier=verifier,
        )

    def profile(self, token):
        """What the shop knows of whoever is signed on; None when they have to sign on again."""
        try:
            return self._ask(f"{self.issuer}/userinfo", token)
        except urllib.error.HTTPError as error:
            if error.code == 401:
                return None
            raise

    def register(self, username, email, password):
        """Makes an account, whose owner gets a code by mail."""
        token = self._token(self.worker, grant_type="client_credentials")
        populations = self._ask(f"{self.api}/populations", token)["_embedded"]["populations"]
        account = {
            "username": username,
            "email": email,
            "population": {"id": next(one["id"] for one in populations if one.get("default"))},
            "password": {"value": password, "forceChange": False},
            "lifecycle": {"status": "VERIFICATION_REQUIRED"},
        }
        media_type = "application/vnd.pingidentity.user.import+json"
        return self._ask(f"{self.api}/users", token, account, media_type)

    def _token(self, credentials, **parameters):
        basic = base64.b64encode(":".join(credentials).encode()).decode()
        form = urllib.parse.urlencode(parameters).encode()
        headers = {"Authorization": f"Basic {basic}"}
        return self._send(urllib.request.Request(f"{self.issuer}/token", form, headers))[
            "access_token"
        ]

    def _ask(self, url, token, body=None, media_type="application/json"):
        headers = {"Authorization": f"Bearer {token}", "Content-Type": media_type}
        data = None if body is None else json.dumps(body).encode()
        return self._send(urllib.request.Request(url, data, headers))

    def _send(self, request):
        """Sends a request, again when the server is busy, after the time that it asks for."""
        for tries_left in reversed(range(TRIES)):
            try:
                with urllib.request.urlopen(request, timeout=TIMEOUT, context=self.tls) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as error:
                if error.code != 429 or tries_left == 0:
                    raise
                time.sleep(int(error.headers["Retry-After"]))
