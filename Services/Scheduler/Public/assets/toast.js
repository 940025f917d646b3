// A line of text that comes, is read out, and goes.
import { el } from "/shared/dom.js";

export function toast(message, kind = "info") {
  let shelf = document.querySelector(".toasts");
  if (!shelf) {
    shelf = el("div", { class: "toasts", role: "status", "aria-live": "polite" });
    document.body.append(shelf);
  }
  const line = el("div", { class: `toast ${kind}` }, message);
  shelf.append(line);
  setTimeout(() => line.remove(), kind === "error" ? 9000 : 4500);
}
