// Steps that many journeys begin with.

import { portal } from "./system.js";

/** On the hosted sign-on page: types the password and goes on. */
export async function giveCredentials(person, { username, password }) {
  await person.type("username", username);
  await person.type("password", password);
  await person.submit("password");
}

/** Signs a person on from the portal's start page. */
export async function signOn(person, user) {
  await person.open(portal("/login"));
  await giveCredentials(person, user);
}

/** Signs off by the button in the header. */
export async function signOff(person) {
  await person.press("Sign off");
}
