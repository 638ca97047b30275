"""Sends a started environment whatever its OpenAPI document allows, and much that it does not, and
says where an answer is a failure of the service or not what the document tells.

    python examine.py ENVIRONMENT_FILE SECONDS
"""

import base64
import json
import re
import ssl
import subprocess
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

# An id that names nothing.
NOTHING = "7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1"

# What a collection must be asked for, so that it lists all.
ALL = {"activities": "?filter=" + urllib.parse.quote('recordedAt ge "2020-01-01T00:00:00Z"')}

# How long one answer may take.
TIMEOUT = 30

# What would take away what everything else is done with: the environment itself.
FATAL = [
    ("delete", "/environments/{environment}"),
    ("put", "/environments/{environment}/status"),
    ("put", "/environments/{environment}/type"),
]

# The least share of the operations, in percent, of which at least one request must have been done:
# else what is sent reaches too little.
LEAST_DONE = 55

# What a new environment does not begin with, in the order in which it is made: two of each, the
# second of which is what is deleted. `#` is the number of one, `@groups` the id of the first group
# that was made, `@2groups` that of the second.
MADE = [
    ("populations", {"name": "Staff #"}),
    ("users", {"username": "ada#", "email": "ada#@example.com", "population": {"id": "@populations"}}),
    ("groups", {"name": "Readers #"}),
    ("applications", {
        "name": "Shop #", "enabled": True, "type": "WEB_APP", "protocol": "OPENID_CONNECT",
        "grantTypes": ["AUTHORIZATION_CODE"], "responseTypes": ["CODE"],
        "redirectUris": ["https://shop.example/callback"],
        "tokenEndpointAuthMethod": "CLIENT_SECRET_BASIC",
    }),
    ("resources", {"name": "Orders #", "audience": "orders#"}),
    ("resources/@resources/scopes", {"name": "orders:read#"}),
    ("resources/@resources/attributes", {"name": "mail#", "value": "${user.email}"}),
    ("resources/@resources/applicationResources", {"name": "order#"}),
    ("applicationResources/@applicationResources/permissions", {"action": "read#"}),
    ("applicationRoles", {"name": "Seller #"}),
    ("applications/@applications/attributes", {"name": "mail#", "value": "${user.email}"}),
    ("applications/@applications/pushCredentials",
     {"type": "APNS", "teamId": "A#", "key": "k", "token": "t"}),
    ("agreements", {"name": "Terms #", "enabled": False}),
    ("agreements/@agreements/languages",
     [{"displayName": "English", "locale": "en", "enabled": False},
      {"displayName": "Dansk", "locale": "da", "enabled": False}]),
    ("agreements/@agreements/languages/@languages/revisions",
     {"contentType": "text/plain", "effectiveAt": "203#-01-01T00:00:00Z",
      "requireReconsent": False, "text": "Terms"}),
    ("gateways", {
        "name": "Office #", "type": "LDAP", "vendor": "PingDirectory", "enabled": False,
        "serversHostAndPort": ["ldap.example:636"], "bindDN": "cn=reader",
        "bindPassword": "secret",
    }),
    ("gateways/@gateways/credentials", {}),
    ("emailDomains", {"domainName": "shop#.example"}),
    ("emailDomains/@emailDomains/trustedEmails", {"emailAddress": "post#@shop1.example"}),
    ("customDomains", {"domainName": "login#.shop.example"}),
    ("identityProviders",
     {"name": "Partner #", "type": "GOOGLE", "enabled": True, "clientId": "a", "clientSecret": "b"}),
    ("identityProviders/@identityProviders/attributes",
     [{"name": "name.given", "value": "${providerAttributes.given_name}", "update": "EMPTY_ONLY"},
      {"name": "name.family", "value": "${providerAttributes.family_name}", "update": "ALWAYS"}]),
    ("signOnPolicies", {"name": "Policy-#"}),
    ("signOnPolicies/@signOnPolicies/actions", {"type": "LOGIN", "priority": 1}),
    ("applications/@applications/signOnPolicyAssignments",
     [{"priority": 1, "signOnPolicy": {"id": "@signOnPolicies"}},
      {"priority": 2, "signOnPolicy": {"id": "@2signOnPolicies"}}]),
    ("keys", {
        "name": "Key #", "usageType": "SIGNING", "algorithm": "EC", "keyLength": 256,
        "signatureAlgorithm": "SHA256withECDSA", "validityPeriod": 365, "subjectDN": "CN=Key #",
    }),
    ("keyRotationPolicies", {
        "name": "Turn #", "algorithm": "EC", "keyLength": 256, "usageType": "SIGNING",
        "signatureAlgorithm": "SHA256withECDSA", "dn": "CN=Turn #, C=US",
    }),
    ("subscriptions", {
        "name": "Hook #", "enabled": False, "protocol": "HTTPS", "format": "ACTIVITY",
        "httpEndpoint": {"url": "https://hooks.example/"}, "verifyTlsCertificates": True,
        "filterOptions": {"includedActionTypes": ["USER.CREATED"]},
    }),
    ("users/@users/devices", {"type": "EMAIL", "email": "ada#@example.com"}),
    ("notificationsPolicies", {"name": "Messages #", "quotas": []}),
    ("notificationsSettings/phoneDeliverySettings", {
        "provider": "CUSTOM_PROVIDER", "name": "Phone #",
        "authentication": {"method": "BEARER", "authToken": "a token"},
        "requests": [{"deliveryMethod": "SMS", "method": "GET",
                      "url": "https://sms.example/send?to=${to}&message=${message}"}],
    }),
    ("rateLimitIpConfigs", {"type": "WHITELIST", "value": "192.0.2.#"}),
    ("alertChannels", {"channelType": "EMAIL", "addresses": ["a#@example.com"],
                       "includeSeverities": ["ERROR"], "includeAlertTypes": ["CERTIFICATE_EXPIRED"]}),
    ("riskPredictors", {"name": "Device #", "compactName": "device#", "type": "DEVICE",
                        "detect": "NEW_DEVICE", "default": {"weight": 5}}),
    ("riskPolicySets", {"name": "Risk #", "defaultResult": {"level": "LOW"}, "riskPolicies": []}),
    ("verifyPolicies", {"name": "Papers #", "governmentId":
                        {"verify": "REQUIRED", "inspectionType": "AUTOMATIC"}}),
    ("voicePhrases", {"displayName": "Phrase #"}),
    ("voicePhrases/@voicePhrases/contents",
     [{"locale": "en", "content": "One"}, {"locale": "da", "content": "To"}]),
    ("digitalWalletApplications", {"name": "Wallet #", "appOpenUrl": "https://w.example",
                                   "application": {"id": "@applications"}}),
    ("credentialTypes", {
        "title": "Badge #", "cardDesignTemplate": "<svg/>", "metadata": {
            "name": "Badge #", "fields": [{"type": "Directory Attribute", "title": "Given",
                                           "attribute": "name.given", "isVisible": True}]},
    }),
    ("users/@users/credentials",
     {"credentialType": {"id": "@credentialTypes"}, "data": {"Given": "Ada"}}),
    ("users/@users/digitalWallets",
     {"digitalWalletApplication": {"id": "@digitalWalletApplications"}}),
    ("users/@users/verifyTransactions", {"verifyPolicy": {"id": "@verifyPolicies"}}),
    ("users/@users/pairingKeys", {"applications": [{"id": "@applications"}]}),
    ("users/@users/memberOfGroups", [{"id": "@groups"}, {"id": "@2groups"}]),
    ("users/@users/applicationRoles", [{"id": "@applicationRoles"}, {"id": "@2applicationRoles"}]),
    ("apiServers", {
        "name": "Bank #", "baseUrls": ["https://bank#.example.com"],
        "authorizationServer": {"type": "PINGONE_SSO", "resource": {"id": "@resources"}},
    }),
    ("apiServers/@apiServers/operations", {
        "name": "Read #", "methods": ["GET"], "paths": [{"type": "EXACT", "pattern": "/a#"}],
    }),
    ("propagation/stores", {"name": "Store #", "type": "scim", "configuration": {}}),
    ("propagation/plans", {"name": "Plan #"}),
    ("propagation/rules", {
        "name": "Rule #", "plan": {"id": "@plans"},
        "sourceStore": {"id": "@stores"},
        "targetStore": {"id": "@stores"},
    }),
    ("languages", [{"locale": "sv-FI"}, {"locale": "da-DK"}]),
]


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


def filled(value, number, first):
    """A path or a body for one of several, with the ids of what was made before."""
    text = json.dumps(value).replace("#", str(number))
    return json.loads(re.sub(r"@(\w+)", lambda name: first.get(name[1], name[0]), text))


def make(api, environment):
    """Makes two of each; gives their ids by the path of their collection."""
    made, first = {}, {}
    for path, bodies in MADE:
        path = filled(path, 0, first)
        for number in (1, 2):
            body = bodies[number - 1] if isinstance(bodies, list) else bodies
            collection = f"/environments/{environment}/{path}"
            try:
                one = api.call(collection, filled(body, number, first))
            except urllib.error.HTTPError as error:
                raise SystemExit(f"{path} takes no {body}: {error.read().decode()}") from error
            made.setdefault(collection, []).append(one["id"])
        name = path.rpartition("/")[2]
        first[name], first[f"2{name}"] = made[collection]
    return made


def known_ids(api, document, environment, made):
    """For each path, ids of what is there for the names that it has in braces; and for the last of
    them, what may go."""
    names = {"environment": environment}
    known, spare = {}, {}
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
        collection = collection.format(**above)
        ids = made.get(collection) or ids_of(api, collection)
        if ids:
            here[last.strip("{}")] = ids[0]
            spare[path] = {**above, last.strip("{}"): ids[1] if len(ids) > 1 else NOTHING}
    return known, spare


def ids_of(api, collection):
    """The ids of what a collection lists."""
    try:
        page = api.call(collection + ALL.get(collection.rpartition("/")[2], ""))
    except urllib.error.HTTPError:
        return []
    items = [item for items in page.get("_embedded", {}).values() for item in items]
    return [item["id"] for item in items if "id" in item]


def values_for(path, known):
    """The ids for a path: those of the longest path that it begins with."""
    prefix = path
    while prefix:
        if prefix in known:
            return known[prefix]
        prefix = prefix.rpartition("/")[0]
    return {}


def configuration(document, known, spare, environment):
    """Schemathesis's settings: which names in which paths are what is there. What is deleted is
    something else than what the other operations look for."""
    lines = []
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if "operationId" not in operation:
                continue
            ids = values_for(path, known)
            if method == "delete":
                ids = spare.get(path, ids)
            ids = {"environment": environment, **ids}
            used = {name: value for name, value in ids.items() if f"{{{name}}}" in path}
            if used:
                pairs = ", ".join(f'"path.{name}" = {json.dumps(id)}' for name, id in used.items())
                lines += [
                    "[[operations]]",
                    f"include-operation-id = {json.dumps(operation['operationId'])}",
                    f"parameters = {{ {pairs} }}",
                ]
    return "\n".join(lines) + "\n"


def done(document, report, base):
    """The operations of which a request was done, and the others."""
    operations = []
    for path, item in document["paths"].items():
        pattern = re.compile(re.sub(r"\\{.*?\\}", "[^/]+", re.escape(path)) + "/?")
        methods = [name for name, told in item.items() if "operationId" in told]
        operations += [(method, path, pattern) for method in methods]
    # Of two that fit, it is the one with fewer names.
    operations.sort(key=lambda operation: operation[1].count("{"))
    seen = set()
    for entry in json.loads(report.read_text())["log"]["entries"]:
        if not 200 <= entry["response"]["status"] < 300:
            continue
        sent = urllib.parse.urlsplit(entry["request"]["url"]).path.removeprefix(base)
        for method, path, pattern in operations:
            if method == entry["request"]["method"].lower() and pattern.fullmatch(sent):
                seen.add((method, path))
                break
    every = {(method, path) for method, path, _ in operations}
    return seen, every - seen


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
    known, spare = known_ids(api, document, environment, make(api, environment))
    with tempfile.TemporaryDirectory() as folder:
        schema = Path(folder, "openapi.json")
        schema.write_text(json.dumps(document))
        config = Path(folder, "schemathesis.toml")
        config.write_text(configuration(document, known, spare, environment))
        report = Path(folder, "report.har")
        checks = "not_a_server_error,status_code_conformance,content_type_conformance"
        checks += ",response_headers_conformance,response_schema_conformance,unsupported_method"
        program = Path(sys.executable).with_name("schemathesis")
        base = api.base.rstrip("/")
        command = [program, "--config-file", config, "run", schema, "--url", base]
        command += ["--header", f"Authorization: Bearer {api.token}", "--tls-verify", env["CA_FILE"]]
        command += ["--checks", checks, "--max-time", seconds, "--seed", "1", "--workers", "1"]
        command += ["--phases", "coverage,fuzzing", "--suppress-health-check", "all"]
        command += ["--request-timeout", str(TIMEOUT), "--continue-on-failure", "--warnings", "off"]
        command += ["--report", "har", "--report-har-path", report]
        status = subprocess.run(command, cwd=folder, check=False).returncode
        seen, others = done(document, report, urllib.parse.urlsplit(base).path)
    share = 100 * len(seen) // (len(seen) + len(others))
    print(f"{len(seen)} of {len(seen) + len(others)} operations were done at least once: {share} %")
    print("not done:", *sorted(f"\n  {method.upper()} {path}" for method, path in others))
    return 1 if share < LEAST_DONE else status


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
