// The agents of a campaign: who is over a limit stands first. A row is changed, not made anew: the focus stays.
import { agentMenu, may } from "./board_acts.js";
import { by, make, say } from "./elements.js";
import { AGENT } from "./states.js";
import { _, clock } from "./words.js";

const ORDER = ["reserved", "talking", "wrap_up", "preview", "dialing", "ready", "paused", "offline"];
const rows = new Map();
const acts = may("move") || may("join") || may("message");

/** Draw the agents of one campaign at the floor's time `now`. */
export function drawAgents(view, desks, now, campaigns) {
  const sought = by("find").value.trim().toLowerCase();
  const shown = desks
    .filter((desk) => !sought || `${desk.agent_id} ${desk.name}`.toLowerCase().includes(sought))
    .map((desk) => ({ ...desk, seconds: now - desk.since }))
    .map((desk) => ({ ...desk, over: desk.limit !== null && desk.seconds > desk.limit }))
    .sort((a, b) => b.over - a.over || ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || a.since - b.since);
  const ids = new Set(shown.map((desk) => desk.agent_id));
  for (const [id, row] of rows) {
    if (!ids.has(id)) {
      row.root.remove();
      rows.delete(id);
    }
  }
  const focused = document.activeElement;
  shown.forEach((desk, index) => {
    if (!rows.has(desk.agent_id)) rows.set(desk.agent_id, newRow(desk));
    const row = rows.get(desk.agent_id);
    Object.assign(row, { desk, campaigns, here: view.name });
    update(row, desk, campaigns);
    const there = by("agents").children[index];
    if (there !== row.root) by("agents").insertBefore(row.root, there ?? null);
  });
  if (focused !== document.activeElement && by("agents").contains(focused)) focused.focus();
  by("nobody").hidden = shown.length > 0;
  const count = (state) => (view ? view.agents[state] ?? 0 : 0);
  say(by("states"), ORDER.filter(count).map((state) => `${AGENT[state] ?? state} ${count(state)}`).join(" · "));
}

function newRow(desk) {
  const row = { dot: make("span", { class: "dot", "aria-hidden": "true" }), state: make("span"), time: make("td"), remark: make("td") };
  const menu = make("button", { type: "button", onclick: () => agentMenu(row.desk, row.campaigns, row.here) }, _("Act…"));
  menu.setAttribute("aria-label", _("Act on {name}", desk));
  row.root = make(
    "tr", {},
    make("td", {}, desk.name, desk.name === desk.agent_id ? null : make("span", { class: "quiet" }, ` ${desk.agent_id}`)),
    make("td", {}, row.dot, row.state), row.time, row.remark, make("td", { class: "number" }, acts ? menu : null),
  );
  return row;
}

function update(row, desk, campaigns) {
  row.dot.className = `dot ${desk.state}`;
  say(row.state, AGENT[desk.state] ?? desk.state);
  row.time.className = desk.over ? "number bad" : "number";
  say(row.time, desk.since ? clock(desk.seconds) : "");
  row.remark.className = desk.over ? "bad" : "";
  say(row.remark, remark(desk, campaigns));
}

function remark(desk, campaigns) {
  const said = [desk.pause_code];
  if (!desk.line) said.push(_("line is down"));
  if (desk.over) said.push(_("over the limit of {limit}", { limit: clock(desk.limit) }));
  if (desk.moving_to) said.push(_("moves to {campaign}", { campaign: campaigns.find((each) => each.name === desk.moving_to)?.title ?? desk.moving_to }));
  if (desk.unseen) said.push(_("{count} messages unread", { count: desk.unseen }));
  return said.filter(Boolean).join("; ");
}

by("find").addEventListener("input", () => document.dispatchEvent(new Event("board:found")));
