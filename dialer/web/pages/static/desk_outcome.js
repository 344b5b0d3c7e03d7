// What came of a call: the list of outcomes, notes, callback. Everything is kept as a draft until the floor has it.
import { draftOf, keep } from "./desk_draft.js";
import { by, make, say } from "./elements.js";
import { instantOf, onWall } from "./times.js";
import { _ } from "./words.js";

let call = null;

/** Show the outcomes of a call with its draft, or none. */
export function showOutcome(shown) {
  call = shown;
  by("search").value = "";
  const draft = call ? draftOf(call.call_id) : { notes: "", callback: "" };
  by("notes").value = draft.notes;
  by("callback-at").value = draft.callback;
  for (const id of ["search", "notes", "callback-at"]) by(id).disabled = !call;
  draw();
}

function found() {
  const sought = by("search").value.trim().toLowerCase();
  return (call?.dispositions ?? []).filter((each) => !sought || `${each.code} ${each.label}`.toLowerCase().includes(sought));
}

function draw() {
  const code = call ? draftOf(call.call_id).code : "";
  by("dispositions").replaceChildren(...found().map((each, index) => make("li", {}, make(
    "button", { type: "button", "aria-pressed": String(each.code === code), onclick: () => choose(each.code) },
    index < 9 ? make("kbd", {}, String(index + 1)) : null, each.label))));
  const chosen = chosenOutcome();
  by("callback").hidden = !chosen?.flags.includes("callback");
  say(by("callback-zone"), zone() ? _("in their time ({zone})", { zone: zone() }) : "");
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
  if (!by("callback").hidden) by("callback-at").focus();
}

/** Choose the outcome with a number. */
export function chooseNumber(digit) {
  const outcome = found()[digit - 1];
  if (outcome) choose(outcome.code);
}

/** The outcome that stops all further calls, or undefined. */
export function optOutcome() {
  return call?.dispositions?.find((each) => each.flags.includes("opt_out"));
}

/** The message that tells the floor what was chosen. */
export function told(outcome, done) {
  const message = { do: "dispose", call_id: call.call_id, code: outcome.code, notes: by("notes").value, done };
  const wall = by("callback-at").value;
  return outcome.flags.includes("callback") && wall ? { ...message, callback_at: instantOf(wall, zone()) } : message;
}

by("notes").addEventListener("input", () => call && keep(call.call_id, { notes: by("notes").value }));
by("callback-at").addEventListener("input", () => call && keep(call.call_id, { callback: by("callback-at").value }));
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
