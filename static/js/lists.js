// Lists: tick or untick every row of the page, and menus that close when the page is used elsewhere. Without it the link ticks
// the rows by loading the page again, and a menu closes by its own button.
"use strict";

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-tick-all]");
  if (link) {
    event.preventDefault();
    const ticks = Array.from(document.querySelectorAll("input.tick"));
    const on = !ticks.every((tick) => tick.checked);
    ticks.forEach((tick) => { tick.checked = on; });
  }
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector("details.menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});
