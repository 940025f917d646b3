// The bar on top of every page: where to go, who is here, light or dark.
import { el, fill, byId, icon } from "./dom.js";
import { get, post } from "./api.js";

/** Draws the header and gives the session's `user` and addresses. */
export async function header() {
  const session = await get("/api/v1/session");
  const page = document.body.dataset.page;
  const link = (name, href, words) =>
    el("a", { href, "aria-current": page === name ? "page" : null }, words);
  fill(
    byId("header"),
    el("a", { class: "brand", href: "/" }, el("img", { src: "/assets/mark.svg", alt: "", width: 24, height: 24 }), "Millrace"),
    el("nav", { "aria-label": "Main" },
      link("dashboards", "/", "Dashboards"),
      session.may_query && link("sql", "/sql", "SQL"),
      session.scheduler_url && link("scheduler", session.scheduler_url, "Scheduler")),
    el("span", { class: "spacer" }),
    el("span", { class: "who", title: `Role: ${session.user.role}` }, session.user.name),
    themeButton(),
    el("button", { class: "quiet", type: "button", "aria-label": "Log out", title: "Log out", onclick: logOut }, icon("out")),
  );
  return session;
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

async function logOut() {
  await post("/api/v1/logout", {}, { stay: true }).catch(() => null);
  location.assign("/login");
}
