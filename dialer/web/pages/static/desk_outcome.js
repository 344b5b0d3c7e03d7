// What came of a call: the list of outcomes, notes, callback. Everything is kept as a draft until the floor has it.
import { draftOf, keep } from "./desk_draft.js";
import { by, make, say } from "./elements.js";
import { inWords } from "./reasons.js";
import { instantOf, onWall, thereOn } from "./times.js";
import { _ } from "./words.js";

let call = null;
let ask = () => false; // sends a message to the floor

/** Give the function with which the floor is asked. */
export const onAsk = (send) => (ask = send);

const FIELDS = { "callback-at": "callback", "promise-amount": "amount", "promise-due": "due" };

/** Show the outcomes of a call with its draft, or none. */
export function showOutcome(shown) {
  call = shown;
  by("search").value = "";
  const draft = call ? draftOf(call.call_id) : { notes: "", callback: "" };
  by("notes").value = draft.notes;
  for (const [id, name] of Object.entries(FIELDS)) by(id).value = draft[name] ?? "";
  by("callback-own").checked = Boolean(draft.own);
  for (const id of ["search", "notes", ...Object.keys(FIELDS)]) by(id).disabled = !call;
  draw();
  check();
}

function found() {
  const sought = by("search").value.trim().toLowerCase();
  return (call?.dispositions ?? []).filter((each) => !sought || `${each.code} ${each.label}`.toLowerCase().includes(sought));
}

function draw() {
  const code = call ? draftOf(call.call_id).code : "";
  by("dispositions").replaceChildren(...found().map((each) => make("li", {}, make(
    "button", { type: "button", "aria-pressed": String(each.code === code), onclick: () => choose(each.code) },
    each.key ? make("kbd", {}, String(each.key)) : null, each.label))));
  by("dispositions").querySelector('[aria-pressed="true"]')?.scrollIntoView({ block: "nearest" });
  const chosen = chosenOutcome();
  by("callback").hidden = !chosen?.flags.includes("callback");
  by("promise").hidden = !chosen?.flags.includes("promise");
  say(by("promise-currency"), call?.currency ?? "");
  say(by("callback-zone"), zone() ? _("their time, {zone}", { zone: zone().split("/").pop().replaceAll("_", " ") }) : "");
}

const zone = () => call?.person?.zones?.[0] ?? Intl.DateTimeFormat().resolvedOptions().timeZone;

/** The outcome the agent has chosen, or undefined. */
export function chosenOutcome() {
  const code = call ? draftOf(call.call_id).code : "";
  return call?.dispositions?.find((each) => each.code === code);
}

/** Choose an outcome by its code. */
export function choose(code) {
  if (!call) return;
  keep(call.call_id, { code });
  if (chosenOutcome()?.flags.includes("callback") && !by("callback-at").value) {
    by("callback-at").value = onWall(Date.now() + 24 * 3600 * 1000, zone());
    keep(call.call_id, { callback: by("callback-at").value });
  }
  draw();
  check();
  if (!by("callback").hidden) by("callback-at").focus();
  if (!by("promise").hidden) by("promise-amount").focus();
}

/** Choose the outcome with a number. */
export function chooseNumber(digit) {
  const outcome = found().find((each) => each.key === digit);
  if (outcome) choose(outcome.code);
}

/** The first outcome with a flag, or undefined. */
export function outcomeWith(flag) {
  return call?.dispositions?.find((each) => each.flags.includes(flag));
}

/** The message that tells the floor what was chosen. */
export function told(outcome, done) {
  const message = { do: "dispose", call_id: call.call_id, code: outcome.code, notes: by("notes").value, done };
  const wall = by("callback-at").value;
  if (outcome.flags.includes("callback") && wall) Object.assign(message, { callback_at: instantOf(wall, zone()), own: by("callback-own").checked });
  if (outcome.flags.includes("promise")) Object.assign(message, { amount: by("promise-amount").value.trim(), due: by("promise-due").value });
  return message;
}

// ---------------------------------------------------------------- may they be called then?

let checking = null;
let nextWall = "";

/** Ask the floor whether the person may be called back at the time in the field, once typing pauses. */
function check() {
  clearTimeout(checking);
  say(by("callback-say"), "");
  by("callback-next").hidden = true;
  const wall = by("callback-at").value;
  if (!call || !wall || by("callback").hidden) return;
  const asked = call;
  checking = setTimeout(() => {
    if (asked === call) ask({ do: "check_callback", call_id: call.call_id, callback_at: instantOf(wall, zone()), own: by("callback-own").checked });
  }, 250);
}

/** What the floor says of the time in the field. */
export function foreseen(message) {
  const wall = by("callback-at").value;
  if (message.call_id !== call?.call_id || !wall || message.callback_at !== instantOf(wall, zone())) return;
  by("callback-say").className = message.ok ? "good" : "bad";
  say(by("callback-say"), message.ok ? "✓ " + _("may be called then") : "✗ " + _("Not then: {why}", { why: inWords(message.say) }));
  by("callback-next").hidden = !message.next_at;
  if (!message.next_at) return;
  const next = Math.ceil(message.next_at / 60) * 60000;
  nextWall = onWall(next, zone());
  say(by("callback-next"), _("Take {time}", { time: thereOn(zone(), next) }));
}

by("callback-next").addEventListener("click", () => {
  by("callback-at").value = nextWall;
  keep(call.call_id, { callback: nextWall });
  check();
});
by("callback-own").addEventListener("change", () => {
  if (call) keep(call.call_id, { own: by("callback-own").checked });
  check();
});

by("notes").addEventListener("input", () => call && keep(call.call_id, { notes: by("notes").value }));
for (const [id, name] of Object.entries(FIELDS)) by(id).addEventListener("input", () => call && keep(call.call_id, { [name]: by(id).value }));
by("callback-at").addEventListener("input", check);
by("search").addEventListener("input", draw);
by("search").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !found().length) return;
  event.preventDefault();
  event.stopPropagation();
  choose(found()[0].code);
  by("search").value = "";
  draw();
  if (document.activeElement === by("search")) by("search").blur();
});
