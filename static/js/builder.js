// The builder of requests: rows without a page load, Enter, paste from a spreadsheet, saving while somebody types.
// Without it every button of the form does the same by a page load.
"use strict";

(() => {
  const form = document.getElementById("builder");
  if (!form) return;
  const rows = document.getElementById("rows");
  const personTemplate = document.getElementById("person-template");
  const identityTemplate = document.getElementById("identity-template");
  const mostPeople = Number(form.dataset.mostPeople);
  const mostIdentities = Number(form.dataset.mostIdentities);
  const PAUSE = 1200;
  const announce = (words) => { document.getElementById("announcer").textContent = words; };

  // --- Saving ---

  // A document of its own, also when the browser has filled in again what an earlier one held.
  form.elements.page.value = `${form.elements.page.value.slice(0, 32)}-${crypto.getRandomValues(new Uint32Array(2)).join("")}`.slice(0, 64);
  form.elements.edit.value = 0;
  const edits = () => Number(form.elements.edit.value);
  let timer = 0;
  // How much of what was typed is on its way, and how much an answer has confirmed.
  let sent = 0;
  let kept = 0;
  let isSubmitted = false;
  function keep() {
    clearTimeout(timer);
    timer = 0;
    window.htmx.trigger(form, "keep");
  }
  function touched() {
    form.elements.edit.value = edits() + 1;
    isSubmitted = false;
    clearTimeout(timer);
    timer = setTimeout(keep, PAUSE);
  }
  form.addEventListener("input", touched);
  form.addEventListener("change", (event) => { follow(event.target); touched(); keep(); });
  form.addEventListener("htmx:configRequest", () => { sent = edits(); });
  form.addEventListener("htmx:afterRequest", (event) => { if (event.detail.successful) kept = sent; });
  // Whoever looks elsewhere has saved before.
  document.addEventListener("visibilitychange", () => { if (document.hidden && timer) keep(); });

  // --- Leaving: what is not saved yet goes on its way, and the browser carries it when the page is gone ---

  const MOST_BYTES_CARRIED = 60000;
  const PLACE = `left:${location.pathname}`;
  let left = 0;
  form.addEventListener("submit", () => { clearTimeout(timer); isSubmitted = true; });
  window.addEventListener("pageshow", (event) => { if (event.persisted) isSubmitted = false; });
  function leave(event) {
    if (isSubmitted || edits() <= Math.max(kept, left)) return;
    const body = new URLSearchParams(new FormData(form));
    if (String(body).length > MOST_BYTES_CARRIED) {
      // Too much to be carried: the browser asks first, and meanwhile it is saved as ever.
      event.preventDefault();
      keep();
      return;
    }
    left = edits();
    fetch(form.getAttribute("hx-post"), { method: "POST", body, keepalive: true }).catch(() => {});
    try { sessionStorage.setItem(PLACE, JSON.stringify([form.elements.page.value, left, 3])); } catch { /* The next page cannot wait for it then. */ }
  }
  window.addEventListener("beforeunload", leave);
  window.addEventListener("pagehide", leave);

  // A page that came before what was carried had arrived is loaded once more, unless somebody types in it already.
  function comeAgain() {
    let carried = null;
    try {
      carried = JSON.parse(sessionStorage.getItem(PLACE));
      sessionStorage.removeItem(PLACE);
    } catch { return; }
    if (!carried) return;
    const [page, edit, times] = carried;
    const [keptPage, keptEdit] = form.dataset.kept.split(" ");
    if ((keptPage === page && Number(keptEdit) >= edit) || times === 0) return;
    setTimeout(() => {
      if (edits() > 0 || isSubmitted) return;
      sessionStorage.setItem(PLACE, JSON.stringify([page, edit, times - 1]));
      location.replace(location.pathname);
    }, 300);
  }
  comeAgain();

  // What the answer says is wrong is marked at its field.
  document.addEventListener("htmx:oobAfterSwap", (event) => {
    const row = event.detail.target && event.detail.target.closest(".person");
    if (row) mark(row);
  });
  function mark(row) {
    const wrong = new Set(Array.from(row.querySelectorAll(".faults [data-error]"), (fault) => fault.dataset.field));
    for (const field of row.querySelectorAll("input, select")) {
      if (wrong.has(field.id)) field.setAttribute("aria-invalid", "true");
      else field.removeAttribute("aria-invalid");
    }
  }

  // --- Rows and lines ---

  const people = () => Array.from(rows.querySelectorAll(".person"));
  const lines = (row) => Array.from(row.querySelectorAll(".identity"));
  const ATTRIBUTES = ["id", "name", "for", "value", "aria-describedby", "data-field"];

  // Rows are always 1, 2, 3 …, as the portal counts them. Many that come at once are numbered at the end.
  let isFilling = false;
  function renumber() {
    if (isFilling) return;
    people().forEach((row, position) => {
      const number = String(position + 1);
      row.id = `person-${number}`;
      row.dataset.row = number;
      row.querySelectorAll(".row-number").forEach((words) => { words.textContent = number; });
      row.querySelectorAll("*").forEach((element) => renumberOne(element, number));
    });
  }
  function renumberOne(element, number) {
    const line = element.closest(".identity");
    const place = line ? String(Array.prototype.indexOf.call(line.parentNode.children, line) + 1) : "";
    if (line) line.dataset.place = place;
    for (const name of ATTRIBUTES) {
      if (name === "value" && element.localName !== "button") continue;
      const old = element.getAttribute(name);
      if (old) element.setAttribute(name, renumbered(old, number, place));
    }
  }
  function renumbered(text, number, place) {
    const two = text.match(/^(namespace-|type-|value-|remove-identity:)\w+([-:])\w+$/);
    if (two) return `${two[1]}${number}${two[2]}${place || text.split(/[-:]/).pop()}`;
    return text.replace(/^(key-|faults-|add-identity:|remove-person:)\w+$/, `$1${number}`);
  }

  function kinds(row) {
    return lines(row).map((line) => [field(line, "namespace").value, field(line, "type").value]);
  }
  function field(line, name) {
    return line.querySelector(`[name^="${name}-"]`);
  }

  function addPerson(like) {
    if (people().length >= mostPeople) {
      announce(form.dataset.noPeople);
      return null;
    }
    rows.append(personTemplate.content.cloneNode(true));
    const row = rows.lastElementChild;
    const wanted = like ? kinds(like) : [];
    while (lines(row).length < wanted.length) addLine(row);
    wanted.forEach(([namespace, type], place) => setKind(lines(row)[place], namespace, type));
    renumber();
    return row;
  }
  function setKind(line, namespace, type) {
    field(line, "namespace").value = namespace;
    field(line, "type").value = type;
  }
  function addLine(row) {
    if (lines(row).length >= mostIdentities) {
      announce(form.dataset.noIdentities);
      return null;
    }
    const holder = row.querySelector(".identities");
    holder.append(identityTemplate.content.cloneNode(true));
    renumber();
    return holder.lastElementChild;
  }
  function clear(part) {
    part.querySelectorAll("input").forEach((input) => { input.value = ""; });
    part.querySelectorAll(".faults").forEach((faults) => faults.replaceChildren());
  }

  // A namespace or a type that is chosen for one row goes down, line by line at the same place, until a row that has one of its own.
  function follow(target) {
    const line = target.closest(".identity");
    if (!line || !/^(namespace|type)-/.test(target.name)) return;
    delete line.dataset.followed;
    const row = target.closest(".person");
    const place = lines(row).indexOf(line);
    const namespace = field(line, "namespace").value;
    if (!namespace) return;
    for (let next = row.nextElementSibling; next; next = next.nextElementSibling) {
      const below = lines(next)[place];
      if (!below) continue;
      if (field(below, "namespace").value && !("followed" in below.dataset)) return;
      setKind(below, namespace, field(line, "type").value);
      below.dataset.followed = "";
    }
  }

  const BUTTONS = {
    "add-person": () => {
      const row = addPerson(people().at(-1));
      if (row) row.querySelector("input").focus();
    },
    "add-identity": (button) => {
      const line = addLine(button.closest(".person"));
      if (line) line.querySelector("input").focus();
    },
    "remove-person": (button) => {
      const row = button.closest(".person");
      const next = row.nextElementSibling || row.previousElementSibling;
      if (next) row.remove(); else clear(row);
      renumber();
      (next || row).querySelector("input").focus();
    },
    "remove-identity": (button) => {
      const line = button.closest(".identity");
      const row = line.closest(".person");
      if (lines(row).length > 1) line.remove(); else clear(line);
      renumber();
      lines(row).at(-1).querySelector("input").focus();
    },
  };
  form.addEventListener("click", (event) => {
    const button = event.target.closest("button[name=do]");
    const act = button && BUTTONS[button.value.split(":")[0]];
    if (!act) return;
    event.preventDefault();
    act(button);
    touched();
    keep();
  });

  // --- Enter: the same field of the next row; at the end a new row ---

  function sameField(from, row) {
    const line = from.closest(".identity");
    if (!line) return row.querySelector("input");
    const place = lines(from.closest(".person")).indexOf(line);
    const there = lines(row)[place] || lines(row).at(-1);
    return field(there, from.name.split("-")[0]);
  }
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || !event.target.matches("input")) return;
    const row = event.target.closest(".person");
    // Enter elsewhere in the form must neither send it nor leave the page.
    event.preventDefault();
    if (!row || event.target.type === "checkbox") return;
    const next = row.nextElementSibling || addPerson(row);
    if (!next) return;
    const target = next.previousElementSibling === row && isNew(next) ? firstToFill(event.target, next) : sameField(event.target, next);
    target.focus();
    target.select();
  });
  const isNew = (row) => !Array.from(row.querySelectorAll("[name^=value-], [name^=key-]")).some((input) => input.value);
  // Who filled in references goes on with them; who did not wants the first value.
  function firstToFill(from, row) {
    const used = from.closest(".person").querySelector("[name^=key-]").value || from.name.startsWith("key-");
    return used ? row.querySelector("[name^=key-]") : field(lines(row)[0], kinds(row)[0][0] ? "value" : "namespace");
  }

  // --- Paste of columns ---

  form.addEventListener("paste", (event) => {
    const target = event.target;
    if (!target.matches(".person input[type=text]")) return;
    const text = event.clipboardData.getData("text/plain").replace(/\r\n?/g, "\n").replace(/\n+$/, "");
    if (!/[\t\n]/.test(text)) return;
    event.preventDefault();
    const table = text.split("\n").map((line) => line.split("\t").map((cell) => cell.trim()));
    isFilling = true;
    const filled = fill(target, table);
    isFilling = false;
    renumber();
    const all = `${form.dataset.pasted} ${filled}`;
    announce(filled < table.length ? `${all}. ${form.dataset.noPeople}` : all);
    if (filled < table.length) target.closest(".person").querySelector(".faults").textContent = `${all}. ${form.dataset.noPeople}`;
    touched();
    keep();
  });

  // The first column goes into the field itself, the others into the values beside it. Gives how many rows were filled.
  function fill(target, table) {
    let row = target.closest(".person");
    const line = target.closest(".identity");
    const isKey = target.name.startsWith("key-");
    const first = line ? lines(row).indexOf(line) : 0;
    const name = isKey || target.name.startsWith("value-") ? "value" : "namespace";
    const like = row;
    for (let count = 0; count < table.length; count += 1) {
      if (count > 0) row = row.nextElementSibling || addPerson(like);
      if (!row) return count;
      const cells = table[count].slice();
      if (isKey) row.querySelector("[name^=key-]").value = cells.shift();
      cells.forEach((cell, offset) => put(row, like, first + offset, offset === 0 ? name : "value", cell));
    }
    return table.length;
  }
  function put(row, like, place, name, cell) {
    while (lines(row).length <= place) {
      if (!addLine(row)) return;
    }
    const line = lines(row)[place];
    const pattern = lines(like)[place];
    if (pattern && pattern !== line && !field(line, "namespace").value) {
      setKind(line, field(pattern, "namespace").value, field(pattern, "type").value);
    }
    field(line, name).value = cell;
  }
})();
