// A file in parts: one that fails is sent again from where the platform says it has got to.
import { csrfToken } from "../islands/live.js";

const TRIES = 5;
const form = document.querySelector("#send");
const told = document.querySelector("#sent");
const api = "/api/v1/transfers/imports";

async function ask(address, method, body, type) {
  const answer = await fetch(address, { method, credentials: "same-origin", headers: { "X-CSRFToken": csrfToken(), "Content-Type": type, Accept: "application/json" }, body });
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw Object.assign(new Error(said.detail ?? said.title ?? answer.statusText), { final: answer.status < 500, mend: said.mend });
  return said;
}

async function send(file) {
  const begun = await ask(api, "POST", JSON.stringify({ name: file.name, size: file.size }), "application/json");
  const part = Number(form.dataset.part);
  let [offset, tries] = [0, 0];
  while (offset < file.size) {
    try {
      const seen = await ask(`${api}/${begun.id}/content?offset=${offset}`, "PUT", file.slice(offset, offset + part), "application/octet-stream");
      [offset, tries] = [Math.min(file.size, offset + part), 0];
      told.textContent = `${form.dataset.sending} ${Math.floor((seen.received / file.size) * 100)} %`;
    } catch (error) {
      if (error.final || ++tries >= TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, 1000 * tries));
    }
  }
  location.assign(`/imports/${begun.id}`);
}

function say(error) {
  const note = document.createElement("div");
  note.className = "note note-alarm";
  note.setAttribute("role", "alert");
  note.textContent = [error.final ? error.message : form.dataset.failed, error.mend].filter(Boolean).join(" — ");
  told.replaceChildren(note);
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const file = form.querySelector("input[type=file]").files[0];
  const button = form.querySelector("button");
  if (!file) return;
  if (file.size > Number(form.dataset.max)) return say({ final: true, message: form.dataset.tooLarge });
  button.disabled = true;
  try {
    await send(file);
  } catch (error) {
    say(error);
    button.disabled = false;
  }
});
