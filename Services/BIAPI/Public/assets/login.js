import { byId } from "/shared/dom.js";
import { post } from "/shared/api.js";

const form = byId("login");
const problem = byId("problem");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button");
  problem.hidden = true;
  button.disabled = true;
  try {
    const next = new URLSearchParams(location.search).get("next") ?? undefined;
    const answer = await post("/api/v1/login", { name: form.elements.name.value, password: form.elements.password.value, next }, { stay: true });
    location.assign(answer.next);  // checked by the service: this host or nothing
  } catch (error) {
    problem.textContent = error.message;
    problem.hidden = false;
    button.disabled = false;
    form.elements.password.select();
  }
});
