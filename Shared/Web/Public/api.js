// Calls to this service. A failure is a `Problem` whose message a reader may see; a lost session leads to the log-in page.

export class Problem extends Error {
  constructor(status, body) {
    super(body.detail || body.title || `The service answered ${status}.`);
    this.status = status;
    this.body = body;
  }
}

function csrfToken() {
  const cookie = document.cookie.split("; ").find((part) => part.startsWith("millrace_csrf="));
  return cookie ? decodeURIComponent(cookie.slice("millrace_csrf=".length)) : "";
}

/** `stay`: not to be sent to log in; for the log-in page itself. */
async function call(method, path, body, { signal, headers: more = {}, stay = false } = {}) {
  const headers = { Accept: "application/json", ...more };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (method !== "GET") headers["X-CSRF-Token"] = csrfToken();
  let answer;
  try {
    answer = await fetch(path, {
      method, headers, signal, credentials: "same-origin", body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, { detail: "The service does not answer. Check the connection; trying again may help." });
  }
  if (answer.ok) return answer.status === 204 ? null : answer.json();
  const problem = await answer.json().catch(() => ({}));
  if (answer.status === 401 && !stay) location.reload();  // the page itself sends a visitor to log in, and back
  throw new Problem(answer.status, problem);
}

export const get = (path, options) => call("GET", path, undefined, options);
export const post = (path, body, options) => call("POST", path, body, options);
export const remove = (path, options) => call("DELETE", path, undefined, options);

/** `part` as a piece of a path. */
export const segment = (part) => encodeURIComponent(part);
