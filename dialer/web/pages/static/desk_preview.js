// Before a call: the lead that the agent looks at, and why it is skipped.
import { by, make, say } from "./elements.js";
import { here } from "./times.js";
import { _ } from "./words.js";

/** Show what can be done with the lead on the screen; hidden while there is none. */
export function showPreview(state, seat) {
  const before = state.state === "preview";
  by("preview").hidden = !before && state.state !== "dialing";
  for (const id of ["dial", "skip"]) by(id).disabled = !before;
  const person = (before ? state.preview : state.call)?.person;
  const who = person ? `${person.first_name} ${person.last_name}`.trim() || person.number : "";
  const promised = before && state.promised_at ? _("Callback promised for {time}", { time: here(state.promised_at * 1000) }) : "";
  say(by("preview-why"), before ? promised || _("Look at {who}, then call or skip.", { who }) : _("Calling {who}…", { who }));
}

/** Open a menu, with no answer yet. */
export function openMenu(id) {
  by(id).returnValue = "";
  by(id).showModal();
}

const REASONS = [_("A bad hour for them"), _("Called often lately"), _("The data look wrong"), _("For a colleague")];
let chosen = () => {};

/** Ask why the lead is skipped; `done(why)` is called when the agent says so. */
export function chooseReason(done) {
  chosen = done;
  by("skip-why").value = "";
  by("skip-reasons").replaceChildren(...REASONS.map((reason, index) => make(
    "button", { value: reason, "data-number": index + 1 }, make("kbd", {}, String(index + 1)), ` ${reason}`)));
  openMenu("skip-menu");
}
by("skip-menu").addEventListener("keydown", (event) => {
  if (event.target === by("skip-why")) return;
  const button = by("skip-reasons").querySelector(`[data-number="${event.key}"]`);
  if (!button) return;
  event.stopPropagation();
  button.click();
});
by("skip-menu").addEventListener("close", () => {
  const answer = by("skip-menu").returnValue;
  const why = answer === "other" ? by("skip-why").value.trim() : answer;
  if (why) chosen(why);
});
