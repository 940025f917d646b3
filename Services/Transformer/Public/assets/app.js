// The transformer's page: the address says what it shows.
import { byId, fill, failureState } from "/shared/dom.js";
import { header } from "./header.js";

const views = [
  { path: /^\/$/, load: () => import("./views/environments.js") },
  { path: /^\/environments\/([^/]+)$/, load: () => import("./views/environment.js") },
  { path: /^\/environments\/([^/]+)\/graph$/, load: () => import("./views/graph.js") },
  { path: /^\/environments\/([^/]+)\/models\/([^/]+)$/, load: () => import("./views/model.js") },
  { path: /^\/differences$/, load: () => import("./views/differences.js") },
  { path: /^\/plan$/, load: () => import("./views/plan.js") },
];

const main = byId("main");

async function show() {
  for (const view of views) {
    const match = view.path.exec(location.pathname);
    if (!match) continue;
    const { draw } = await view.load();
    return draw(main, ...match.slice(1).map(decodeURIComponent));
  }
  throw new Error("There is no such page.");
}

try {
  await header();
  await show();
} catch (error) {
  fill(main, failureState(error, () => location.reload()));
} finally {
  main.setAttribute("aria-busy", "false");
}
