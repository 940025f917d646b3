// The bar on top of bi-api's pages.
import { el, icon } from "/shared/dom.js";
import { get, post } from "/shared/api.js";
import { drawHeader, visitorAddress } from "/shared/header.js";

/** Draws the header and gives the session's `user` and addresses. */
export async function header() {
  const session = await get("/api/v1/session");
  const page = document.body.dataset.page;
  const links = [{ href: "/", words: "Dashboards", current: page === "dashboards" }];
  if (session.may_query) links.push({ href: "/sql", words: "SQL", current: page === "sql" });
  if (session.scheduler_url) links.push({ href: visitorAddress(session.scheduler_url), words: "Scheduler" });
  if (session.transformer_url) links.push({ href: visitorAddress(session.transformer_url), words: "Models" });
  drawHeader({
    home: "/", links, user: session.user,
    actions: [
      el("button", { class: "quiet", type: "button", "aria-label": "Log out", title: "Log out", onclick: logOut }, icon("out")),
    ],
  });
  return session;
}

async function logOut() {
  try {
    await post("/api/v1/logout", {}, { stay: true });
  } catch (error) {
    if (error.status !== 401) return alert(`Not logged out: ${error.message}`);  // the session still stands
  }
  location.assign("/login");
}
