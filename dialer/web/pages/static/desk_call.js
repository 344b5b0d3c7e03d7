// Who is on the line, why, and the words to say.
import { draftOf, keep } from "./desk_draft.js";
import { by, make, say } from "./elements.js";
import { day, here, there } from "./times.js";
import { _, money } from "./words.js";

const PURPOSE = {
  telemarketing: _("Sales call"),
  debt_collection: _("Debt collection"),
  research: _("Survey"),
  informational: _("Information"),
  charity: _("Donation"),
  political: _("Political"),
};
const CONSENT = {
  none: _("none on record"),
  pewc: _("prior express written consent"),
  express: _("prior express consent"),
  explicit: _("explicit consent"),
};
export const RESULT = {
  human: _("answered"),
  machine: _("machine"),
  fax: _("fax"),
  busy: _("busy"),
  no_answer: _("no answer"),
  invalid: _("invalid number"),
  congestion: _("network busy"),
  failed: _("failed"),
  abandoned: _("abandoned"),
  cancelled: _("cancelled"),
  hung_up_first: _("hung up at once"),
};
const OWN_LINE = new Set(["currency", "due_date", "creditor"]); // fields with a line of their own, or part of one
let zones = [];

/** Show a call, or that there is none (null). */
export function showCall(call) {
  const person = call?.person;
  by("person").hidden = !person;
  by("no-person").hidden = Boolean(person);
  zones = person?.zones ?? [];
  if (!person) return showScript(call);
  const name = `${person.first_name} ${person.last_name}`.trim();
  say(by("who"), name || _("Name not known"));
  say(by("number"), person.number);
  const consent = CONSENT[person.consent_basis] ?? person.consent_basis;
  const facts = [
    [_("Their time"), make("span", { id: "their-time" })],
    [_("Purpose"), `${PURPOSE[call.purpose] ?? call.purpose} · ${call.campaign}`],
    [_("For"), call.seller],
    [_("Consent"), person.consent_at ? `${consent}, ${here(person.consent_at)}` : consent],
    [_("Language"), person.language],
    [_("Address"), [person.address, person.city, person.state, person.postal_code, person.country].filter(Boolean).join(", ")],
    [_("E-mail"), person.email],
    [_("Account"), person.external_id],
    [_("Debt"), person.debt_id],
    [_("Balance"), money(person.custom.balance, call.currency)],
    [_("Due on"), person.custom.due_date ? day(person.custom.due_date) : ""],
    [_("Creditor"), person.custom.creditor],
    ...Object.entries(person.custom)
      .filter(([name]) => !OWN_LINE.has(name) && (name !== "balance" || !money(person.custom.balance, call.currency)))
      .map(([name, value]) => [name.replaceAll("_", " "), value]),
  ];
  by("facts").replaceChildren(
    ...facts.filter(([, value]) => value instanceof Node || String(value ?? "")).flatMap(([label, value]) => [make("dt", {}, label), make("dd", {}, value)]),
  );
  const calls = call.history.map((each) => make(
    "li", {}, here(each.at) + " · " + (each.disposition ?? RESULT[each.result] ?? each.result ?? _("not over")),
    each.promise ? make("div", {}, _("Promised {amount} by {day}", { amount: money(each.promise, each.currency), day: day(each.due) })) : null,
    each.notes ? make("div", { class: "quiet" }, each.notes) : null));
  by("history").replaceChildren(...(calls.length ? calls : [make("li", { class: "quiet" }, _("This is the first."))]));
  theirTime();
  showScript(call);
}

/** Bring the person's clocks up to date. */
export function theirTime() {
  const shown = by("their-time");
  if (shown) say(shown, zones.map((zone) => `${there(zone)} (${zone.split("/").pop().replaceAll("_", " ")})`).join("; ") || _("not known"));
}

function showScript(call) {
  const sections = call?.script ?? [];
  const begun = call ? draftOf(call.call_id).section : "";
  section(call, sections, sections.find((each) => each.name === begun) ?? sections[0]);
}

function section(call, sections, shown) {
  if (!shown) {
    say(by("script-title"), call ? _("This campaign has no script.") : "");
    by("script-text").replaceChildren();
    return by("choices").replaceChildren();
  }
  say(by("script-title"), shown.title);
  by("script-text").replaceChildren(...emphasised(shown.text));
  by("script-text").scrollTop = 0;
  const go = (name) => () => {
    if (typeof call.call_id === "string") keep(call.call_id, { section: name }); // a preview has no call yet
    section(call, sections, sections.find((each) => each.name === name));
  };
  const choices = shown.choices.map((each, index) => make("button", { type: "button", "data-key": `Alt ${index + 1}`, onclick: go(each.to) }, each.label));
  if (shown !== sections[0]) choices.push(make("button", { type: "button", "data-key": "Alt 0", onclick: go(sections[0].name) }, _("From the beginning")));
  by("choices").replaceChildren(...choices);
}

/** Markdown's **bold**, as elements; everything else is plain text. */
function emphasised(text) {
  return text.split("**").map((part, index) => (index % 2 ? make("strong", {}, part) : part));
}

/** Follow a branch of the script by its number; 0 is the beginning. */
export function branch(digit) {
  const button = by("choices").querySelector(`[data-key="Alt ${digit}"]`);
  button?.click();
  return Boolean(button);
}
