// The running system, as its environment file describes it.
//
// `cargo xtask test --only browser` starts one and sets these; to run a single file against a
// system of your own, start `latchkey up --ephemeral --env-file F` and export what F says.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { connect } from "node:tls";

const names = [
  "PORTAL_URL",
  "AUTH_URL",
  "API_URL",
  "ENVIRONMENT_ID",
  "ISSUER",
  "CLIENT_ID",
  "WORKER_CLIENT_ID",
  "WORKER_CLIENT_SECRET",
  "DEMO_USERNAME",
  "DEMO_PASSWORD",
  "OPERATOR_USERNAME",
  "OPERATOR_PASSWORD",
  "MAILBOX_URL",
  "CA_FILE",
];

export const system = Object.fromEntries(
  names.map((name) => {
    const value = process.env[name];
    if (!value) throw new Error(`${name} is not set; run these by cargo xtask test --only browser`);
    return [name, value];
  }),
);

/** An address of the portal. */
export const portal = (path = "/") => new URL(path, system.PORTAL_URL).href;

/** An address of the embedded environment. */
export const environment = (path = "/") => new URL(path, system.AUTH_URL).href;

/**
 * The digests of both servers' public keys, after their certificates were checked with the local
 * authority: Chromium is told to trust these keys and no others.
 */
export async function trustedKeys() {
  const ca = readFileSync(system.CA_FILE);
  const key = (url) =>
    new Promise((resolve, reject) => {
      const { hostname, port } = new URL(url);
      const socket = connect({ host: hostname, port, servername: hostname, ca }, () => {
        const spki = socket.getPeerX509Certificate().publicKey.export({ type: "spki", format: "der" });
        socket.destroy();
        resolve(createHash("sha256").update(spki).digest("base64"));
      });
      socket.setTimeout(10_000, () => socket.destroy(new Error(`${url} does not answer`)));
      socket.on("error", reject);
    });
  return Promise.all([system.PORTAL_URL, system.AUTH_URL].map(key));
}
