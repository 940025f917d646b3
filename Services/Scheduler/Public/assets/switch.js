// The switch that pauses a DAG. It shows what is asked for at once and goes back when the service refuses.
import { el } from "/shared/dom.js";
import { post, segment } from "/shared/api.js";

/** @param told called with a message when the change was refused */
export function pauseSwitch(dag, mayOperate, told) {
  const input = el("button", {
    type: "button", class: "switch", role: "switch", "aria-checked": String(!dag.paused), "aria-label": `Schedule of ${dag.id}`,
    title: mayOperate ? (dag.paused ? "Paused: switch on to run on schedule" : "On: switch off to pause") : "Your role may not change this",
    disabled: !mayOperate, onclick: toggle,
  }, el("span", { class: "thumb" }));
  async function toggle() {
    const pause = input.getAttribute("aria-checked") === "true";
    input.setAttribute("aria-checked", String(!pause));
    input.disabled = true;
    try {
      await post(`/api/v1/dags/${segment(dag.id)}/${pause ? "pause" : "unpause"}`, {});
    } catch (error) {
      input.setAttribute("aria-checked", String(pause));
      told(error.message);
    } finally {
      input.disabled = false;
    }
  }
  return input;
}
