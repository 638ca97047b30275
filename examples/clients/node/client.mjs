// Gets an access token for the worker application and counts the users of the environment.
//
// Wants AUTH_URL, API_URL, ENVIRONMENT_ID, WORKER_CLIENT_ID and WORKER_CLIENT_SECRET, and trusts the
// authority that NODE_EXTRA_CA_CERTS names. Nothing but Node itself is needed.

const env = process.env;
const TIMEOUT_MS = 30_000;

async function answer(url, options) {
  const response = await fetch(url, { ...options, signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return response.json();
}

async function accessToken() {
  const worker = Buffer.from(`${env.WORKER_CLIENT_ID}:${env.WORKER_CLIENT_SECRET}`);
  const token = await answer(`${env.AUTH_URL}${env.ENVIRONMENT_ID}/as/token`, {
    method: "POST",
    headers: { Authorization: `Basic ${worker.toString("base64")}` },
    body: new URLSearchParams({ grant_type: "client_credentials" }),
  });
  return token.access_token;
}

/** All users, page by page: each page says where the next one is. */
async function* users() {
  const headers = { Authorization: `Bearer ${await accessToken()}` };
  let url = `${env.API_URL}environments/${env.ENVIRONMENT_ID}/users?limit=100`;
  while (url) {
    const page = await answer(url, { headers });
    yield* page._embedded.users;
    url = page._links.next?.href;
  }
}

let count = 0;
for await (const _ of users()) count += 1;
console.log(`users: ${count}`);
