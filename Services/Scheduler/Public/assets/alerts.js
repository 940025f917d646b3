// The log of alerts, a test of a channel, and silences.
import { el, fill, icon } from "/shared/dom.js";
import { get, post, segment } from "/shared/api.js";
import { when, exact } from "/shared/times.js";
import { openDialog } from "./dialogs.js";
import { toast } from "./toast.js";

const stateOf = { sent: "succeeded", failed: "failed", waiting: "waiting", silenced: "skipped" };

/** Draws the last alerts into `place`; nothing where there are none and nobody may send a test. */
export async function drawAlerts(place, mayOperate) {
  const [{ items: alerts }, { items: silences }] = await Promise.all([get("/api/v1/alerts?limit=20"), get("/api/v1/silences")]);
  const again = () => drawAlerts(place, mayOperate).catch((error) => toast(error.message, "error"));
  fill(place, (alerts.length > 0 || silences.length > 0 || mayOperate) && el("section", { class: "card", "aria-label": "Alerts" },
    el("div", { class: "card-head" }, el("h2", {}, "Alerts"), el("span", { class: "spacer" }),
      mayOperate && el("button", { type: "button", onclick: () => silenceDialog(again) }, "Silence"),
      mayOperate && el("button", { type: "button", onclick: () => testDialog(again) }, icon("play"), "Send a test")),
    silences.map((silence) => el("p", { class: "fine pad" }, "Silenced until ", el("span", { title: exact(silence.until) }, when(silence.until)), ": ",
      el("code", {}, silence.dag), `, by ${silence.who}${silence.reason ? `: ${silence.reason}` : ""} `,
      mayOperate && el("button", { type: "button", class: "quiet", onclick: () => post(`/api/v1/silences/${segment(silence.id)}/end`, {}).then(again, (error) => toast(error.message, "error")) }, "End"))),
    alerts.length ? el("table", { class: "data" },
      el("thead", {}, el("tr", {}, ["At", "Channel", "Says", "State"].map((words) => el("th", { scope: "col" }, words)))),
      el("tbody", {}, alerts.map((alert) => el("tr", {},
        el("td", { title: exact(alert.at) }, when(alert.at)), el("td", {}, alert.channel),
        el("td", {}, alert.subject, alert.detail && el("div", { class: "fine" }, alert.detail)),
        el("td", {}, el("span", { class: "pill", data: { state: stateOf[alert.state] } }, el("i", { class: "dot", data: { state: stateOf[alert.state] } }), alert.state),
          alert.reason && el("div", { class: "fine" }, alert.reason))))))
      : el("p", { class: "fine pad" }, "None yet. Who is told of what is said by alerts.yaml in the pipeline's folder.")));
}

function testDialog(done) {
  const channel = el("input", { id: "channel", type: "text", required: true, maxLength: 60 });
  openDialog("Send a test", [
    el("p", { class: "muted" }, "Whether it arrived is in the list a moment later, with the reason when it did not."),
    el("div", { class: "fields" }, el("label", { for: "channel" }, "Channel of alerts.yaml", channel)),
  ], "Send", async () => {
    await post("/api/v1/alerts/test", { channel: channel.value });
    toast("Asked for.");
    setTimeout(done, 1500);
  });
}

function silenceDialog(done) {
  const dag = el("input", { id: "silenced", type: "text", required: true, maxLength: 200 });
  const hours = el("input", { id: "hours", type: "number", required: true, min: 0.1, max: 2160, step: "any", value: "1" });
  const reason = el("input", { id: "why", type: "text", maxLength: 500 });
  openDialog("Silence", [
    el("p", { class: "muted" }, "No alert of these DAGs is sent meanwhile; the log still has them."),
    el("div", { class: "fields" }, el("label", { for: "silenced" }, "DAG (* for any letters)", dag),
      el("label", { for: "hours" }, "Hours", hours), el("label", { for: "why" }, "Why", reason)),
  ], "Silence", async () => {
    await post("/api/v1/silences", { dag: dag.value, hours: Number(hours.value), reason: reason.value || null });
    done();
  });
}
