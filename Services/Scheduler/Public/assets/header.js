// The bar on top of every page: where to go, who is here, light or dark.
import { el, fill, byId, icon } from "./dom.js";
import { get } from "./api.js";

/** Draws the header and gives the session: `user`, `may_operate`. */
export async function header() {
  const session = await get("/api/v1/session");
  const home = dashboards(session.login);
  fill(
    byId("header"),
    el("a", { class: "brand", href: home }, el("img", { src: "/assets/mark.svg", alt: "", width: 24, height: 24 }), "Millrace"),
    el("nav", { "aria-label": "Main" },
      el("a", { href: home }, "Dashboards"),
      el("a", { href: "/", "aria-current": "page" }, "Scheduler")),
    el("span", { class: "spacer" }),
    el("span", { class: "who", title: `Role: ${session.user.role}` }, session.user.name),
    themeButton(),
  );
  const zone = byId("zone");
  if (zone) zone.textContent = `Times in ${Intl.DateTimeFormat().resolvedOptions().timeZone}`;
  return session;
}

/** The dashboards live where visitors log in. `login`: a path, `:port/path`, or an address. */
function dashboards(login) {
  const port = /^:(\d+)\//.exec(login);
  const address = port ? `${location.protocol}//${location.hostname}:${port[1]}/` : login;
  try {
    return new URL("/", new URL(address, location.href)).href;
  } catch {
    return "/";
  }
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
  }
  show();
  return button;
}
