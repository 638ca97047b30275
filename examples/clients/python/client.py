"""Gets an access token for the worker application and counts the users of the environment.

Wants AUTH_URL, API_URL, ENVIRONMENT_ID, WORKER_CLIENT_ID and WORKER_CLIENT_SECRET, and trusts the
authority that SSL_CERT_FILE names. Nothing but the standard library is needed.
"""

import base64
import json
import os
import urllib.parse
import urllib.request

TIMEOUT = 30


def answer(request):
    with urllib.request.urlopen(request, timeout=TIMEOUT) as response:
        return json.load(response)


def access_token():
    worker = f"{os.environ['WORKER_CLIENT_ID']}:{os.environ['WORKER_CLIENT_SECRET']}"
    basic = base64.b64encode(worker.encode()).decode()
    form = urllib.parse.urlencode({"grant_type": "client_credentials"}).encode()
    url = f"{os.environ['AUTH_URL']}{os.environ['ENVIRONMENT_ID']}/as/token"
    request = urllib.request.Request(url, form, {"Authorization": f"Basic {basic}"})
    return answer(request)["access_token"]


def users():
    """All users, page by page: each page says where the next one is."""
    token = access_token()
    url = f"{os.environ['API_URL']}environments/{os.environ['ENVIRONMENT_ID']}/users?limit=100"
    while url:
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
        page = answer(request)
        yield from page["_embedded"]["users"]
        url = page["_links"].get("next", {}).get("href")


print("users:", sum(1 for _ in users()))
