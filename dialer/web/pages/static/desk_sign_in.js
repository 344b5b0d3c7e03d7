// Taking a seat: who, then which campaign and which line.
import { by, make, say } from "./elements.js";
import { _ } from "./words.js";

const SAYS = { 401: _("Agent or secret is wrong."), 429: _("Too many wrong secrets. Wait a minute, then try again.") };
const LEGS = { browser: _("In this browser, with a headset"), phone: _("Phone: rings once, stays on the line"), none: _("Not at all: a simulation") };
let offered = null;
let seated = () => {};

/** Show the form; `done(seat)` is called when the agent sits. */
export function showSignIn(done, why = "") {
  seated = done;
  offered = null;
  document.body.classList.add("narrow");
  by("desk").hidden = true;
  by("sign-in").hidden = false;
  by("step-1").hidden = false;
  by("step-2").hidden = true;
  refuse(why);
  by("secret").value = "";
  by(by("agent").value ? "secret" : "agent").focus();
}

by("sign-in").addEventListener("submit", async (event) => {
  event.preventDefault();
  refuse("");
  try {
    await (offered ? sit() : ask());
  } catch {
    refuse(_("The floor does not answer. Try again in a moment."));
  }
});

async function ask() {
  const knows = { agent_id: by("agent").value, secret: by("secret").value };
  const answer = await post("/desk/campaigns", knows);
  if (!answer.ok) return refuse(SAYS[answer.status] ?? _("The floor refuses."));
  offered = await answer.json();
  if (!offered.campaigns.length) {
    offered = null;
    return refuse(_("No campaign is running. Ask your supervisor."));
  }
  by("campaign").replaceChildren(...offered.campaigns.map((each) => make("option", { value: each.name }, each.title)));
  by("leg").replaceChildren(...offered.legs.map((each) => make("option", { value: each }, LEGS[each])));
  if (offered.softphone === "absent") refuse(_("Talking in the browser is set up, but this installation lacks the carrier's script. Use your phone, and tell your operator."));
  by("phone").value = localStorage.getItem("phone") ?? "";
  by("step-1").hidden = true;
  by("step-2").hidden = false;
  phoneRow();
  by("campaign").focus();
}

async function sit() {
  const leg = by("leg").value;
  const phone = leg === "phone" ? by("phone").value : "";
  const campaign = by("campaign").value;
  const wanted = { agent_id: by("agent").value, secret: by("secret").value, campaign, leg, phone };
  const answer = await post("/desk/sessions", wanted);
  if (!answer.ok) return refuse((await answer.json()).error);
  if (phone) localStorage.setItem("phone", phone);
  by("secret").value = "";
  const seat = { agent: wanted.agent_id, leg, ...offered.campaigns.find((each) => each.name === campaign) };
  sessionStorage.setItem("seat", JSON.stringify(seat));
  seated(seat);
}

function phoneRow() {
  by("phone-row").hidden = by("leg").value !== "phone";
  by("phone").required = by("leg").value === "phone";
}
by("leg").addEventListener("change", phoneRow);

function refuse(why) {
  by("sign-in-say").hidden = !why;
  say(by("sign-in-say"), why);
}

const post = (path, body) => fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
