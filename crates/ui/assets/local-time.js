/* Puts times into the browser's zone, where the person has said no other. */

/* As the browser writes the page's language: en-GB and en-US put the month elsewhere. */
const own = navigator.languages.find((tag) => tag.split("-")[0] === document.documentElement.lang.split("-")[0]);

const zoned = new Intl.DateTimeFormat(own ?? document.documentElement.lang, {
  dateStyle: "medium",
  timeStyle: "short",
});

for (const time of document.querySelectorAll("time[data-local]")) {
  const at = new Date(time.dateTime);
  if (Number.isNaN(at.getTime())) continue;
  time.title = time.textContent;
  time.textContent = zoned.format(at);
}
