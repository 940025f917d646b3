// What differs between two environments.
import { el, fill, emptyState, failureState } from "/shared/dom.js";
import { get, segment } from "/shared/api.js";
import { count } from "/shared/times.js";
import { head, diff, more, modelLink } from "../parts.js";
import { chosen, query, differencesPage } from "../addresses.js";

const words = {
  added: "only here", removed: "not here", modified: "says something else", indirect: "reads something else",
  metadata: "description or settings", table: "same text, a table of its own",
};

export async function draw(main) {
  document.title = "Differences · Millrace";
  const { environments } = await get("/api/v1/environments");
  const names = environments.map((environment) => environment.name);
  const choice = chosen();
  const from = choice.from ?? (names.includes("prod") ? "prod" : names[0]);
  const to = choice.to ?? names.find((name) => name !== from);
  const place = el("div", { class: "stack" });
  const chooser = (name, value, change) => el("select", { "aria-label": name, onchange: (event) => change(event.target.value) },
    names.map((each) => el("option", { value: each, selected: each === value }, each)));
  fill(main, head("Differences", to ? `What ${to} has other than ${from}.` : null, to && [
    chooser("From", from, (value) => location.assign(differencesPage(value, to))), "→",
    chooser("To", to, (value) => location.assign(differencesPage(from, value)))]), place);
  if (!to) return fill(place, el("div", { class: "card" }, emptyState("Nothing to compare", "There is one environment, or none.")));
  await list(place, from, to);
}

async function list(place, from, to, cursor) {
  const page = await get(`/api/v1/differences${query({ from, to, cursor, limit: 50 })}`);
  if (!cursor) {
    fill(place, page.total ? el("p", { class: "muted", role: "status" }, `Other: ${count(page.total, "model")}. The same: ${page.same}.`)
      : el("div", { class: "card" }, emptyState("No differences", `The ${count(page.same, "model")} of both are the same.`)));
  }
  place.append(...page.models.map((item) => entry(item, from, to)));
  const button = more(page.nextCursor, (next) => list(place, from, to, next));
  if (button) place.append(button);
}

function entry(item, from, to) {
  const text = el("div", {});
  const hasText = ["added", "removed", "modified", "metadata"].includes(item.change);
  return el("section", { class: "card difference", data: { model: item.model, change: item.change } },
    el("div", { class: "card-head" }, el("h2", {}, modelLink(item.change === "removed" ? from : to, item.model)),
      el("span", { class: "pill", data: { state: item.change } }, words[item.change]), el("span", { class: "spacer" }),
      hasText && el("button", { type: "button", onclick: (event) => showText(event.target, text, item.model, from, to) }, "Text")),
    item.columns.length > 0 && el("ul", { class: "column-changes" }, item.columns.map((column) => el("li", {}, el("code", {}, column.name), " ",
      column.from === undefined ? `is new (${column.to})` : column.to === undefined ? "is gone" : `${column.from} → ${column.to}`))),
    text);
}

async function showText(button, place, model, from, to) {
  button.disabled = true;
  try {
    const found = await get(`/api/v1/differences/${segment(model)}${query({ from, to })}`);
    fill(place, found.lines.length ? diff(found.lines) : el("p", { class: "fine pad" }, "Its file is the same; what differs is in its audits, macros or settings."),
      found.isCut && el("p", { class: "fine pad" }, "There are more lines."));
  } catch (error) {
    fill(place, failureState(error));
    button.disabled = false;
  }
}
