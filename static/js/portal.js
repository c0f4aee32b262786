// What the pages do beyond plain HTML: local times, copying, the drop zone, quiet live updates. Everything works without it
// but live updates and drag and drop.
"use strict";

// What scripts say stands in the page, in its language.
function word(name) {
  return document.getElementById("words").dataset[name];
}

// Dates in British English, as everywhere on the pages.
const LANGUAGE = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang;
// In the zone that the person has chosen, else in the browser's own.
const LOCAL = new Intl.DateTimeFormat(LANGUAGE, { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", timeZoneName: "short", timeZone: document.documentElement.dataset.zone });

function showLocalTimes(root) {
  for (const element of root.querySelectorAll("time[datetime*='T']:not([data-local])")) {
    element.dataset.local = "";
    element.textContent = LOCAL.format(new Date(element.dateTime));
  }
}

function say(words) {
  document.getElementById("announcer").textContent = words;
}

function fileSize(bytes) {
  if (bytes < 1024) return `${bytes} ${word("bytes")}`;
  const rounded = (number) => number.toLocaleString(LANGUAGE, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  return bytes < 1024 * 1024 ? `${rounded(bytes / 1024)} KB` : `${rounded(bytes / 1024 / 1024)} MB`;
}

function showChosen(zone) {
  const input = zone.querySelector("input[type=file]");
  const list = zone.querySelector(".chosen");
  list.replaceChildren(...Array.from(input.files, (file) => {
    const item = document.createElement("li");
    item.textContent = `${file.name} (${fileSize(file.size)})`;
    return item;
  }));
}

function prepareDropZone(zone) {
  if (zone.dataset.ready) return;
  zone.dataset.ready = "1";
  const input = zone.querySelector("input[type=file]");
  let depth = 0;
  zone.addEventListener("dragenter", (event) => { event.preventDefault(); depth += 1; zone.classList.add("over"); });
  zone.addEventListener("dragover", (event) => event.preventDefault());
  zone.addEventListener("dragleave", () => { depth -= 1; if (depth <= 0) { depth = 0; zone.classList.remove("over"); } });
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    depth = 0;
    zone.classList.remove("over");
    if (event.dataTransfer.files.length) { input.files = event.dataTransfer.files; showChosen(zone); }
  });
  input.addEventListener("change", () => showChosen(zone));
  // After an error elsewhere in the form the files are still chosen.
  if (input.files.length) showChosen(zone);
}

function prepare(root) {
  showLocalTimes(root);
  root.querySelectorAll(".drop").forEach(prepareDropZone);
  // A page without TLS has no clipboard.
  if (navigator.clipboard) root.querySelectorAll(".copy[hidden]").forEach((button) => { button.hidden = false; });
  const focus = root.querySelector("[data-focus]");
  if (focus) focus.focus();
}

document.addEventListener("DOMContentLoaded", () => prepare(document));
document.addEventListener("htmx:load", (event) => prepare(event.target));

// A file dropped beside the zone would make the browser leave the page.
for (const name of ["dragover", "drop"]) {
  window.addEventListener(name, (event) => { if (document.querySelector(".drop")) event.preventDefault(); });
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button.copy");
  if (!button || button.dataset.words) return;
  await navigator.clipboard.writeText(button.dataset.copy);
  button.dataset.words = button.textContent;
  button.textContent = word("copied");
  say(word("copied"));
  setTimeout(() => { button.textContent = button.dataset.words; delete button.dataset.words; say(""); }, 1500);
});

// Double clicks send once: a form that is on its way does not go again.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-once]")) return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "1";
  const button = event.submitter || form.querySelector("button[type=submit]");
  if (button && button.dataset.busy) {
    // A button that shrinks would let the second click fall on what stands beside it.
    button.style.minWidth = `${button.offsetWidth}px`;
    button.dataset.words = button.textContent;
    button.textContent = button.dataset.busy;
  }
});
// Back from the browser's own history: the form may be sent again.
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  document.querySelectorAll("form[data-sent]").forEach((form) => { delete form.dataset.sent; });
  document.querySelectorAll("button[data-words]").forEach((button) => { button.textContent = button.dataset.words; });
});

// A swap between pressing and letting go would swallow a click, and one during marking would take the marked words away.
let inHandUntil = 0;
function takeInHand(milliseconds) {
  inHandUntil = performance.now() + milliseconds;
}
window.addEventListener("pointerdown", () => takeInHand(3000), true);
window.addEventListener("pointerup", () => takeInHand(0), true);
document.addEventListener("selectionchange", () => { if (!document.getSelection().isCollapsed) takeInHand(15000); });

// Live parts rest while nobody looks at the tab or somebody is at work in the page, and look at once when somebody comes back.
document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.target.matches("[data-live]") && (document.hidden || performance.now() < inHandUntil)) event.preventDefault();
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) document.querySelectorAll("[data-live]").forEach((part) => window.htmx.trigger(part, "look"));
});

// What a person has opened or closed in a live part stays so when the part is renewed.
let unfolded = new Map();
document.addEventListener("htmx:beforeSwap", () => {
  const parts = document.querySelectorAll("[data-live] details[id]");
  unfolded = new Map(Array.from(parts, (part) => [part.id, part.open]));
});
document.addEventListener("htmx:afterSwap", () => {
  for (const [id, open] of unfolded) {
    const part = document.getElementById(id);
    if (part) part.open = open;
  }
  // Before the browser paints: no time is seen in UTC first.
  showLocalTimes(document);
});

// What a live part has to say aloud: nothing when it is what was said last; a new state and its last word at once, counts (after
// the comma) only now and then.
const BETWEEN_WORDS = 20000;
let announced = "";
let announcedAt = -BETWEEN_WORDS;
document.addEventListener("htmx:afterSwap", (event) => {
  const part = event.target.id ? document.getElementById(event.target.id) : null;
  const words = part && part.dataset.announce;
  if (!words || words === announced) return;
  const onlyCounts = words.split(",")[0] === announced.split(",")[0];
  if (onlyCounts && "live" in part.dataset && performance.now() - announcedAt < BETWEEN_WORDS) return;
  announced = words;
  announcedAt = performance.now();
  say(words);
});

function connected(yes) {
  const notice = document.getElementById("connection");
  if (!notice || notice.hidden === yes) return;
  notice.hidden = yes;
  say(yes ? word("answers") : notice.textContent.trim());
}
document.addEventListener("htmx:sendError", () => connected(false));
document.addEventListener("htmx:responseError", () => connected(false));
document.addEventListener("htmx:afterOnLoad", (event) => { if (event.detail.successful) connected(true); });

// The upload's own progress: bytes on their way, then the check.
document.addEventListener("htmx:xhr:progress", (event) => {
  const meter = document.getElementById("upload-meter");
  if (!meter || !event.detail.lengthComputable) return;
  meter.hidden = false;
  meter.querySelector("progress").max = event.detail.total;
  meter.querySelector("progress").value = event.detail.loaded;
  const done = event.detail.loaded >= event.detail.total;
  // Said once: a screen reader does not count the bytes.
  if (done) say(word("received"));
  meter.querySelector("p").textContent = done ? word("received")
    : word("sending").replace("{sent}", fileSize(event.detail.loaded)).replace("{all}", fileSize(event.detail.total));
});
