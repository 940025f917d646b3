// The days of a model as a strip: a column a week, a cell a day. Days are those of UTC, where data is cut into days.
import { el } from "/shared/dom.js";
import { utcDay } from "/shared/times.js";

const dayLength = 86400000;

export function calendar({ from, computed, missing }) {
  const first = Date.parse(`${from}T00:00:00Z`);
  const lead = (new Date(first).getUTCDay() + 6) % 7;  // weeks begin on Monday
  const cells = computed.map((part, index) => cell(first + index * dayLength, part, missing[index]));
  return el("div", { class: "calendar", role: "img", "aria-label": summary(computed, missing) },
    Array.from({ length: lead }, () => el("i", { class: "day none" })), cells);
}

function cell(day, computed, missing) {
  const state = computed >= 1 ? "full" : computed > 0 ? "part" : missing > 0 ? "due" : "empty";
  const words = { full: "computed", part: `${Math.round(computed * 100)} % computed`, due: "to be computed", empty: "nothing" }[state];
  return el("i", { class: "day", data: { state }, title: `${utcDay(day)}: ${words}${state === "part" && missing > 0 ? ", the rest is due" : ""}` });
}

function summary(computed, missing) {
  const full = computed.filter((part) => part >= 1).length;
  const due = missing.filter((part) => part > 0).length;
  return `${computed.length} days: ${full} computed, ${due} to be computed`;
}

export const legend = () => el("div", { class: "legend" }, [["full", "computed"], ["part", "in part"], ["due", "due"], ["empty", "nothing"]].map(([state, words]) =>
  el("span", {}, el("i", { class: "day", data: { state } }), words)));
