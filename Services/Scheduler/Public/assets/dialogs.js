// The two dialogs: trigger a run now, and backfill a stretch of time, shown beforehand. A DAG of a file may ask for parameters.
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
function modelBoxes(models, words = "Models") {
  const boxes = models.map((model) => el("input", { type: "checkbox", value: model.name, checked: true }));
  return {
    element: el("fieldset", { class: "boxes" }, el("legend", {}, words),
      models.map((model, index) => el("label", {}, boxes[index], el("span", {}, model.name)))),
    chosen: () => (boxes.every((box) => box.checked) ? null : boxes.filter((box) => box.checked).map((box) => box.value)),
  };
}

/** What is chosen among, and how it is sent: models, or tasks of a file's DAG. */
function choices(dag) {
  const boxes = dag.definition ? modelBoxes(dag.definition.tasks, "Tasks") : modelBoxes(dag.models);
  return { element: boxes.element, body: () => (dag.definition ? { tasks: boxes.chosen() } : { models: boxes.chosen() }) };
}

/** A field for each parameter; `values()` gives them as their types have them. */
function parameterFields(dag) {
  const fields = (dag.definition?.params ?? []).map((param) => {
    const id = `param-${param.name}`;
    const shared = { id, required: param.type !== "boolean", "aria-describedby": param.description ? `${id}-words` : null };
    let input;
    if (param.enum) {
      input = el("select", shared, param.enum.map((value) => el("option", { value: String(value), selected: value === param.default }, String(value))));
    } else if (param.type === "boolean") {
      input = el("input", { ...shared, type: "checkbox", checked: param.default === true });
    } else {
      const type = param.type === "string" ? (param.format === "date" ? "date" : "text") : "number";
      input = el("input", { ...shared, type, value: param.default === undefined || param.default === null ? "" : String(param.default),
        min: param.minimum ?? null, max: param.maximum ?? null, step: param.type === "number" ? "any" : null,
        minLength: param.min_length ?? null, maxLength: param.max_length ?? null });
      // An empty text is a text.
      if (param.type === "string" && !param.min_length && type === "text") input.required = false;
    }
    return { param, input, element: el("label", { for: id }, param.title ?? param.name, input, param.description && el("span", { class: "fine", id: `${id}-words` }, param.description)) };
  });
  const value = ({ param, input }) => {
    if (param.type === "boolean" && !param.enum) return input.checked;
    if (param.type === "integer" || param.type === "number") return Number(input.value);
    return param.type === "boolean" ? input.value === "true" : input.value;
  };
  return {
    element: fields.length > 0 && el("div", { class: "fields" }, fields.map((field) => field.element)),
    values: () => (fields.length ? { params: Object.fromEntries(fields.map((field) => [field.param.name, value(field)])) } : {}),
  };
}

/** @param done called with the new run's id */
export function triggerDialog(dag, done) {
  const boxes = choices(dag);
  const params = parameterFields(dag);
  const key = crypto.randomUUID ? crypto.randomUUID() : String(Math.random());
  openDialog(`Trigger ${dag.id}`, [
    el("p", { class: "muted" }, dag.definition ? "Begins a run of the chosen tasks now, in their order."
      : "Brings the chosen models up to date now, in the order of their dependencies. Intervals that are done are not computed again."),
    params.element, boxes.element,
  ], "Trigger run", async () => {
    const run = await post(`/api/v1/dags/${segment(dag.id)}/trigger`, { ...boxes.body(), ...params.values() }, { headers: { "Idempotency-Key": key } });
    done(run.id);
  });
}

export function backfillDialog(dag, done) {
  const boxes = choices(dag);
  const params = parameterFields(dag);
  const today = new Date().toISOString().slice(0, 10);
  const start = el("input", { id: "from", type: "date", max: today, required: true, value: new Date(Date.now() - 7 * 86400000).toISOString().slice(0, 10) });
  const end = el("input", { id: "to", type: "date", max: today, required: true, value: today });
  const preview = el("div", { class: "preview", role: "status" });
  let shown = 0;
  const body = () => ({ start: `${start.value}T00:00:00Z`, end: `${end.value}T00:00:00Z`, ...boxes.body(), ...params.values() });
  async function look() {
    const turn = ++shown;
    try {
      const plan = await post(`/api/v1/dags/${segment(dag.id)}/backfill`, { ...body(), dry_run: true });
      if (turn !== shown) return;
      fill(preview, el("strong", {}, dag.definition ? `${count(plan.tasks.length, "task")} will run for ${utcDay(plan.from)} up to ${utcDay(plan.up_to)}, without it:` : `${count(plan.tasks.length, "model")} will compute ${utcDay(plan.from)} up to ${utcDay(plan.up_to)}, without it, again:`),
        el("ol", {}, plan.tasks.map((task) => el("li", {}, task.model, task.note && el("span", { class: "fine" }, ` ${task.note}`)))));
    } catch (error) {
      if (turn === shown) fill(preview, el("span", { class: "bad" }, error.message));
    }
  }
  openDialog(`Backfill ${dag.id}`, [
    el("p", { class: "muted" }, "Computes a stretch of time again, whether done or not. The next scheduled run stays where it is."),
    el("div", { class: "fields" },
      el("label", { for: "from" }, "From (UTC)", start), el("label", { for: "to" }, "Up to, without (UTC)", end)),
    params.element, boxes.element, preview,
  ], "Start backfill", async () => {
    const run = await post(`/api/v1/dags/${segment(dag.id)}/backfill`, body());
    done(run.id);
  });
  dialog.querySelector("form").addEventListener("change", look);
  look();
}
