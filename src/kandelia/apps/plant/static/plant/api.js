// Writing to the public API as the page's reader.
import { csrfToken } from "../islands/live.js";

export class Refused extends Error {
  constructor(problem, status) {
    super([problem.detail || problem.title || String(status), problem.mend].filter(Boolean).join("; "));
    this.status = status;
  }
}

/** The answer's JSON (null where it has none); Refused in the API's words otherwise. */
export async function send(method, path, body) {
  const answer = await fetch(`/api/v1${path}`, {
    method,
    credentials: "same-origin",
    headers: { "X-CSRFToken": csrfToken(), "Content-Type": "application/json", Accept: "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (!answer.ok) throw new Refused(await answer.json().catch(() => ({})), answer.status);
  return answer.status === 204 ? null : answer.json();
}
