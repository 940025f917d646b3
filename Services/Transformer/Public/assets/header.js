// The bar on top of the transformer's pages.
import { get } from "/shared/api.js";
import { drawHeader, visitorAddress } from "/shared/header.js";

export async function header() {
  const session = await get("/api/v1/session");
  const home = new URL("/", new URL(visitorAddress(session.login), location.href)).href;  // where visitors log in
  drawHeader({
    home, user: session.user,
    links: [
      { href: home, words: "Dashboards" },
      { href: "/", words: "Models", current: location.pathname === "/" || location.pathname.startsWith("/environments") },
      { href: "/differences", words: "Differences", current: location.pathname === "/differences" },
      { href: "/plan", words: "Plan", current: location.pathname === "/plan" },
    ],
  });
}
