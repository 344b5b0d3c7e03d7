// The campaigns, one card each: health in a sentence, figures of this moment, what can be done.
import { may, messageAll, pauseOrResume, retarget } from "./board_acts.js";
import { by, make, say } from "./elements.js";
import { CAMPAIGN } from "./states.js";
import { _, percent } from "./words.js";

const list = by("campaigns");
const cards = new Map();
const FIGURES = [
  ["pace", _("Dials, last minute")],
  ["lines", _("Lines in use")],
  ["bridged", _("In conversation")],
  ["waiting", _("People waiting")],
  ["wait", _("Waited, last hour")],
  ["occupancy", _("Occupancy, 15 min")],
  ["rate", _("Abandonment, this period")],
  ["left", _("Abandonments left")],
  ["breach", _("Risk of breaking the cap")],
];
const WIDE = ["rate", "left", "breach"];

/** Draw all campaigns; `choose(name)` is called for the one that is clicked. */
export function drawCards(campaigns, chosen, figures, choose) {
  const names = campaigns.map((each) => each.name);
  for (const [name, card] of cards) {
    if (!names.includes(name)) {
      card.root.remove();
      cards.delete(name);
    }
  }
  for (const each of campaigns) {
    if (!cards.has(each.name)) {
      cards.set(each.name, newCard(each, choose));
      list.append(cards.get(each.name).root);
    }
    update(cards.get(each.name), each, each.name === chosen, figures[each.name]);
  }
  const none = by("none");
  if (!names.length && !none) list.append(make("p", { id: "none", class: "card" }, _("No campaign is running.")));
  if (names.length && none) none.remove();
}

function newCard(view, choose) {
  const card = { figures: {} };
  const button = (act, text, does) => (may(act) ? make("button", { type: "button", onclick: does }, text) : null);
  card.name = make("button", { type: "button", onclick: () => choose(view.name) }, view.title);
  card.act = make("button", { type: "button", onclick: () => pauseOrResume(card.view, card.paused) });
  card.mark = make("strong");
  card.why = make("span");
  card.health = make("p", { class: "health say" }, card.mark, " · ", card.why);
  const figures = FIGURES.map(([key, label]) => {
    card.figures[key] = make("dd");
    return make("div", { class: WIDE.includes(key) ? "wide" : "" }, make("dt", {}, label), card.figures[key]);
  });
  card.root = make(
    "article",
    { class: "card campaign" },
    make("div", { class: "head" }, make("h1", {}, card.name), make("span", { class: "quiet" }, `${view.client} · ${view.mode}`),
      make("span", { class: "stretch" }), make("div", { class: "acts" }, button("message", _("Message…"), () => messageAll(card.view)),
        button("target", _("Target…"), () => retarget(card.view)), card.act)),
    card.health,
    make("dl", { class: "figures" }, ...figures),
  );
  return card;
}

function update(card, view, chosen, figures) {
  const running = view.state === "running";
  const stopped = ["blocked", "paused"].includes(view.state);
  card.view = view;
  card.root.className = `card campaign ${running ? "running" : stopped ? "stopped" : "waits"}${chosen ? " chosen" : ""}`;
  card.health.className = `health say ${running ? "good" : stopped ? "bad" : "warn"}`;
  card.name.setAttribute("aria-pressed", String(chosen));
  say(card.mark, CAMPAIGN[view.state] ?? view.state);
  say(card.why, view.why);
  card.paused = stopped;
  card.act.hidden = !may(stopped ? "resume" : "pause");
  say(card.act, stopped ? _("Resume") : _("Pause…"));
  const { rate, cap, abandoned, served, left, breach } = view.abandonment;
  const figure = (key, text, small = "") => {
    const at = card.figures[key];
    if (at.dataset.shown === `${text}|${small}`) return;
    at.dataset.shown = `${text}|${small}`;
    at.replaceChildren(text, small ? make("small", {}, small) : "");
  };
  const waits = figures?.waits;
  figure("pace", String(view.dials_last_minute));
  figure("lines", String(view.on_their_way + view.bridged + view.waiting), _("of {lines}", { lines: view.lines }));
  figure("bridged", String(view.bridged));
  figure("waiting", String(view.waiting));
  figure("wait", waits ? `${waits.mean.toFixed(2)} s` : "–", waits ? _("95 % within {seconds} s", { seconds: waits.p95.toFixed(2) }) : "");
  figure("occupancy", view.occupancy === null ? "–" : percent(view.occupancy, 0));
  figure("rate", rate === null ? "–" : percent(rate, 2), _("{abandoned} of {answered} live answers; the cap is {cap}", {
    abandoned, answered: served + abandoned, cap: percent(cap, 1) }));
  figure("left", String(left), left ? _("may still be abandoned now") : _("dialing 1:1 until more are earned"));
  figure("breach", percent(breach, 1));
  card.figures.waiting.className = view.waiting ? "bad" : "";
  card.figures.rate.className = rate !== null && rate > cap ? "bad" : "";
  card.figures.breach.className = breach > 0.05 ? "bad" : "";
}
