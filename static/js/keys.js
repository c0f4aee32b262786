// Keys that do something everywhere, and the list of them. A person may switch single keys off: aids that speak or dictate press them.
"use strict";

const SINGLE_KEYS = "single-keys";

function singleKeysAreOn() {
  try { return localStorage.getItem(SINGLE_KEYS) !== "off"; } catch { return true; }
}

// Whether a key that was pressed is meant for the page, and not for what is being typed.
function isForPage(event) {
  if (!singleKeysAreOn() || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return false;
  return !event.target.closest("input:not([type=checkbox], [type=radio], [type=submit]), textarea, select, [contenteditable], dialog");
}

function openKeys() {
  const dialog = document.getElementById("keys");
  if (!dialog || dialog.open) return;
  document.getElementById("single-keys").checked = singleKeysAreOn();
  dialog.showModal();
}

let goingUntil = 0;

function goTo(number) {
  const link = document.querySelectorAll(".nav a")[number - 1];
  if (link) link.click();
}

document.addEventListener("keydown", (event) => {
  if (!isForPage(event)) return;
  if (event.key === "?") {
    event.preventDefault();
    openKeys();
  } else if (event.key === "/") {
    const box = document.querySelector("input[type=search][data-search]");
    if (!box) return;
    event.preventDefault();
    box.focus();
  } else if (event.key === "g") {
    goingUntil = performance.now() + 1500;
  } else if (/^[1-9]$/.test(event.key) && performance.now() < goingUntil) {
    goTo(Number(event.key));
  }
});

document.addEventListener("DOMContentLoaded", () => {
  const button = document.getElementById("open-keys");
  if (!button) return;
  button.hidden = false;
  button.addEventListener("click", openKeys);
  document.getElementById("single-keys").addEventListener("change", (event) => {
    try { localStorage.setItem(SINGLE_KEYS, event.target.checked ? "on" : "off"); } catch { /* It then holds for no longer than this page. */ }
  });
});
