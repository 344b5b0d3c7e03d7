// The supervisors' board: drawn anew from what the floor tells each second.
import { by, make, say } from "./elements.js";
import { AGENT, CAMPAIGN } from "./states.js";
import { _, clock, percent } from "./words.js";

const AGAIN = 2000; // ms before a lost connection is tried again
const SILENCE = 5000; // ms without a word of the floor before it counts as lost
const list = by("campaigns");
const cards = new Map();
let chosen = sessionStorage.getItem("board") ?? "";
let last = null;
let heard = Date.now();

function connect() {
  const socket = new WebSocket(`${location.origin.replace("http", "ws")}/board/socket`);
  socket.addEventListener("message", (event) => {
    heard = Date.now();
    by("lost").hidden = true;
    last = JSON.parse(event.data);
    draw();
  });
  socket.addEventListener("close", (event) => {
    by("lost").hidden = false;
    if (event.code === 4401) location.assign("/office");
    else setTimeout(again, AGAIN);
  });
}

/** A floor that lives and refuses has ended the session. */
async function again() {
  const answer = await fetch("/board").catch(() => null);
  if (answer?.status === 401) location.assign("/office");
  else connect();
}
setInterval(() => {
  if (Date.now() - heard > SILENCE) by("lost").hidden = false;
}, 1000);

function draw() {
  const names = last.campaigns.map((each) => each.name);
  for (const [name, card] of cards) {
    if (!names.includes(name)) {
      card.root.remove();
      cards.delete(name);
    }
  }
  if (!names.includes(chosen)) chosen = names[0] ?? "";
  for (const each of last.campaigns) {
    if (!cards.has(each.name)) {
      cards.set(each.name, newCard(each));
      list.append(cards.get(each.name).root);
    }
    update(cards.get(each.name), each);
  }
  let none = by("none");
  if (!names.length && !none) list.append(make("p", { id: "none", class: "card" }, _("No campaign is running.")));
  if (names.length && none) none.remove();
  agents(last.campaigns.find((each) => each.name === chosen));
}

const FIGURES = [
  ["pace", _("Dials, last minute")],
  ["lines", _("Lines in use")],
  ["bridged", _("In conversation")],
  ["waiting", _("People waiting")],
  ["occupancy", _("Occupancy, 15 min")],
  ["leads", _("Leads in hand")],
  ["rate", _("Abandonment, this period")],
  ["left", _("Abandonments left")],
  ["breach", _("Risk of breaking the cap")],
];

function newCard(view) {
  const card = { figures: {} };
  card.name = make("button", { type: "button", onclick: () => choose(view.name) }, view.title);
  card.act = make("button", { type: "button", onclick: () => act(view.name) });
  card.mark = make("strong");
  card.why = make("span");
  card.health = make("p", { class: "health say" }, card.mark, " · ", card.why);
  const figures = FIGURES.map(([key, label]) => {
    card.figures[key] = make("dd");
    return make("div", { class: ["rate", "left", "breach"].includes(key) ? "wide" : "" }, make("dt", {}, label), card.figures[key]);
  });
  card.root = make(
    "article",
    { class: "card campaign" },
    make("div", { class: "head" }, make("h1", {}, card.name), make("span", { class: "quiet" }, `${view.client} · ${view.mode}`),
      make("span", { class: "stretch" }), card.act),
    card.health,
    make("dl", { class: "figures" }, ...figures),
  );
  return card;
}

function update(card, view) {
  const running = view.state === "running";
  const stopped = ["blocked", "paused"].includes(view.state);
  card.root.className = `card campaign ${running ? "running" : stopped ? "stopped" : "waits"}${view.name === chosen ? " chosen" : ""}`;
  card.health.className = `health say ${running ? "good" : stopped ? "bad" : "warn"}`;
  card.name.setAttribute("aria-pressed", String(view.name === chosen));
  say(card.mark, CAMPAIGN[view.state] ?? view.state);
  say(card.why, view.why);
  card.paused = stopped;
  card.act.hidden = !(stopped ? list.dataset.resume : list.dataset.pause);
  say(card.act, stopped ? _("Resume") : _("Pause…"));
  const { rate, cap, abandoned, served, left, breach } = view.abandonment;
  const figure = (key, text, small = "") => {
    const at = card.figures[key];
    if (at.dataset.shown === `${text}|${small}`) return;
    at.dataset.shown = `${text}|${small}`;
    at.replaceChildren(text, small ? make("small", {}, small) : "");
  };
  figure("pace", String(view.dials_last_minute));
  figure("lines", String(view.on_their_way + view.bridged + view.waiting), _("of {lines}", { lines: view.lines }));
  figure("bridged", String(view.bridged));
  figure("waiting", String(view.waiting));
  figure("occupancy", view.occupancy === null ? "–" : percent(view.occupancy, 0));
  figure("leads", String(view.leads_in_hand));
  figure("rate", rate === null ? "–" : percent(rate, 2), _("{abandoned} of {answered} live answers; the cap is {cap}", {
    abandoned, answered: served + abandoned, cap: percent(cap, 1) }));
  figure("left", String(left), left ? _("may still be abandoned now") : _("dialing 1:1 until more are earned"));
  figure("breach", percent(breach, 1));
  card.figures.waiting.className = view.waiting ? "bad" : "";
  card.figures.rate.className = rate !== null && rate > cap ? "bad" : "";
  card.figures.breach.className = breach > 0.05 ? "bad" : "";
}

const ORDER = ["reserved", "talking", "wrap_up", "ready", "paused", "offline"];

function agents(view) {
  const desks = view ? view.desks : [];
  const sought = by("find").value.trim().toLowerCase();
  const shown = desks
    .filter((desk) => !sought || `${desk.agent_id} ${desk.name}`.toLowerCase().includes(sought))
    .map((desk) => ({ ...desk, seconds: last.now - desk.since }))
    .map((desk) => ({ ...desk, over: desk.limit !== null && desk.seconds > desk.limit }))
    .sort((a, b) => b.over - a.over || ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || b.seconds - a.seconds);
  by("agents").replaceChildren(...shown.map((desk) => make(
    "tr", {},
    make("td", {}, desk.name, desk.name === desk.agent_id ? null : make("span", { class: "quiet" }, ` ${desk.agent_id}`)),
    make("td", {}, make("span", { class: `dot ${desk.state}`, "aria-hidden": "true" }), AGENT[desk.state]),
    make("td", { class: desk.over ? "number bad" : "number" }, desk.since ? clock(desk.seconds) : ""),
    make("td", { class: desk.over ? "bad" : "" }, remark(desk)),
  )));
  by("nobody").hidden = shown.length > 0;
  const count = (state) => (view ? view.agents[state] ?? 0 : 0);
  say(by("states"), ORDER.filter(count).map((state) => `${AGENT[state]} ${count(state)}`).join(" · "));
}

function remark(desk) {
  const said = [desk.pause_code];
  if (!desk.line) said.push(_("line is down"));
  if (desk.over) said.push(_("over the limit of {limit}", { limit: clock(desk.limit) }));
  return said.filter(Boolean).join("; ");
}

function choose(name) {
  chosen = name;
  sessionStorage.setItem("board", name);
  draw();
}

async function act(name) {
  if (cards.get(name).paused) return send(name, "resume", null);
  say(by("pausing-name"), cards.get(name).name.textContent);
  by("why").value = "";
  by("pausing").returnValue = "";
  by("pausing").showModal();
  by("pausing").onclose = () => by("pausing").returnValue === "pause" && send(name, "pause", { why: by("why").value });
}

async function send(name, what, body) {
  const answer = await fetch(`/board/campaigns/${encodeURIComponent(name)}/${what}`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRF": document.querySelector("input[name=csrf]").value },
    body: body && JSON.stringify(body),
  });
  if (answer.status === 401) location.assign("/office");
  else if (!answer.ok) alert((await answer.json()).detail);
}

by("find").addEventListener("input", () => last && draw());
connect();
