// The bar on top of every page: where to go, who is here, light or dark.
import { el, fill, byId, icon } from "./dom.js";

/**
 * Draws the bar. `home`: where the mark leads. `links`: `{ href, words, current }`, in order. `user`: who is here.
 * `actions`: more buttons at the end.
 */
export function drawHeader({ home, links, user, actions = [] }) {
  fill(
    byId("header"),
    el("a", { class: "brand", href: home }, el("img", { src: "/shared/mark.svg", alt: "", width: 24, height: 24 }), "Millrace"),
    el("nav", { "aria-label": "Main" },
      links.map(({ href, words, current }) => el("a", { href, "aria-current": current ? "page" : null }, words))),
    el("span", { class: "spacer" }),
    el("span", { class: "who", title: `Role: ${user.role}` }, user.name),
    themeButton(),
    actions,
  );
}

/** A setting's address as this visitor reaches it. `address`: a path, `:port/path` on the host of this page, or an address. */
export function visitorAddress(address) {
  const onHost = /^:(\d+)(\/.*)?$/.exec(address);
  const text = onHost ? `${location.protocol}//${location.hostname}:${onHost[1]}${onHost[2] ?? "/"}` : address;
  return URL.canParse(text, location.href) ? new URL(text, location.href).href : "/";
}

function themeButton() {
  const root = document.documentElement;
  const button = el("button", { class: "quiet", type: "button", onclick: toggle });
  function show() {
    const dark = root.dataset.theme === "dark";
    const words = dark ? "Light colours" : "Dark colours";
    fill(button, icon(dark ? "sun" : "moon"));
    button.setAttribute("aria-label", words);
    button.title = words;
  }
  function toggle() {
    root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
    localStorage.setItem("millrace.theme", root.dataset.theme);
    show();
    window.dispatchEvent(new Event("themechange"));
  }
  show();
  return button;
}
