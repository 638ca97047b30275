"""Sends a started environment whatever its OpenAPI document allows, and much that it does not, and
says where an answer is a failure of the service or not what the document tells.

    python examine.py ENVIRONMENT_FILE SECONDS
"""

import base64
import json
import ssl
import subprocess
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

# How long one answer may take.
TIMEOUT = 30

# What would take away what everything else is done with: the environment itself.
FATAL = [
    ("delete", "/environments/{environment}"),
    ("put", "/environments/{environment}/status"),
    ("put", "/environments/{environment}/type"),
]

# What a new environment does not begin with: a body for each, so that the paths below it lead
# somewhere.
MADE = {
    "users": {"username": "ada", "email": "ada@example.com"},
    "groups": {"name": "Readers"},
    "applications": {
        "name": "Shop",
        "enabled": True,
        "type": "WEB_APP",
        "protocol": "OPENID_CONNECT",
        "grantTypes": ["AUTHORIZATION_CODE"],
        "responseTypes": ["CODE"],
        "redirectUris": ["https://shop.example/callback"],
        "tokenEndpointAuthMethod": "CLIENT_SECRET_BASIC",
    },
    "resources": {"name": "Orders", "audience": "orders"},
    "agreements": {"name": "Terms", "enabled": False},
    "gateways": {"name": "Office", "type": "LDAP", "vendor": "PingDirectory", "enabled": False,
                 "serversHostAndPort": ["ldap.example:636"], "bindDN": "cn=reader",
                 "bindPassword": "secret"},
    "emailDomains": {"domainName": "shop.example"},
    "customDomains": {"domainName": "login.shop.example"},
}


def settings(path):
    """What the environment file says."""
    lines = (line.split("=", 1) for line in Path(path).read_text().splitlines() if "=" in line)
    return {name: value.strip("'\"") for name, value in lines}


class Api:
    """The management API, as the environment's worker."""

    def __init__(self, env):
        self.base = env["API_URL"]
        self.tls = ssl.create_default_context(cafile=env["CA_FILE"])
        pair = f"{env['WORKER_CLIENT_ID']}:{env['WORKER_CLIENT_SECRET']}".encode()
        basic = "Basic " + base64.b64encode(pair).decode()
        form = urllib.parse.urlencode({"grant_type": "client_credentials"}).encode()
        request = urllib.request.Request(
            env["ISSUER"] + "/token", form, {"Authorization": basic}, method="POST"
        )
        self.token = self.answer(request)["access_token"]

    def answer(self, request):
        with urllib.request.urlopen(request, timeout=TIMEOUT, context=self.tls) as answer:
            return json.load(answer)

    def call(self, path, body=None):
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        url = self.base + path.lstrip("/")
        return self.answer(urllib.request.Request(url, data, headers))


def known_names(api, document, environment):
    """For each path, ids of what is there for the names that it has in braces."""
    names = {"environment": environment}
    known = {}
    for path in sorted(document["paths"], key=lambda path: path.count("/")):
        *above, last = path.split("/")
        if not last.startswith("{"):
            continue
        collection = "/".join(above)
        above = known.get("/".join(above[:-1]), names)
        here = dict(above)
        known[path] = here
        if collection.count("{") > sum(f"{{{name}}}" in collection for name in above):
            continue
        try:
            page = api.call(collection.format(**above))
        except (urllib.error.HTTPError, KeyError):
            continue
        for items in page.get("_embedded", {}).values():
            if items and "id" in items[0]:
                here[last.strip("{}")] = items[0]["id"]
    return known


def values_for(path, known):
    """The ids for a path: those of the longest path that it begins with."""
    prefix = path
    while prefix:
        if prefix in known:
            return known[prefix]
        prefix = prefix.rpartition("/")[0]
    return {}


def configuration(document, known, environment):
    """Schemathesis's settings: which names in which paths are what is there."""
    lines = []
    for path in document["paths"]:
        ids = {"environment": environment, **values_for(path, known)}
        used = {name: value for name, value in ids.items() if f"{{{name}}}" in path}
        if used:
            pairs = ", ".join(f'"path.{name}" = {json.dumps(id)}' for name, id in used.items())
            lines += ["[[operations]]", f"include-path = {json.dumps(path)}", f"parameters = {{ {pairs} }}"]
    return "\n".join(lines) + "\n"


def main(file, seconds):
    env = settings(file)
    api = Api(env)
    document = api.call("/openapi.json")
    for method, path in FATAL:
        # The path goes with it: a method that the document lacks is tried as well.
        del document["paths"][path]
    home = api.call(f"/environments/{env['ENVIRONMENT_ID']}")
    new = {"name": "Examined", "type": "SANDBOX", "region": home["region"], "license": home["license"]}
    environment = api.call("/environments", new)["id"]
    for collection, body in MADE.items():
        api.call(f"/environments/{environment}/{collection}", body)
    known = known_names(api, document, environment)
    with tempfile.TemporaryDirectory() as folder:
        schema = Path(folder, "openapi.json")
        schema.write_text(json.dumps(document))
        config = Path(folder, "schemathesis.toml")
        config.write_text(configuration(document, known, environment))
        checks = "not_a_server_error,status_code_conformance,content_type_conformance"
        checks += ",response_headers_conformance,response_schema_conformance,unsupported_method"
        program = Path(sys.executable).with_name("schemathesis")
        command = [program, "--config-file", config, "run", schema, "--url", api.base.rstrip("/")]
        command += ["--header", f"Authorization: Bearer {api.token}", "--tls-verify", env["CA_FILE"]]
        command += ["--checks", checks, "--max-time", seconds, "--seed", "1", "--workers", "1"]
        command += ["--phases", "coverage,fuzzing", "--suppress-health-check", "all"]
        command += ["--request-timeout", str(TIMEOUT), "--continue-on-failure", "--warnings", "off"]
        return subprocess.run(command, cwd=folder, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
