// What a supervisor does: each asks in a dialog, and says what the floor answered.
import { by, make, say } from "./elements.js";
import { _, percent } from "./words.js";

const list = by("campaigns");

/** Whether the role allows an act; the server looks again. */
export const may = (act) => Boolean(list.dataset[act]);

async function send(path, body) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRF": document.querySelector("input[name=csrf]").value },
    body: body && JSON.stringify(body),
  }).catch(() => null);
  if (answer?.status === 401) location.assign("/office");
  const told = answer ? await answer.json() : { detail: _("The floor does not answer. Try again in a moment.") };
  if (!answer?.ok) {
    const why = typeof told.detail === "string" ? told.detail : told.detail[0].msg;
    result("bad", why);
    return null;
  }
  return told;
}

function result(kind, text) {
  by("did").className = `say ${kind}`;
  by("did").hidden = false;
  say(by("did"), text);
  clearTimeout(result.timer);
  result.timer = setTimeout(() => (by("did").hidden = true), 8000);
}

const campaignPath = (name, what) => `/board/campaigns/${encodeURIComponent(name)}/${what}`;
const agentPath = (agent, what) => `/board/agents/${encodeURIComponent(agent)}/${what}`;

/** Open a dialog; `done(button's value)` is called when it closes with one. */
function ask(id, title, done) {
  const dialog = by(id);
  for (const field of dialog.querySelectorAll("input:not([data-keep]), textarea")) field.value = "";
  say(dialog.querySelector("[data-name]"), title);
  dialog.returnValue = "";
  dialog.onclose = () => dialog.returnValue && done(dialog.returnValue);
  dialog.showModal();
}

export function pauseOrResume(view, paused) {
  if (paused) return send(campaignPath(view.name, "resume"));
  return ask("pausing", view.title, () => send(campaignPath(view.name, "pause"), { why: by("why").value }));
}

export function retarget(view) {
  const { cap, file, law } = view.abandonment;
  const most = law?.rate ?? 0.05;
  ask("targeting", view.title, async () => {
    const rate = Number(by("target").value) / 100;
    if (await send(campaignPath(view.name, "target"), { max_rate: Number(rate.toFixed(6)), why: by("target-why").value }))
      result("good", _("The target is {target} now.", { target: percent(rate, 2) }));
  });
  by("target").max = String(100 * most);
  by("target").value = String(Number((100 * cap).toFixed(4)));
  say(by("target-law"), _("At most {most}: {law}. The campaign file says {file}.", {
    most: percent(most, 1), law: law?.citation ?? _("the dialer's own limit"), file: percent(file, 1) }));
}

export function messageAll(view) {
  ask("message", view.title, async () => {
    const told = await send(campaignPath(view.name, "message"), { text: by("text").value });
    if (told) result("good", _("Sent to {count} desks.", { count: told.told }));
  });
}

export function agentMenu(desk, campaigns, here) {
  const others = campaigns.filter((each) => each.name !== here || desk.moving_to);
  by("move-to").replaceChildren(...others.map((each) => make("option", { value: each.name }, each.title)));
  by("move-row").hidden = !others.length || !may("move");
  by("join-row").hidden = !may("join");
  by("message-row").hidden = !may("message");
  by("own-phone").value = localStorage.getItem("own-phone") ?? "";
  ask("agent-menu", desk.name, async (what) => {
    if (what === "move") {
      const told = await send(agentPath(desk.agent_id, "move"), { campaign: by("move-to").value });
      if (told) result("good", told.moved ? _("{name} has moved.", desk) : _("{name} moves when the call in hand is over.", desk));
    } else if (what === "message") {
      if (!by("agent-text").value) return;
      if (await send(agentPath(desk.agent_id, "message"), { text: by("agent-text").value })) result("good", _("Sent to {name}.", desk));
    } else if (!by("own-phone").value) result("bad", _("Type the number of your own phone first."));
    else {
      localStorage.setItem("own-phone", by("own-phone").value);
      if (await send(agentPath(desk.agent_id, "join"), { phone: by("own-phone").value, ear: what }))
        result("good", _("Your phone rings; you are joined to the calls of {name}.", desk));
    }
  });
}
