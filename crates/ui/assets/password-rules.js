/* Judges a password while it is typed: asks an address of this site, named by the page, and shows
   each rule's verdict. Without the script the server judges when the form is sent. */

const PAUSE_MS = 250;

for (const list of document.querySelectorAll("[data-rules-url]")) {
  const input = document.getElementById(list.dataset.rulesFor);
  const url = new URL(list.dataset.rulesUrl, location.href);
  /* What is typed here goes nowhere else. */
  if (!input?.form || url.origin !== location.origin) continue;

  const words = {
    satisfied: list.dataset.satisfied,
    unsatisfied: list.dataset.unsatisfied,
    notJudged: list.dataset.notJudged,
  };
  const along = list.dataset.rulesAlong.split(" ").filter(Boolean);
  const live = list.querySelector("[data-rules-live]");
  const now = list.querySelector(".rules-now");
  const more = list.querySelector(".rules-more ul");
  let timer;
  let asking;

  const show = (rules) => {
    for (const { id, verdict } of rules) {
      const rule = list.querySelector(`[data-rule="${CSS.escape(id)}"]`);
      if (!rule || !(verdict in words)) continue;
      rule.dataset.verdict = verdict;
      rule.querySelector("[data-verdict-word]").textContent = words[verdict];
      /* What is seldom broken is folded away until it is. */
      const place = "first" in rule.dataset || verdict === "unsatisfied" ? now : more;
      if (rule.parentElement !== place) place.append(rule);
    }
    const kept = list.querySelectorAll('[data-verdict="satisfied"]').length;
    live.textContent = list.dataset.rulesStatus.replace("{met}", kept);
  };

  const reset = () => {
    const rules = [...list.querySelectorAll("[data-rule]")];
    show(rules.map((rule) => ({ id: rule.dataset.rule, verdict: "notJudged" })));
    live.textContent = "";
  };

  const ask = async () => {
    asking?.abort();
    if (input.value === "") return reset();
    asking = new AbortController();
    const body = new URLSearchParams([["password", input.value]]);
    for (const name of along) {
      const field = input.form.elements.namedItem(name);
      if (field?.value) body.set(name, field.value);
    }
    try {
      const answer = await fetch(url, {
        method: "POST",
        body,
        headers: { Accept: "application/json" },
        credentials: "same-origin",
        redirect: "error",
        signal: asking.signal,
      });
      if (answer.ok) show((await answer.json()).rules);
    } catch {
      /* Typed on, or no connection: the server judges when the form is sent. */
    }
  };

  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE_MS);
  };

  /* A new password that stayed in the field while something else was wrong. */
  if (input.value !== "") ask();
  input.addEventListener("input", later);
  for (const name of along) input.form.elements.namedItem(name)?.addEventListener("change", later);
}
