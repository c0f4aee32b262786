// A form that was filled in while the session ran out: nothing typed is lost. Before a form goes, the portal is asked whether the person
// is still known; if not, the page stays as it is and says how to sign in again in another tab. Nothing is kept anywhere but in the page.
"use strict";

function csrfToken() {
  const found = document.cookie.split("; ").find((part) => part.startsWith("csrftoken="));
  return found ? found.slice("csrftoken=".length) : "";
}

// Signing in, in whichever tab, makes a new token; the forms of this page hold the one from before.
function renewToken(form) {
  const token = csrfToken();
  const field = form.querySelector("input[name=csrfmiddlewaretoken]");
  if (token && field) field.value = token;
}

// Forms that nobody need be known for, that htmx sends, or that lose nothing.
function goesByItself(form) {
  return !("signedIn" in document.body.dataset) || form.method !== "post" || form.closest(".top") || form.matches("[hx-post], [hx-get], [hx-put]") || !form.closest("main");
}

async function signedOutNotice() {
  try {
    const answer = await fetch("/session/", { cache: "no-store" });
    return answer.status === 401 ? await answer.text() : "";
  } catch {
    return "";  // No answer says nothing about the session; sending the form will show what is wrong.
  }
}

function showSignedOut(notice) {
  const place = document.getElementById("session");
  place.innerHTML = notice;
  place.querySelector("a").focus();
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (goesByItself(form) || form.dataset.known) {
    delete form.dataset.known;
    if (form.method === "post") renewToken(form);
    return;
  }
  event.preventDefault();
  event.stopPropagation();
  if (form.dataset.asking || form.dataset.sent) return;
  form.dataset.asking = "1";
  const notice = await signedOutNotice();
  delete form.dataset.asking;
  if (notice) { showSignedOut(notice); return; }
  form.dataset.known = "1";
  // A button that a live update took away in the meantime has no form any more.
  if (event.submitter && event.submitter.form === form) form.requestSubmit(event.submitter); else form.requestSubmit();
}, true);

// Back from signing in elsewhere.
document.addEventListener("visibilitychange", async () => {
  if (document.hidden || !document.getElementById("signed-out")) return;
  if (await signedOutNotice()) return;
  document.getElementById("session").replaceChildren();
  document.querySelectorAll("form").forEach(renewToken);
  say(word("signedIn"));
});
