// The examples of docs/use-it-with-your-client.md that need no download, each as the page says to run
// it:
//
//     latchkey up --ephemeral --env-file F &
//     node --test-reporter=spec tests/clients/examples.mjs F

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { rootCertificates } from "node:tls";
import { fileURLToPath } from "node:url";

const FILE = process.argv[2];
if (!FILE) throw new Error("give the environment file that `latchkey up --env-file` has written");

/** One example may take so long; Go, Java and C# are compiled first. */
const TIMEOUT_MS = 180_000;

const settings = Object.fromEntries(
  readFileSync(FILE, "utf8")
    .split("\n")
    .map((line) => line.match(/^([A-Z_]+)=(?:'([^']*)'|"([^"]*)"|(.*))$/))
    .filter(Boolean)
    .map(([, key, ...values]) => [key, values.find((value) => value !== undefined)]),
);
const folder = mkdtempSync(join(tmpdir(), "examples-"));
after(() => rmSync(folder, { recursive: true }));

const path = (name) => fileURLToPath(new URL(`../../examples/clients/${name}`, import.meta.url));

/** Whether a program is installed. */
const isThere = (program, version) => spawnSync(program, [version], { timeout: TIMEOUT_MS }).status === 0;

/** What asks a program for its version, and the commands that run the example. */
const EXAMPLES = {
  curl: ["--version", ["sh", path("curl.sh")]],
  python3: ["--version", ["python3", path("python/client.py")]],
  node: ["--version", [process.execPath, path("node/client.mjs")]],
  go: ["version", ["go", "run", path("go/main.go")]],
  java: ["--version", ["java", path("java/Client.java")]],
  mono: [
    "--version",
    ["cert-sync", "--quiet", "--user", (env) => env.CA_FILE],
    [
      "mcs",
      "-langversion:latest",
      "-r:System.Net.Http.dll",
      "-r:System.Runtime.Serialization.dll",
      `-out:${join(folder, "client.exe")}`,
      path("dotnet/Program.cs"),
    ],
    ["mono", join(folder, "client.exe")],
  ],
};

/** Runs an example that trusts the authority of a file, and gives how its last command ended. */
function run(commands, authority) {
  const env = {
    ...process.env,
    ...settings,
    CA_FILE: authority,
    SSL_CERT_FILE: authority,
    NODE_EXTRA_CA_CERTS: authority,
    GOTOOLCHAIN: "local",
    GOPROXY: "off",
    // Mono's store is in the user's folder for settings.
    XDG_CONFIG_HOME: mkdtempSync(join(folder, "settings-")),
  };
  let last;
  for (const [index, [command, ...given]] of commands.entries()) {
    const args = given.map((one) => (typeof one === "function" ? one(env) : one));
    last = spawnSync(command, args, { env, encoding: "utf8", timeout: TIMEOUT_MS });
    const isLast = index === commands.length - 1;
    if (!isLast) assert.equal(last.status, 0, `${command}: ${last.error ?? last.stderr}`);
  }
  return last;
}

const other = join(folder, "other.pem");
writeFileSync(other, rootCertificates[0]);

for (const [program, [version, ...commands]] of Object.entries(EXAMPLES)) {
  test(`the example for ${program} counts the people of the demo environment`, () => {
    assert.ok(isThere(program, version), `${program} is not installed`);
    const { status, stdout, stderr } = run(commands, settings.CA_FILE);
    assert.equal(status, 0, stderr);
    const [, count] = stdout.match(/^users: ([0-9]+)$/m) ?? [];
    assert.ok(Number(count) >= 2, stdout);
  });
  test(`the example for ${program} refuses a server of another authority`, () => {
    assert.ok(isThere(program, version), `${program} is not installed`);
    const { status, stdout, stderr } = run(commands, other);
    assert.notEqual(status, 0, stdout);
    assert.match(stderr, /certificat/i);
  });
}
