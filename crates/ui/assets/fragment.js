/* The implicit grant's answer stands in the fragment, which servers do not see. Takes it out of
   the address bar and the history, and posts it to this same path. */

const form = document.querySelector("form[data-fragment]");
const answer = location.hash.slice(1);

/* Without an answer the empty form goes all the same: the server says what is wrong. */
if (form) {
  history.replaceState(null, "", location.pathname);
  for (const [name, value] of new URLSearchParams(answer)) {
    const input = document.createElement("input");
    input.type = "hidden";
    input.name = name;
    input.value = value;
    form.append(input);
  }
  form.action = location.pathname;
  form.requestSubmit();
}
