// Signing on by an identity provider elsewhere, which is another environment of the same system.

import assert from "node:assert/strict";

import { journey, journeyInEveryWay } from "./support/journey.js";
import { looksRight } from "./support/look.js";
import { codeSentTo } from "./support/mail.js";
import { aStranger, aUser, api, management } from "./support/people.js";
import { giveCredentials } from "./support/sign-on.js";
import { environment, portal, system } from "./support/system.js";

const JSON_TYPE = "application/json";
const IMPORT = "application/vnd.pingidentity.user.import+json";

/** Where an application of the tests gets its answers: the portal's first page, which reads none. */
const ARRIVAL = portal("/");

/** Where the demo's environment gets a provider's answers. */
const CALLBACK = environment(`/${system.ENVIRONMENT_ID}/rp/callback/openid_connect`);

const APPLICATION = {
  enabled: true,
  type: "WEB_APP",
  protocol: "OPENID_CONNECT",
  grantTypes: ["AUTHORIZATION_CODE"],
  responseTypes: ["CODE"],
  tokenEndpointAuthMethod: "CLIENT_SECRET_BASIC",
};

/** Makes things in an environment. */
const maker = (id) => (path, body, type = JSON_TYPE) =>
  management("POST", `environments/${id}/${path}`, type, body);

const here = maker(system.ENVIRONMENT_ID);

/** A web application of an environment that may read mail addresses and names, and its secret. */
async function anApplication(id, name, redirectUri) {
  const make = maker(id);
  const application = await make("applications", { ...APPLICATION, name, redirectUris: [redirectUri] });
  const read = (path) => management("GET", `environments/${id}/${path}`);
  const { _embedded } = await read("resources");
  const resource = _embedded.resources.find((one) => one.type === "OPENID_CONNECT");
  const scopes = (await read(`resources/${resource.id}/scopes`))._embedded.scopes
    .filter((scope) => ["email", "profile"].includes(scope.name))
    .map((scope) => ({ id: scope.id }));
  await make(`applications/${application.id}/grants`, { resource: { id: resource.id }, scopes });
  const { secret } = await read(`applications/${application.id}/secret`);
  return { id: application.id, secret };
}

/** Makes a sign-on policy of these actions the only one of an application. */
async function obey(make, application, name, actions) {
  const policy = await make("signOnPolicies", { name });
  for (const [index, action] of actions.entries()) {
    await make(`signOnPolicies/${policy.id}/actions`, { ...action, priority: index + 1 });
  }
  const assignment = { priority: 1, signOnPolicy: { id: policy.id } };
  await make(`applications/${application}/signOnPolicyAssignments`, assignment);
}

/** The other environment, with an application as which the demo's environment asks it. */
async function anEnvironmentElsewhere(name) {
  const { license } = await management("GET", `environments/${system.ENVIRONMENT_ID}`);
  const made = await management("POST", "environments", JSON_TYPE, {
    name,
    type: "SANDBOX",
    license: { id: license.id },
  });
  const { _embedded } = await management("GET", `environments/${made.id}/populations`);
  const application = await anApplication(made.id, "Front door", CALLBACK);
  return { id: made.id, population: _embedded.populations[0].id, application };
}

/** The other environment as an identity provider of the demo's. */
async function aProvider(elsewhere, name, application, registration) {
  const issuer = environment(`/${elsewhere.id}/as`);
  const provider = await here("identityProviders", {
    type: "OPENID_CONNECT",
    name,
    enabled: true,
    issuer,
    clientId: application.id,
    clientSecret: application.secret,
    scopes: ["openid", "profile", "email"],
    pkceMethod: "S256",
    authorizationEndpoint: `${issuer}/authorize`,
    tokenEndpoint: `${issuer}/token`,
    jwksEndpoint: `${issuer}/jwks`,
    userInfoEndpoint: `${issuer}/userinfo`,
    registration,
  });
  // A provider is made with the attribute "username", which is its subject.
  const attributes = `identityProviders/${provider.id}/attributes`;
  const { _embedded } = await api("GET", attributes);
  const username = _embedded.attributes.find((one) => one.name === "username");
  await api("PUT", `${attributes}/${username.id}`, JSON_TYPE, {
    name: "username",
    value: "${providerAttributes.preferred_username}",
    update: "EMPTY_ONLY",
  });
  for (const [attribute, claim] of [["email", "email"], ["name.given", "given_name"], ["name.family", "family_name"]]) {
    const value = `\${providerAttributes.${claim}}`;
    await here(attributes, { name: attribute, value, update: "EMPTY_ONLY" });
  }
  return provider.id;
}

let made;

/** Everything around the journeys: made once. */
function surroundings() {
  made ??= (async () => {
    const elsewhere = await anEnvironmentElsewhere("Harbour");
    const population = await here("populations", { name: "From the harbour" });
    const open = await aProvider(elsewhere, "Harbour", elsewhere.application, {
      population: { id: population.id },
    });
    const linking = await aProvider(elsewhere, "Lighthouse", elsewhere.application);

    // Whoever does not agree to this is sent back without being signed on.
    const make = maker(elsewhere.id);
    const agreement = await make("agreements", { name: "Terms", enabled: false });
    const languages = `agreements/${agreement.id}/languages`;
    const language = await make(languages, { displayName: "Terms", locale: "en", enabled: true });
    await make(`${languages}/${language.id}/revisions`, {
      contentType: "text/plain",
      effectiveAt: new Date().toISOString(),
      requireReconsent: false,
      text: "Ships that come in keep to the right.",
    });
    await management("PUT", `environments/${elsewhere.id}/agreements/${agreement.id}`, JSON_TYPE, {
      name: "Terms",
      enabled: true,
    });
    const side = await anApplication(elsewhere.id, "Side door", CALLBACK);
    await obey(make, side.id, "Agreeing", [{ type: "LOGIN" }, { type: "AGREEMENT", agreement: { id: agreement.id } }]);
    const strict = await aProvider(elsewhere, "Pilot station", side);

    const offering = await anApplication(system.ENVIRONMENT_ID, "Quay", ARRIVAL);
    await obey(here, offering.id, "Quay", [
      {
        type: "LOGIN",
        recovery: { enabled: true },
        registration: { enabled: true, confirmIdentityProviderAttributes: false },
        socialProviders: [open, linking, strict].map((id) => ({ id })),
      },
    ]);
    const confirming = await anApplication(system.ENVIRONMENT_ID, "Ferry", ARRIVAL);
    await obey(here, confirming.id, "Ferry", [
      {
        type: "LOGIN",
        registration: { enabled: true, confirmIdentityProviderAttributes: true },
        socialProviders: [{ id: linking }],
      },
    ]);
    const leading = await anApplication(system.ENVIRONMENT_ID, "Pier", ARRIVAL);
    await obey(here, leading.id, "Pier", [{ type: "IDENTITY_PROVIDER", identityProvider: { id: strict } }]);
    return { elsewhere, population: population.id, linking, offering, confirming, leading };
  })();
  return made;
}

/** Somebody who has an account elsewhere, with the address of `known` if there is one. */
async function aForeigner(known) {
  const { elsewhere } = await surroundings();
  const foreigner = { ...aStranger("foreigner"), password: "Distant-Shore-77" };
  if (known) foreigner.email = known.email;
  const user = {
    username: foreigner.username,
    email: foreigner.email,
    name: { given: "Grace", family: "Hopper" },
    population: { id: elsewhere.population },
    password: { value: foreigner.password },
  };
  await maker(elsewhere.id)("users", user, IMPORT);
  return foreigner;
}

/** Opens the sign-on of an application. */
async function openSignOn(person, application) {
  const url = new URL(`${system.ISSUER}/authorize`);
  url.search = new URLSearchParams({
    client_id: application.id,
    redirect_uri: ARRIVAL,
    response_type: "code",
    scope: "openid profile email",
  });
  await person.open(url.href);
}

/** Whether the page is the other environment's. */
async function isElsewhere(person) {
  const { elsewhere } = await surroundings();
  return person.page.url().startsWith(environment(`/${elsewhere.id}/`));
}

/** At the application: who it is that has arrived, as the environment tells it. */
async function arrived(person, application) {
  // A page leads there by itself.
  await person.page.waitForURL((url) => url.href.startsWith(ARRIVAL));
  const url = new URL(person.page.url());
  const code = url.searchParams.get("code");
  const redeemed = await fetch(`${system.ISSUER}/token`, {
    method: "POST",
    headers: { authorization: `Basic ${btoa(`${application.id}:${application.secret}`)}` },
    body: new URLSearchParams({ grant_type: "authorization_code", code, redirect_uri: ARRIVAL }),
  });
  const { access_token } = await redeemed.json();
  const told = await fetch(`${system.ISSUER}/userinfo`, { headers: { authorization: `Bearer ${access_token}` } });
  return told.json();
}

journeyInEveryWay("a newcomer becomes a user, and is the same one the next time", async (person) => {
  const { offering, population } = await surroundings();
  const foreigner = await aForeigner();
  await openSignOn(person, offering);
  await person.follow("Continue with Harbour");
  assert.ok(await isElsewhere(person), "the password is typed elsewhere");
  await giveCredentials(person, foreigner);
  const first = await arrived(person, offering);
  assert.equal(first.email, foreigner.email);
  assert.equal(first.preferred_username, foreigner.username);
  const user = await api("GET", `users/${first.sub}`);
  assert.equal(user.population.id, population);
  assert.equal(user.name.family, "Hopper");

  await person.page.context().clearCookies();
  await openSignOn(person, offering);
  await person.follow("Continue with Harbour");
  await giveCredentials(person, foreigner);
  assert.equal((await arrived(person, offering)).sub, first.sub);
});

journeyInEveryWay("an account with the same address is linked by its password alone", async (person) => {
  const { offering, linking } = await surroundings();
  const user = await aUser({ name: "known" });
  const foreigner = await aForeigner(user);
  await openSignOn(person, offering);
  await person.follow("Continue with Lighthouse");
  await giveCredentials(person, foreigner);
  await person.sees("Connect your account");
  await giveCredentials(person, { ...user, password: foreigner.password });
  await person.sees("Connect your account");
  const links = async () => (await api("GET", `users/${user.id}/linkedAccounts`))._embedded.linkedAccounts;
  assert.deepEqual(await links(), [], "the address and another's password link nothing");
  await giveCredentials(person, user);
  assert.equal((await arrived(person, offering)).sub, user.id);
  assert.equal((await links())[0].identityProvider.id, linking);

  await person.page.context().clearCookies();
  await openSignOn(person, offering);
  await person.follow("Continue with Lighthouse");
  await giveCredentials(person, foreigner);
  assert.equal((await arrived(person, offering)).sub, user.id, "from then on without a password");
});

journeyInEveryWay("a newcomer corrects what the provider says and proves the address", async (person) => {
  const { confirming } = await surroundings();
  const foreigner = await aForeigner();
  const { username, email } = aStranger("corrected");
  await openSignOn(person, confirming);
  await person.follow("Continue with Lighthouse");
  await giveCredentials(person, foreigner);
  await person.press("Create account");
  assert.equal(await person.valueOf("email"), foreigner.email);
  assert.equal(await person.valueOf("familyName"), "Hopper");
  await person.type("username", username);
  await person.type("email", email);
  await person.submit("email");
  await person.type("verificationCode", await codeSentTo(email));
  await person.submit("verificationCode");
  const user = await arrived(person, confirming);
  assert.equal(user.preferred_username, username);
  assert.equal(user.email, email);
});

journeyInEveryWay("whoever stops the sign-on elsewhere is told so, and may try again", async (person) => {
  const { leading } = await surroundings();
  const [user, foreigner] = [await aUser(), await aForeigner()];
  await openSignOn(person, leading);
  assert.ok(await isElsewhere(person), "the policy leads there by itself");
  await giveCredentials(person, foreigner);
  await person.press("I do not agree");
  await person.reads("The sign-on was stopped elsewhere.");
  await person.follow("Continue with Pilot station");
  if (await person.page.locator("[name=password]").count()) await giveCredentials(person, foreigner);
  await person.tick("agree");
  await person.press("Continue");
  await giveCredentials(person, user);
  assert.equal((await arrived(person, leading)).sub, user.id);
});

journey("the pages around a provider look right", {}, async (person) => {
  const { offering, confirming, leading } = await surroundings();
  const foreigner = await aForeigner();
  await openSignOn(person, offering);
  await looksRight(person, "provider-offered");
  await person.follow("Continue with Pilot station");
  await giveCredentials(person, foreigner);
  await person.press("I do not agree");
  await looksRight(person, "provider-stopped-offered");
  await person.page.context().clearCookies();
  await openSignOn(person, leading);
  await giveCredentials(person, foreigner);
  await person.press("I do not agree");
  await looksRight(person, "provider-stopped");
  await person.page.context().clearCookies();
  await openSignOn(person, confirming);
  await person.follow("Continue with Lighthouse");
  await giveCredentials(person, foreigner);
  await looksRight(person, "provider-link");
  await giveCredentials(person, { username: foreigner.username, password: "not the password" });
  await looksRight(person, "provider-link-wrong-password");
  await person.press("Create account");
  await looksRight(person, "provider-confirm");
  await person.type("username", "");
  await person.type("email", "no address");
  await person.type("familyName", "<Hopper>");
  await person.submit("email");
  await looksRight(person, "provider-confirm-errors");
});
