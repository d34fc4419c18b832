// What a form does beyond sending: amounts are grouped, a draft is kept in this browser until the record's page says
// that it was sent (page.js), and inputs that follow from a choice are fetched. Personal fields stand in no draft.
const form = document.querySelector("[data-draft]");
const key = `draft ${form.dataset.draft}`;
const SENT = "draft-sent";
const skip = (name) => name === "csrfmiddlewaretoken" || name === "revision" || name.startsWith("was:");

for (const group of document.querySelectorAll("[data-money]")) {
  const beside = group.parentElement.querySelector("[data-money-beside]");
  const say = () => {
    const text = group.value.replace(/[,\s¥￥]/g, "");
    if (!/^-?\d{1,15}(\.\d{0,2})?$/.test(text)) return;
    const [whole, part] = text.split(".");
    group.value = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ",") + (part === undefined ? "" : `.${part}`);
    const amount = Number(text);
    const zh = document.documentElement.lang.startsWith("zh");
    beside.textContent = zh && Math.abs(amount) >= 10000 ? `${(amount / 10000).toLocaleString("zh-CN", { maximumFractionDigits: 6 })} 万元` : "";
  };
  group.addEventListener("blur", say);
  say();
}

const plain = () => [...form.elements].filter((one) => one.name && !skip(one.name) && !("secret" in one.dataset) && one.type !== "submit");
const read = () => Object.fromEntries(plain().map((one) => [one.name, one.type === "checkbox" ? one.checked : one.value]));
const opened = JSON.stringify(read());
const state = form.querySelector("[data-draft-state]");
let timer = 0;

function keep() {
  const now = read();
  try {
    if (JSON.stringify(now) === opened) localStorage.removeItem(key);
    else {
      localStorage.setItem(key, JSON.stringify({ at: Date.now(), values: now }));
      state.textContent = state.dataset.kept;
    }
  } catch {
    state.textContent = ""; // the browser keeps nothing: the form works without
  }
}
form.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(keep, 400);
});
form.addEventListener("change", keep);
form.addEventListener("submit", () => {
  clearTimeout(timer);
  keep();
  try { sessionStorage.setItem(SENT, key); } catch { /* no draft to forget */ }
});

// A form that comes back with errors holds everything already; one opened afresh takes the draft up again.
function take() {
  const kept = JSON.parse(localStorage.getItem(key) ?? "null");
  if (!kept || "refused" in form.dataset) return;
  for (const one of plain()) {
    if (!(one.name in kept.values)) continue;
    if (one.type === "checkbox") one.checked = kept.values[one.name];
    else one.value = kept.values[one.name];
  }
  const note = form.querySelector("[data-draft-note]");
  note.querySelector("[data-draft-at]").textContent = new Date(kept.at).toLocaleString(document.documentElement.lang);
  note.hidden = false;
  note.querySelector("[data-draft-drop]").addEventListener("click", () => {
    localStorage.removeItem(key);
    location.reload();
  });
}
try {
  sessionStorage.removeItem(SENT); // a form again: what was sent was refused, or was never sent
  take();
} catch { /* no draft */ }

for (const table of document.querySelectorAll("[data-sheet-rows]")) watch(table);

function watch(table) {
  const more = table.closest(".field").querySelector("[data-sheet-more]");
  more?.addEventListener("click", () => {
    const body = table.querySelector("tbody");
    const row = body.lastElementChild.cloneNode(true);
    const n = body.children.length;
    for (const one of row.querySelectorAll("[name]")) {
      one.name = one.name.replace(`${table.dataset.sheetRows}/${n - 1}/`, `${table.dataset.sheetRows}/${n}/`);
      one.id = `f-${one.name.replaceAll("/", "-")}`;
      if (one.type === "checkbox") one.checked = false;
      else one.value = "";
    }
    body.append(row);
    row.querySelector("[name]")?.focus();
  });
}

if ("varies" in form.dataset) {
  form.addEventListener("change", async (event) => {
    const sheet = form.querySelector("[data-schema]");
    if (!sheet || sheet.contains(event.target) || !event.target.matches("select, input[type=hidden]")) return;
    const answer = await fetch(sheet.dataset.schema, { method: "POST", body: new FormData(form), credentials: "same-origin" });
    if (!answer.ok) return;
    sheet.innerHTML = await answer.text();
    for (const table of sheet.querySelectorAll("[data-sheet-rows]")) watch(table);
  });
}
if (form.querySelector("[data-wrong]")) form.querySelector("[data-wrong]").focus();
