// The dialog for what people do to a run or a task: it shows beforehand what will change.
import { el, fill } from "/shared/dom.js";
import { post, segment } from "/shared/api.js";
import { openDialog } from "./dialogs.js";
import { stateWords } from "./states.js";

function runWords(found, isWhole) {
  if (found.act === "cancel" && isWhole && found.to === "running") return "The run is cancelled as soon as what is under way has ended.";
  return found.from === found.to ? `The run stays ${stateWords(found.to)}.` : `The run: ${stateWords(found.from)} → ${stateWords(found.to)}.`;
}

/**
 * @param act the last part of its address: `cancel`, `clear` or `mark`
 * @param body what is sent; tasks by model
 * @param offersDownstream whether what ended badly behind the tasks may be included
 * @param done called when it was asked for
 */
export function actDialog(run, { act, title, words, confirm, body, offersDownstream = false, done }) {
  const path = `/api/v1/runs/${segment(run.id)}/${act}`;
  const downstream = el("input", { type: "checkbox", name: "downstream" });
  const preview = el("div", { class: "preview", role: "status" });
  const whole = () => (offersDownstream ? { ...body, downstream: downstream.checked } : body);
  let shown = 0;
  async function look() {
    const turn = ++shown;
    try {
      const found = await post(path, { ...whole(), dry_run: true });
      if (turn !== shown) return;
      fill(preview, el("strong", {}, runWords(found, !body.tasks)),
        el("ol", {}, found.tasks.map((task) => el("li", {}, task.model, el("span", { class: "fine" }, ` ${stateWords(task.from)} → ${stateWords(task.to)}`)))));
    } catch (error) {
      if (turn === shown) fill(preview, el("span", { class: "bad" }, error.message));
    }
  }
  openDialog(title, [
    el("p", { class: "muted" }, words),
    offersDownstream && el("label", { class: "choice" }, downstream, "Also what ended badly behind it"),
    preview,
  ], confirm, async () => {
    await post(path, whole());
    done();
  }, "Back");
  downstream.addEventListener("change", look);
  look();
}
