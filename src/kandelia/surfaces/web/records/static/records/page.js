// Steps open as a dialog over the record; without scripts each is a page of its own.
const dialog = document.querySelector("#step-dialog");

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target !== dialog) return;
  if (!dialog.open) dialog.showModal();
  for (const menu of document.querySelectorAll("[data-menu][open]")) menu.open = false;
  (dialog.querySelector("[data-wrong]") ?? dialog.querySelector("[aria-invalid=true], input:not([type=hidden]), select, textarea, a"))?.focus();
});

dialog?.addEventListener("click", (event) => {
  if (event.target.closest("[data-close]") || event.target === dialog) {
    event.preventDefault();
    dialog.close();
  } else {
    const link = event.target.closest('a[href^="#"]');
    if (link) {
      event.preventDefault();
      dialog.querySelector(link.getAttribute("href"))?.focus();
    }
  }
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.("input, textarea, select, dialog[open]")) return;
  if (event.key === "e") document.querySelector("[data-key=e]")?.click();
});

// Here one arrives when a form was taken: its draft has done its work.
try {
  const sent = sessionStorage.getItem("draft-sent");
  if (sent) localStorage.removeItem(sent);
  sessionStorage.removeItem("draft-sent");
} catch { /* this browser keeps nothing */ }
