// The bar on top of the scheduler's pages.
import { byId } from "/shared/dom.js";
import { get } from "/shared/api.js";
import { drawHeader, visitorAddress } from "/shared/header.js";

/** Draws the header and gives the session: `user`, `may_operate`. */
export async function header() {
  const session = await get("/api/v1/session");
  const home = dashboards(session.login);
  drawHeader({
    home, user: session.user,
    links: [{ href: home, words: "Dashboards" }, { href: "/", words: "Scheduler", current: true }],
  });
  const zone = byId("zone");
  if (zone) zone.textContent = `Times in ${Intl.DateTimeFormat().resolvedOptions().timeZone}`;
  return session;
}

/** The dashboards live where visitors log in. */
const dashboards = (login) => new URL("/", new URL(visitorAddress(login), location.href)).href;
