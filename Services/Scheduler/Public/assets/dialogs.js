// The two dialogs: trigger a run now, and backfill a stretch of time, shown beforehand.
import { el, fill, byId, icon } from "/shared/dom.js";
import { post, segment } from "/shared/api.js";
import { count, utcDay } from "/shared/times.js";

const dialog = byId("dialog");

/** Opens the page's dialog; `confirm` does it, and what it throws is shown. */
export function openDialog(title, body, confirmWords, confirm, backWords = "Cancel") {
  const problem = el("div", { class: "notice error", role: "alert", hidden: true });
  const button = el("button", { type: "submit", class: "primary" }, confirmWords);
  const form = el("form", {
    method: "dialog", onsubmit: async (event) => {
      event.preventDefault();
      button.disabled = true;
      problem.hidden = true;
      try {
        await confirm();
        dialog.close();
      } catch (error) {
        problem.textContent = error.message;
        problem.hidden = false;
      } finally {
        button.disabled = false;
      }
    },
  }, el("div", { class: "dialog-body" }, body, problem),
  el("div", { class: "dialog-feet" }, el("button", { type: "button", onclick: () => dialog.close() }, backWords), button));
  fill(dialog,
    el("div", { class: "dialog-head" }, el("h2", { id: "dialog-title" }, title),
      el("button", { type: "button", class: "quiet", "aria-label": "Close", onclick: () => dialog.close() }, icon("close"))),
    form);
  dialog.showModal();
}

/** A list of boxes; `chosen()` gives the names, null for all. */
function modelBoxes(models) {
  const boxes = models.map((model) => el("input", { type: "checkbox", value: model.name, checked: true }));
  return {
    element: el("fieldset", { class: "boxes" }, el("legend", {}, "Models"),
      models.map((model, index) => el("label", {}, boxes[index], el("span", {}, model.name)))),
    chosen: () => (boxes.every((box) => box.checked) ? null : boxes.filter((box) => box.checked).map((box) => box.value)),
  };
}

/** @param done called with the new run's id */
export function triggerDialog(dag, done) {
  const boxes = modelBoxes(dag.models);
  const key = crypto.randomUUID ? crypto.randomUUID() : String(Math.random());
  openDialog(`Trigger ${dag.id}`, [
    el("p", { class: "muted" }, "Brings the chosen models up to date now, in the order of their dependencies. Intervals that are done are not computed again."),
    boxes.element,
  ], "Trigger run", async () => {
    const run = await post(`/api/v1/dags/${segment(dag.id)}/trigger`, { models: boxes.chosen() }, { headers: { "Idempotency-Key": key } });
    done(run.id);
  });
}

export function backfillDialog(dag, done) {
  const boxes = modelBoxes(dag.models);
  const today = new Date().toISOString().slice(0, 10);
  const start = el("input", { id: "from", type: "date", max: today, required: true, value: new Date(Date.now() - 7 * 86400000).toISOString().slice(0, 10) });
  const end = el("input", { id: "to", type: "date", max: today, required: true, value: today });
  const preview = el("div", { class: "preview", role: "status" });
  let shown = 0;
  const body = () => ({ start: `${start.value}T00:00:00Z`, end: `${end.value}T00:00:00Z`, models: boxes.chosen() });
  async function look() {
    const turn = ++shown;
    try {
      const plan = await post(`/api/v1/dags/${segment(dag.id)}/backfill`, { ...body(), dry_run: true });
      if (turn !== shown) return;
      fill(preview, el("strong", {}, `${count(plan.tasks.length, "model")} will compute ${utcDay(plan.from)} up to ${utcDay(plan.up_to)}, without it, again:`),
        el("ol", {}, plan.tasks.map((task) => el("li", {}, task.model, task.note && el("span", { class: "fine" }, ` ${task.note}`)))));
    } catch (error) {
      if (turn === shown) fill(preview, el("span", { class: "bad" }, error.message));
    }
  }
  openDialog(`Backfill ${dag.id}`, [
    el("p", { class: "muted" }, "Computes a stretch of time again, whether done or not. The next scheduled run stays where it is."),
    el("div", { class: "fields" },
      el("label", { for: "from" }, "From (UTC)", start), el("label", { for: "to" }, "Up to, without (UTC)", end)),
    boxes.element, preview,
  ], "Start backfill", async () => {
    const run = await post(`/api/v1/dags/${segment(dag.id)}/backfill`, body());
    done(run.id);
  });
  dialog.querySelector("form").addEventListener("change", look);
  look();
}
