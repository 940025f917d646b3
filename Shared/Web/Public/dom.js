// Elements from values. Text goes in as text, never as markup: what came from a database, a manifest or an error stays inert.

/** An element. `properties`: `class`, `style`, `on…` listeners, `data`, `aria-…` and other attributes, else DOM properties. */
export function el(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "class") element.className = value;
    else if (name === "data") Object.assign(element.dataset, value);
    else if (name === "style") for (const [key, setting] of Object.entries(value)) element.style.setProperty(key, setting);
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name.includes("-") || name === "role" || name === "for") element.setAttribute(name, value);
    else element[name] = value;
  }
  append(element, children);
  return element;
}

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === undefined || child === null || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
}

/** Puts `children` in the place of what `element` has. */
export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
  return element;
}

/**
 * Runs `change`. Where that takes away what has the focus, the same thing made anew gets it (by id, `data-key`, label or
 * address), else `fallback`: never the page as a whole.
 */
export function keepFocus(element, fallback, change) {
  const had = document.activeElement;
  const isInside = had !== null && had !== document.body && element.contains(had);
  const marks = isInside ? [had.id && `#${CSS.escape(had.id)}`, ...["data-key", "aria-label", "href"].map((name) => had.hasAttribute(name) && `[${name}="${CSS.escape(had.getAttribute(name))}"]`)] : [];
  change();
  if (!isInside || had.isConnected) return;
  const again = marks.filter(Boolean).map((mark) => element.querySelector(mark)).find((found) => found);
  (again ?? fallback).focus({ preventScroll: true });
}

/** The element with that id. */
export const byId = (id) => document.getElementById(id);

const icons = {
  dots: "M5 12h.01M12 12h.01M19 12h.01",
  moon: "M20 14.5A8 8 0 0 1 9.500 4a8 8 0 1 0 10.500 10.500Z",
  sun: "M12 4V2M12 22v-2M4 12H2M22 12h-2M6 6 4.600 4.600M19.400 19.400 18 18M6 18l-1.400 1.400M19.400 4.600 18 6M16 12a4 4 0 1 1-8 0 4 4 0 0 1 8 0Z",
  out: "M15 17l5-5-5-5M20 12H9M12 20H5a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1h7",
  chevron: "M9 6l6 6-6 6",
  play: "M7 4.500v15l12-7.500z",
  back: "M11 6 4 12l7 6zM20 6l-7 6 7 6z",
  close: "M6 6l12 12M18 6 6 18",
  clock: "M12 7v5l3.500 2M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0Z",
  table: "M4 5h16v14H4zM4 10h16M10 10v9",
  filter: "M4 5h16l-6 8v6l-4-2v-4z",
  empty: "M4 13l3-8h10l3 8v6H4zM4 13h5l1.500 2.500h3L15 13h5",
};

/** A line icon, hidden from screen readers: the button around it carries the words. */
export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  for (const [key, value] of [["viewBox", "0 0 24 24"], ["class", "icon"], ["aria-hidden", "true"]]) svg.setAttribute(key, value);
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", icons[name]);
  svg.append(path);
  return svg;
}

/** A place with nothing in it, and why. */
export const emptyState = (title, words) =>
  el("div", { class: "state" }, icon("empty"), el("strong", {}, title), words && el("span", {}, words));

/** A failure where something should have been. */
export const failureState = (error, retry) =>
  el("div", { class: "state error", role: "alert" }, el("strong", {}, error.message),
    retry && el("button", { type: "button", onclick: retry }, "Try again"));
