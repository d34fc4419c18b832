// What the frame does beyond links and forms: drawer, rail, themes, search keys, copying. All of it works without, too.
const root = document.documentElement;
const YEAR_S = 31536000;

const remember = (name, value) => {
  document.cookie = `${name}=${value}; path=/; max-age=${YEAR_S}; samesite=lax`;
};

// Rail and drawer.
const drawerButton = document.querySelector("[data-drawer-toggle]");
function drawer(open) {
  if (open) root.dataset.drawer = "open";
  else delete root.dataset.drawer;
  drawerButton?.setAttribute("aria-expanded", String(open));
  if (open) document.querySelector(".rail a")?.focus();
}
drawerButton?.addEventListener("click", () => drawer(root.dataset.drawer !== "open"));
document.querySelector("[data-drawer-close]")?.addEventListener("click", () => drawer(false));

const fold = document.querySelector("[data-rail-toggle]");
fold?.addEventListener("click", () => {
  const narrow = root.dataset.rail !== "icons";
  if (narrow) root.dataset.rail = "icons";
  else delete root.dataset.rail;
  fold.setAttribute("aria-pressed", String(narrow));
  remember("kandelia_rail", narrow ? "icons" : "wide");
});

// Themes turn at once; the form tells the server. On a phone, where one button shows, it goes to the next theme.
for (const form of document.querySelectorAll("[data-themes]")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const buttons = [...form.querySelectorAll("button")];
    let chosen = event.submitter ?? buttons[0];
    if (chosen.getAttribute("aria-pressed") === "true") chosen = buttons[(buttons.indexOf(chosen) + 1) % buttons.length];
    for (const button of buttons) button.setAttribute("aria-pressed", String(button === chosen));
    if (event.submitter && event.submitter !== chosen && getComputedStyle(event.submitter).display === "none") chosen.focus();
    root.dataset.themeChoice = chosen.value;
    dispatchEvent(new Event("themechoice"));
    const body = new FormData(form);
    body.set("theme", chosen.value);
    fetch(form.action, { method: "POST", body, headers: { "X-Requested-With": "fetch" }, credentials: "same-origin" }).catch(() => {});
  });
}

// Menus close when one looks elsewhere.
const menus = document.querySelectorAll("[data-menu]");
addEventListener("click", (event) => {
  for (const menu of menus) if (!menu.contains(event.target)) menu.open = false;
});

// The one search box: / or Ctrl-K, arrows, Enter, Escape.
const box = document.querySelector("[data-find]");
const field = box?.querySelector("input");
const hits = box?.querySelector("#find-hits");
const options = () => [...hits.querySelectorAll("[role=option]")];
let at = -1;

function show(open) {
  hits.hidden = !open;
  field.setAttribute("aria-expanded", String(open));
  if (!open) point(-1);
}
function point(index) {
  const all = options();
  at = all.length ? (index < -1 ? all.length - 1 : index >= all.length ? -1 : index) : -1;
  all.forEach((option, place) => option.setAttribute("aria-selected", String(place === at)));
  if (at >= 0) {
    field.setAttribute("aria-activedescendant", all[at].id);
    all[at].scrollIntoView({ block: "nearest" });
  } else field.removeAttribute("aria-activedescendant");
}
if (field) {
  document.body.addEventListener("htmx:afterSwap", (event) => {
    if (event.target === hits) {
      show(field.value.trim() !== "" && hits.children.length > 0);
      point(-1);
    }
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (hits.hidden && hits.children.length) show(true);
      point(at + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter" && at >= 0) {
      event.preventDefault();
      options()[at].click();
    } else if (event.key === "Escape") {
      event.preventDefault();
      if (hits.hidden) field.blur();
      else show(false);
    }
  });
  field.addEventListener("focus", () => show(field.value.trim() !== "" && hits.children.length > 0));
  box.addEventListener("focusout", () => setTimeout(() => { if (!box.contains(document.activeElement)) show(false); }));
  hits.addEventListener("pointerdown", (event) => event.preventDefault());
}
addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
  if (field && ((event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) || (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey)))) {
    event.preventDefault();
    field.focus();
    field.select();
  } else if (event.key === "Escape") {
    for (const menu of menus) {
      if (menu.open) {
        menu.open = false;
        menu.querySelector("summary").focus();
      }
    }
    if (root.dataset.drawer === "open") {
      drawer(false);
      drawerButton.focus();
    }
  }
});

// Copying; where the clipboard is shut (plain HTTP beyond loopback) the text is selected instead.
for (const button of document.querySelectorAll("[data-copy]")) {
  const label = button.querySelector("span");
  const before = label.textContent;
  button.addEventListener("click", async () => {
    const source = document.querySelector(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(source.textContent);
      label.textContent = button.dataset.copied;
      setTimeout(() => { label.textContent = before; }, 2000);
    } catch {
      getSelection().selectAllChildren(source);
    }
  });
}
