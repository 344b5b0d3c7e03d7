// What was read from the store of the chosen campaign: the law's windows; waiting, answers, the list, caller ids.
import { by, make } from "./elements.js";
import { _, percent } from "./words.js";

const WINDOWS = {
  period: _("30-day period"), month: _("calendar month"), day: _("calendar day"),
  rolling_day: _("last 24 hours"), rolling_30: _("last 30 days"),
};
const VERDICT = { ok: _("within"), "at risk": _("at risk"), breach: _("above the cap"), undefined: _("no answer yet") };
const instant = (seconds) => new Date(1000 * seconds).toLocaleString(document.documentElement.lang, { dateStyle: "short", timeStyle: "short" });
const share = (part, whole, digits = 1) => (whole ? percent(part / whole, digits) : "–");
const number = (text, kind = "") => make("td", { class: `number ${kind}` }, text);
let law = null; // what is drawn
let figures = null;

/** Draw the legal windows, where they are new. */
export function drawLaw(view, found) {
  if (!found || found === law) return;
  law = found;
  by("windows").replaceChildren(...found.windows.map((each) => make(
    "tr", {},
    make("td", {}, each.rule, make("small", {}, each.citation)),
    make("td", {}, WINDOWS[each.kind], make("small", {}, _("since {when}", { when: instant(each.since) }))),
    number(each.rate === null ? "–" : percent(each.rate, 2), each.verdict === "breach" ? "bad" : ""),
    number(_("{abandoned} of {answered}", each)), number(percent(each.cap, 1)), number(String(each.left)),
    number(each.breach === null ? "–" : percent(each.breach, 1), each.breach > 0.05 ? "bad" : ""),
    make("td", { class: each.verdict === "breach" ? "bad" : "" }, VERDICT[each.verdict]),
  )));
  const first = found.windows.some((each) => !each.complete);
  by("law-since").hidden = !first;
  by("law-since").textContent = first ? _("Earlier calls are still being counted: these are those since {when}.", { when: instant(found.known_since) }) : "";
}

/** Draw the other figures, where they are new. */
export function drawFigures(found) {
  if (!found || found === figures) return;
  figures = found;
  const { waits } = found;
  by("waits").textContent = waits
    ? _("In the last hour {count} people waited {mean} s on average for an agent, 95 % of them at most {p95} s.", {
      count: waits.count, mean: waits.mean.toFixed(2), p95: waits.p95.toFixed(2) })
    : _("In the last hour nobody reached an agent.");
  by("hours").replaceChildren(...found.hours.map((each) => make(
    "tr", {}, make("td", {}, each.hour), number(String(each.placed)), number(String(each.live)), number(share(each.live, each.placed)))));
  by("passes").replaceChildren(
    ...found.penetration.slice(0, 8).map((each) => make(
      "tr", {}, make("td", {}, _("{passes} or more", each)), number(String(each.leads)), number(share(each.leads, found.leads)))),
  );
  by("leads").textContent = _("of {leads} leads", found);
  const shown = found.caller_ids.reduce((sum, each) => sum + each.shown, 0);
  by("caller-ids").replaceChildren(...found.caller_ids.map((each) => make(
    "tr", {}, make("td", {}, each.number), number(String(each.shown)), number(share(each.answered, each.shown)),
    make("td", { class: each.rests ? "warn" : "" }, each.rests ? resting(each) : shown ? _("in use") : _("not shown yet")))));
}

function resting(each) {
  return each.told ? _("rests: the campaign file says so") : _("rests: answered clearly less often than the others");
}
